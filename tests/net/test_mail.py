"""Mail against a real SMTP server (aiosmtpd, of Debian): plain, authenticated, STARTTLS, SMTPS, refusals, and what arrives."""

import email
import email.policy
import socket

import kit
import pytest

controller = pytest.importorskip("aiosmtpd.controller")
smtp = pytest.importorskip("aiosmtpd.smtp")

PASSWORD = "canary-Pa55word!"


class Inbox:
    def __init__(self):
        self.envelopes = []
        self.refuse = None
        self.greetings = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.greetings += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content, session.ssl is not None,
                               session.authenticated))
        return self.refuse or "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"robot" and data.password == PASSWORD.encode()
    return smtp.AuthResult(success=good, handled=False)


class AnyPort(controller.Controller):
    """Listens on a port that is free; the first connection is the controller's own."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        socket.create_connection((self.hostname, self.port), timeout=60).close()


class Server:
    def __init__(self, **options):
        self.inbox = Inbox()
        smtps = options.pop("smtps", None)
        self.controller = AnyPort(self.inbox, hostname="127.0.0.1", port=0, ssl_context=smtps,
                                  server_hostname="localhost", ready_timeout=60, **options)
        self.scheme = "smtps" if smtps else "smtp"

    def __enter__(self):
        self.controller.start()
        self.port = self.controller.port
        return self

    def __exit__(self, *_):
        self.controller.stop()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"


def mail(server, **more):
    return {"url": server.url, "from": "a@example.org", "to": ["b@example.org"], "text": "hello\n",
            "headers": ["From: a@example.org", "To: b@example.org", "Subject: hi", "Message-ID: <1@example.org>"], **more}


def parsed(envelope):
    return email.message_from_bytes(envelope[2], policy=email.policy.default)


def test_text_html_and_an_attachment_arrive(tmp_path):
    with Server() as server:
        subject = "Prüfung: failure_rate 7 % \u2014 über der Schwelle, " + "sehr " * 20 + "lange Zeile"
        text = "first\n.dot at the start\n..two\nübrigens\n" + "x" * 2000 + "\n"
        result, = kit.send(tmp_path, [mail(server, text=text, html="<p>h\u00f6</p>", headers=[
            'From: "Bärbel Müller" <a@example.org>', "To: b@example.org", f"Subject: {subject}"],
            attachment={"name": "prüf bericht.txt", "type": "text/plain", "data": "1\n2\n\u00fc"})])
    assert result["status"] == 250 and "error" not in result, result
    sender, to, raw, tls, _ = server.inbox.envelopes[0]
    message = parsed(server.inbox.envelopes[0])
    assert (sender, to, tls) == ("a@example.org", ["b@example.org"], False)
    assert message["Subject"] == subject
    assert message["From"].addresses[0].display_name == "Bärbel Müller"
    assert message["From"].addresses[0].addr_spec == "a@example.org"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == text
    assert message.get_body(("html",)).get_content().strip() == "<p>h\u00f6</p>"
    attachment, = message.iter_attachments()
    assert attachment.get_filename() == "prüf bericht.txt"
    assert attachment.get_payload(decode=True) == "1\n2\n\u00fc".encode()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    raw.split(b"\r\n\r\n")[0].decode("ascii")


def test_several_recipients_and_one_connection_for_the_next_mail(tmp_path):
    with Server() as server:
        results = kit.send(tmp_path, [mail(server, to=["b@example.org", "c@example.org"]),
                                      mail(server, after=True), mail(server, after=True)])
    assert [r["status"] for r in results] == [250] * 3
    assert server.inbox.envelopes[0][1] == ["b@example.org", "c@example.org"]
    assert len(server.inbox.envelopes) == 3 and server.inbox.greetings == 1


def test_authentication_over_starttls(tmp_path):
    cert, key = kit.certificate(tmp_path)
    with Server(authenticator=authenticate, auth_required=True, tls_context=kit.server_context(cert, key),
                require_starttls=True) as server:
        good, bad = kit.send(tmp_path, [mail(server, user="robot", password=PASSWORD),
                                        mail(server, user="robot", password="wrong-canary", after=True)],
                             f"net: {{ca_file: {cert}}}\n")
    assert good["status"] == 250, good
    assert server.inbox.envelopes[0][3:] == (True, True)
    assert bad["status"] == 535 and bad["code"] == -1 and bad["failure"] == "refused", bad
    assert "canary" not in str(bad) and "canary" not in str(good)
    assert len(server.inbox.envelopes) == 1


def test_a_certificate_nobody_vouches_for_gets_no_password(tmp_path):
    cert, key = kit.certificate(tmp_path)
    with Server(authenticator=authenticate, tls_context=kit.server_context(cert, key)) as server:
        result, = kit.send(tmp_path, [mail(server, user="robot", password=PASSWORD)])
    assert result["failure"] == "refused" and "TLS" in result["error"], result
    assert not server.inbox.envelopes


def test_a_server_without_starttls_gets_no_password(tmp_path):
    with Server(authenticator=authenticate, auth_require_tls=False) as server:
        required, optional, never = kit.send(tmp_path, [
            mail(server, user="robot", password=PASSWORD),
            mail(server, user="robot", password=PASSWORD, starttls="opportunistic"),
            mail(server, user="robot", password=PASSWORD, starttls="never", after=True)])
    assert required["failure"] == "refused", required
    assert optional["failure"] == "never", optional
    assert never["status"] == 250, never
    assert len(server.inbox.envelopes) == 1


def test_a_password_in_the_url_is_a_password_too(tmp_path):
    with Server(authenticator=authenticate, auth_require_tls=False) as server:
        url = f"smtp://robot:{PASSWORD}@127.0.0.1:{server.port}"
        required, optional = kit.send(tmp_path, [mail(server, url=url), mail(server, url=url, starttls="opportunistic")])
    assert required["failure"] == "refused" and "TLS" in required["error"], required
    assert optional["failure"] == "never", optional
    assert PASSWORD not in str(required) + str(optional) and not server.inbox.envelopes


def test_an_unencrypted_connection_is_not_used_where_encryption_is_required(tmp_path):
    with Server() as server:
        plain, required, again = kit.send(tmp_path, [mail(server, starttls="never"),
                                                     mail(server, starttls="required", after=True),
                                                     mail(server, starttls="never", after=True)])
    assert plain["status"] == again["status"] == 250, plain
    assert required["failure"] == "refused" and "TLS" in required["error"], required
    assert len(server.inbox.envelopes) == 2


def test_smtps(tmp_path):
    cert, key = kit.certificate(tmp_path)
    with Server(smtps=kit.server_context(cert, key)) as server:
        refused, = kit.send(tmp_path, [mail(server)])
        taken, = kit.send(tmp_path, [mail(server)], f"net: {{ca_file: {cert}}}\n")
    assert refused["failure"] == "refused" and "TLS" in refused["error"], refused
    assert taken["status"] == 250 and len(server.inbox.envelopes) == 1, taken


def test_opportunistic_encryption_needs_no_authority(tmp_path):
    cert, key = kit.certificate(tmp_path)
    with Server(tls_context=kit.server_context(cert, key)) as server:
        result, = kit.send(tmp_path, [mail(server)])
    assert result["status"] == 250 and server.inbox.envelopes[0][3], result


@pytest.mark.parametrize("reply, status", [("451 4.3.0 try later", 451), ("554 5.7.1 spam", 554)])
def test_a_refusal_says_what_the_server_said(tmp_path, reply, status):
    with Server() as server:
        server.inbox.refuse = reply
        result, = kit.send(tmp_path, [mail(server)])
    assert (result["status"], result["code"]) == (status, -1), result
    assert reply in result["error"] and result["failure"] == "refused", result


def test_a_recipient_that_does_not_exist(tmp_path):
    with Server() as server:
        result, = kit.send(tmp_path, [mail(server, to=["nobody@example.org"])])
    assert result["status"] == 550 and "no such user" in result["error"], result
    assert not server.inbox.envelopes


@pytest.mark.parametrize("change", [
    {"from": "a@example.org>\r\nRCPT TO:<x@example.org"}, {"to": ["b@example.org\r\nDATA"]}, {"to": []}, {"to": ["no-at"]},
    {"to": ["b@example.org>,<c@example.org"]}, {"headers": ["Subject: x\r\nBcc: c@example.org"]}, {"headers": ["no colon"]},
    {"url": "http://127.0.0.1"}, {"starttls": "maybe"}])
def test_what_would_inject_is_never_sent(tmp_path, change):
    with kit.Listener() as listener:
        request = {"url": f"smtp://127.0.0.1:{listener.port}", "from": "a@example.org", "to": ["b@example.org"],
                   "headers": ["Subject: x"], "text": "x"}
        result, = kit.send(tmp_path, [{**request, **change}])
    assert result["failure"] == "never", result
    assert listener.accepts == 0


def test_a_server_that_hangs_after_the_mail_holds_nobody_up(tmp_path):
    """The answer to QUIT never comes: the mail was accepted, the program ends."""
    def serve(connection, _):
        lines = connection.makefile("rb")
        connection.sendall(b"220 slow\r\n")
        for line in lines:
            verb = line.split()[0].upper()
            if verb == b"QUIT":
                lines.read()
                return
            if verb == b"DATA":
                connection.sendall(b"354 go\r\n")
                while lines.readline() not in (b".\r\n", b""):
                    pass
            connection.sendall(b"250 ok\r\n")

    with kit.Listener(serve, read=False) as listener:
        request = {"url": f"smtp://127.0.0.1:{listener.port}", "from": "a@example.org", "to": ["b@example.org"],
                   "headers": ["Subject: x"], "text": "x"}
        result, = kit.send(tmp_path, [request])
    assert result["status"] == 250, result


def test_a_server_that_says_nothing(tmp_path):
    with kit.Listener() as listener:
        request = {"url": f"smtp://127.0.0.1:{listener.port}", "from": "a@example.org", "to": ["b@example.org"],
                   "text": "x", "total_ms": 300}
        result, = kit.send(tmp_path, [request])
    assert result["code"] == -9 and result["failure"] == "refused", result
