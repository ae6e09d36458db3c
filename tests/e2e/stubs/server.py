"""One HTTP server on loopback that stands for a receiver which cannot be had in a test. It keeps every request; what is
against the receiver's documentation is answered as the receiver would and kept in `problems`. `faults` are answers to
give first: (status, headers, body), or "reset" (the request is carried out, then the connection is cut)."""

import contextlib
import http.server
import json
import socket
import struct
import threading


class Refused(Exception):
    """The receiver's answer to a request that breaks its contract."""

    def __init__(self, status, why, body=None):
        super().__init__(why)
        self.status = status
        self.body = body if body is not None else json.dumps({"message": why})


class Request:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Receiver:
    """What a stub is made of: subclasses have answer(request), which gives (status, headers, body) or raises Refused."""

    def __init__(self):
        self.requests = []
        self.problems = []
        self.faults = []
        self.lock = threading.Lock()

    def need(self, condition, why, status=400, body=None):
        if not condition:
            raise Refused(status, why, body)

    def only(self, document, known, where):
        unknown = set(document) - set(known)
        self.need(not unknown, f"unknown fields in {where}: {sorted(unknown)}")

    def handle(self, request):
        with self.lock:
            self.requests.append(request)
            fault = self.faults.pop(0) if self.faults else None
            if fault and fault != "reset":
                return fault
            try:
                answer = self.answer(request)
            except Refused as refused:
                self.problems.append(str(refused))
                answer = (refused.status, {}, refused.body)
            return "reset" if fault == "reset" else answer


def handler_of(receiver):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reset(self):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def serve(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            answer = receiver.handle(Request(self.command, self.path, self.headers, body))
            if answer == "reset":
                self.reset()
                return
            status, headers, text = answer
            data = text.encode() if isinstance(text, str) else text
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = serve

        def log_message(self, *_):
            pass

    return Handler


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@contextlib.contextmanager
def serving(receiver, port=0):
    """The receiver on a loopback port, as receiver.url."""
    server = Server(("127.0.0.1", port), handler_of(receiver))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    receiver.port = server.server_port
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def units(text):
    """Characters as receivers count them: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
