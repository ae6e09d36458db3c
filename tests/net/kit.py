"""What the tests of the network client share: running it, certificates, and servers that count who connects."""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading

CLIENT = os.environ.get("NET_CLIENT", "")
NAMES = os.environ.get("NET_NAMES", "")


def send(tmp_path, requests, config="", env=None):
    """Starts all requests with the configuration `net:` lines and returns the results in order. No name server is asked:
    see names.c."""
    file, names = tmp_path / "runbook.yaml", tmp_path / "names.so"
    if not names.exists():
        names.symlink_to(NAMES)  # LD_PRELOAD takes no spaces, which a build folder may have
    file.write_text("project: t\n" + config)
    done = subprocess.run([CLIENT, str(file)], input=json.dumps(requests), capture_output=True, text=True,
                          timeout=120, check=False, env={**os.environ, "LD_PRELOAD": str(names), **(env or {})})
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    return [results[str(i)] for i in range(len(requests))]


def certificate(folder, names="DNS:localhost,IP:127.0.0.1"):
    """A certificate that signs itself: (certificate, key)."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert),
                    "-days", "2", "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"],
                   check=True, capture_output=True)
    return cert, key


def server_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


class Listener:
    """Accepts connections on loopback and hands each to `serve(connection, request_bytes)` in a thread of its own.
    Without `serve` it only counts them."""

    def __init__(self, serve=None, tls=None, family=socket.AF_INET, host="127.0.0.1", read=True):
        self.serve, self.tls, self.read = serve, tls, read
        self.accepts, self.requests, self.errors = 0, [], []
        self.socket = socket.create_server((host, 0), family=family, backlog=128)
        self.port = self.socket.getsockname()[1]
        self.threads, self.connections = [], []
        self.thread = threading.Thread(target=self.accept_all)
        self.thread.start()

    def accept_all(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.accepts += 1
            self.connections.append(connection)
            worker = threading.Thread(target=self.talk, args=(connection,))
            worker.start()
            self.threads.append(worker)

    def talk(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self.connections.append(connection)
            while self.serve:
                request = read_request(connection) if self.read else b""
                if request is None:
                    break
                self.requests.append(request)
                if self.serve(connection, request) is not True:
                    break
        except (OSError, ValueError) as error:
            self.errors.append(error)
        finally:
            if self.serve:
                connection.close()

    def url(self, path="/"):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self.thread.join()
        self.socket.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        for worker in self.threads:
            worker.join()


def everywhere():
    """A listener on every address of this machine, which may have no IPv6."""
    try:
        return Listener(family=socket.AF_INET6, host="::")
    except OSError:
        return Listener(host="0.0.0.0")


def deaf(host="127.0.0.1"):
    """A socket whose port refuses connections, and is nobody else's as long as it is open."""
    made = socket.socket()
    made.bind((host, 0))
    return made


def read_request(connection):
    """One HTTP request with its body, None at the end of the stream."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    return head + b"\r\n\r\n" + body


def answer(connection, status="200 OK", body=b"", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode() + body)
    return True


def root():
    return pathlib.Path(__file__).resolve().parents[2]
