"""A collector on this machine that takes OTLP/HTTP with JSON and holds every request to the protocol's mapping: field
names in lowerCamelCase, ids as hex digits, 64-bit integers as strings, enumerations as integers
(https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding)."""

import http.server
import json
import re
import threading

from stubs.smtp import free_port


def matches(pattern):
    return lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None


def one_of(*values):
    return lambda v: type(v) is int and v in values


def text(v):
    return isinstance(v, str)


def number(v):
    return type(v) in (int, float)


def flag(v):
    return type(v) is bool


SIGNED, UNSIGNED = matches(r"-?\d{1,19}"), matches(r"\d{1,20}")
TRACE_ID, SPAN_ID = matches(r"(?!0{32})[0-9a-f]{32}"), matches(r"(?!0{16})[0-9a-f]{16}")

# message -> field -> (what it must be, needed); a list is a repeated field
ANY_VALUE = {"stringValue": (text, 0), "intValue": (SIGNED, 0), "doubleValue": (number, 0), "boolValue": (flag, 0)}
KEY_VALUE = {"key": (text, 1), "value": (ANY_VALUE, 1)}
RESOURCE = {"attributes": ([KEY_VALUE], 1)}
SCOPE = {"name": (text, 1), "version": (text, 0)}
STATUS = {"code": (one_of(0, 1, 2), 0), "message": (text, 0)}
EVENT = {"timeUnixNano": (UNSIGNED, 1), "name": (text, 1), "attributes": ([KEY_VALUE], 0)}
SPAN = {
    "traceId": (TRACE_ID, 1),
    "spanId": (SPAN_ID, 1),
    "parentSpanId": (SPAN_ID, 0),
    "traceState": (text, 0),
    "name": (text, 1),
    "kind": (one_of(1, 2, 3, 4, 5), 1),
    "startTimeUnixNano": (UNSIGNED, 1),
    "endTimeUnixNano": (UNSIGNED, 1),
    "attributes": ([KEY_VALUE], 0),
    "events": ([EVENT], 0),
    "status": (STATUS, 0),
}
POINT = {"attributes": ([KEY_VALUE], 0), "timeUnixNano": (UNSIGNED, 1), "asDouble": (number, 1)}
GAUGE = {"dataPoints": ([POINT], 1)}
SUM = {"dataPoints": ([POINT], 1), "aggregationTemporality": (one_of(1, 2), 1), "isMonotonic": (flag, 1)}
METRIC = {"name": (text, 1), "description": (text, 0), "unit": (text, 0), "gauge": (GAUGE, 0), "sum": (SUM, 0)}
TRACES = {"resourceSpans": ([{"resource": (RESOURCE, 1), "scopeSpans": ([{"scope": (SCOPE, 1), "spans": ([SPAN], 1)}], 1)}], 1)}
METRICS = {
    "resourceMetrics": ([{"resource": (RESOURCE, 1), "scopeMetrics": ([{"scope": (SCOPE, 1), "metrics": ([METRIC], 1)}], 1)}], 1)
}


def hold(value, kind, where=""):
    """Raises AssertionError unless the value is what the protocol says."""
    if isinstance(kind, list):
        assert isinstance(value, list), where
        for i, item in enumerate(value):
            hold(item, kind[0], f"{where}[{i}]")
    elif isinstance(kind, dict):
        assert isinstance(value, dict), where
        assert set(value) <= set(kind), (where, set(value) - set(kind))
        assert all(name in value for name, (_, needed) in kind.items() if needed), (where, sorted(value))
        for name, item in value.items():
            hold(item, kind[name][0], f"{where}.{name}")
        assert kind is not ANY_VALUE or len(value) == 1, where
    else:
        assert kind(value), (where, value)


def attributes(thing):
    return {a["key"]: next(iter(a["value"].values())) for a in thing.get("attributes", [])}


class Trace:
    """The spans of one request, which must be one tree in which times nest."""

    def __init__(self, document):
        hold(document, TRACES)
        (resource,) = document["resourceSpans"]
        (scope,) = resource["scopeSpans"]
        self.resource = attributes(resource["resource"])
        self.spans = scope["spans"]
        self.by_id = {s["spanId"]: s for s in self.spans}
        assert len(self.by_id) == len(self.spans)
        assert len({s["traceId"] for s in self.spans}) == 1
        (self.root,) = [s for s in self.spans if s.get("parentSpanId") not in self.by_id]
        for span in self.spans:
            self.check_times(span)

    def check_times(self, span):
        start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
        assert 0 < start <= end, span
        around = self.by_id.get(span.get("parentSpanId"))
        if around:
            assert int(around["startTimeUnixNano"]) <= start and end <= int(around["endTimeUnixNano"]), (around, span)
        assert all(start <= int(e["timeUnixNano"]) <= end for e in span.get("events", []))

    @property
    def id(self):
        return self.root["traceId"]

    def named(self, name):
        return [s for s in self.spans if s["name"] == name]

    def one(self, name):
        (span,) = self.named(name)
        return span

    def parent(self, span):
        return self.by_id.get(span.get("parentSpanId"))

    def path(self, span):
        names = []
        while span:
            names.insert(0, span["name"])
            span = self.parent(span)
        return names


def points(document):
    """(name, labels) -> [(ms, value)] of a request of metrics."""
    hold(document, METRICS)
    found = {}
    for resource in document["resourceMetrics"]:
        for scope in resource["scopeMetrics"]:
            for metric in scope["metrics"]:
                data = metric.get("gauge") or metric["sum"]
                for point in data["dataPoints"]:
                    labels = json.dumps(attributes(point), sort_keys=True)
                    at = int(point["timeUnixNano"]) // 1000000
                    found.setdefault((metric["name"], labels), []).append((at, point["asDouble"]))
    return found


class Collector:
    """Answers with the next of `answers`: (status, headers, body), and 200 when there are none left."""

    def __init__(self):
        collector = self
        self.requests = []  # (path, headers, document)
        self.answers = []
        self.changed = threading.Condition()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with collector.changed:
                    collector.requests.append((self.path, self.headers, json.loads(body)))
                    status, headers, answer = collector.answers.pop(0) if collector.answers else (200, {}, "{}")
                    collector.changed.notify_all()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait(self, count, path="/v1/traces"):
        """Until there were so many requests."""
        with self.changed:
            assert self.changed.wait_for(lambda: sum(p == path for p, _, _ in self.requests) >= count, timeout=60)

    def traces(self):
        return [Trace(document) for path, _, document in self.requests if path == "/v1/traces"]

    def metrics(self):
        return [points(document) for path, _, document in self.requests if path == "/v1/metrics"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
