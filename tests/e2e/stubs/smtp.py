"""Real SMTP servers on loopback: aiosmtpd, which keeps what it gets, and postfix with STARTTLS and passwords."""

import contextlib
import email
import email.policy
import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest


KEPT = []  # sockets


def free_port():
    """A loopback port that nobody else gets while this process lives. It is bound, and does not listen: connections to it
    are refused until a server, which must set SO_REUSEADDR as servers do, binds it as well and listens."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    KEPT.append(keeper)
    return keeper.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        return s.recv(64).startswith(b"220")
    return False


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds}s for {what}"
        time.sleep(0.02)


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.default)


@contextlib.contextmanager
def keeping(port=0):
    """aiosmtpd: .port, .mails (sender, recipients, message), .answer ("250 OK", or what to refuse with)."""
    controller = pytest.importorskip("aiosmtpd.controller")

    class Keeper:
        def __init__(self):
            self.mails, self.answer, self.port = [], "250 OK", port or free_port()

        async def handle_DATA(self, _server, _session, envelope):
            if self.answer.startswith("250"):
                self.mails.append((envelope.mail_from, envelope.rcpt_tos, parse(envelope.content)))
            return self.answer

    keeper = Keeper()
    running = controller.Controller(keeper, hostname="127.0.0.1", port=keeper.port, server_hostname="localhost", ready_timeout=60)
    running.start()
    try:
        yield keeper
    finally:
        running.stop()


class Postfix:
    """An instance of its own: configuration, queue and mailbox in one folder. It must be started by root."""

    USER, PASSWORD = "runbook", "canary-smtp-password"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.config = folder / "etc"
        self.box = folder / "mail" / "all"

    def write(self, name, text):
        (self.config / name).write_text(text)

    def configure(self):
        for folder in ("etc", "etc/sasl", "queue", "data", "mail"):
            (self.folder / folder).mkdir()
        self.folder.chmod(0o755)
        shutil.chown(self.folder / "data", "postfix", "postfix")
        shutil.chown(self.folder / "mail", "postfix", "postfix")
        self.certificate()
        self.write("main.cf", self.main_cf())
        smtpd = f"127.0.0.1:{self.port} inet n - n - - smtpd\n"
        inner = "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
        more = ("rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n"
                "virtual unix - n n - - virtual\nlocal unix - n n - - local\nanvil unix - - n - 1 anvil\n"
                "tlsmgr unix - - n 1000? 1 tlsmgr\nproxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n"
                "error unix - - n - - error\nretry unix - - n - - error\nscache unix - - n - 1 scache\n")
        self.write("master.cf", smtpd + inner + more)
        self.write("sasl/smtpd.conf", f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
                                      f"sasldb_path: {self.folder}/sasldb2\n")
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", str(self.folder / "sasldb2"), "-u", "mail.example.org", self.USER],
                       input=self.PASSWORD, text=True, check=True)
        shutil.chown(self.folder / "sasldb2", "postfix", "postfix")

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(self.config / "key.pem"),
                        "-out", str(self.config / "cert.pem")], check=True, capture_output=True)

    def main_cf(self):
        uid, gid = os.stat(self.folder / "mail").st_uid, os.stat(self.folder / "mail").st_gid
        return f"""compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
myhostname = mail.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
maillog_file = {self.folder}/log
maillog_file_prefixes = {self.folder}
alias_maps =
alias_database =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {self.folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {self.config}/cert.pem
smtpd_tls_key_file = {self.config}/key.pem
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = mail.example.org
cyrus_sasl_config_path = {self.config}/sasl
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
"""

    def postfix(self, verb):
        return subprocess.run(["postfix", "-c", str(self.config), verb], capture_output=True, text=True, timeout=120)

    def mails(self):
        return [parse(file.read_bytes()) for file in sorted((self.box / "new").glob("*"))]

    def mail(self, count=1):
        wait_until(lambda: len(self.mails()) >= count, "a mail in the box of postfix")
        return self.mails()[-1]


@contextlib.contextmanager
def postfix(folder):
    for program in ("postfix", "saslpasswd2", "openssl"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("postfix can only be started by root")
    server = Postfix(pathlib.Path(folder))
    server.configure()
    started = server.postfix("start")
    if started.returncode:
        pytest.skip(f"postfix does not start here: {started.stderr.strip()[-200:]}")
    try:
        wait_until(lambda: answers(server.port), "postfix")
        yield server
    finally:
        server.postfix("abort")
