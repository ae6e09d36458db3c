"""The HTTP client against servers that behave and servers that do not."""

import socket
import threading

import kit
import pytest

CANARIES = ["T0PS3CRET", "pa55w0rd", "hook-path"]


def ok(connection, request):
    if request.startswith(b"HEAD"):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        return True
    return kit.answer(connection, body=b"ok")


def one(tmp_path, serve, config="", **request):
    with kit.Listener(serve) as listener:
        request.setdefault("url", listener.url())
        result, = kit.send(tmp_path, [request], config)
    return result, listener


def test_get_post_and_head(tmp_path):
    with kit.Listener(ok) as listener:
        results = kit.send(tmp_path, [
            {"url": listener.url("/a?b=c")},
            {"url": listener.url("/p"), "body": "x\ny", "headers": ["Content-Type: text/plain", "X-Empty:"], "after": True},
            {"url": listener.url("/h"), "method": "HEAD", "after": True},
            {"url": listener.url("/d"), "method": "DELETE", "after": True},
            {"url": listener.url("/e"), "method": "POST", "after": True}])
    assert [r["status"] for r in results] == [200] * 5
    get, post, head, delete, empty = listener.requests
    assert get.startswith(b"GET /a?b=c HTTP/1.1\r\n") and b"User-Agent: runbook/" in get and b"\r\nExpect:" not in get
    assert post.startswith(b"POST /p ") and post.endswith(b"\r\n\r\nx\ny") and b"Content-Type: text/plain" in post
    assert b"X-Empty:\r\n" in post
    assert head.startswith(b"HEAD /h ") and delete.startswith(b"DELETE /d ")
    assert empty.startswith(b"POST /e ") and b"Content-Length: 0" in empty and b"Content-Type" not in empty
    assert listener.accepts == 1  # the connection is kept


def test_a_request_that_must_not_be_repeated_has_a_connection_of_its_own(tmp_path):
    with kit.Listener(ok) as listener:
        kit.send(tmp_path, [{"url": listener.url(), "body": "x", "once": i > 0, "after": True} for i in range(3)])
    assert listener.accepts == 3


def test_headers_of_the_answer_are_lower_case_and_those_of_interim_answers_are_gone(tmp_path):
    def serve(connection, _):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
        return kit.answer(connection, "429 Slow down", b"later", ["Retry-After: 7", "X-Mixed-CASE: Kept  "])

    result, _ = one(tmp_path, serve)
    assert result["status"] == 429 and result["body"] == "later" and "error" not in result
    assert "retry-after: 7" in result["headers"] and "x-mixed-case: Kept" in result["headers"]
    assert not any("early" in h for h in result["headers"])


def test_the_body_is_bounded(tmp_path):
    def endless(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    result, _ = one(tmp_path, endless, response_max=1000)
    assert (result["status"], len(result["body"]), result["truncated"]) == (200, 1000, True)
    exact, _ = one(tmp_path, lambda c, r: kit.answer(c, body=b"y" * 1000), response_max=1000)
    assert (len(exact["body"]), exact["truncated"]) == (1000, False)


def test_headers_without_end(tmp_path):
    def serve(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: " + b"x" * 8000 + b"\r\n")

    result, _ = one(tmp_path, serve)
    assert result["failure"] == "unknown", result


@pytest.mark.parametrize("what, failure, code", [
    ("hang", "unknown", -9), ("slow", "unknown", -9), ("reset", "unknown", -1), ("close", "unknown", -1),
    ("partial", "unknown", -1), ("garbage", "unknown", -4), ("partial_chunk", "unknown", -1)])
def test_what_may_have_arrived_is_said_to_be_unknown(tmp_path, what, failure, code):
    ended = threading.Event()

    def serve(connection, _):
        if what == "hang":
            connection.recv(1)
        elif what == "slow":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not ended.wait(0.05):
                connection.sendall(b"X: y\r\n")
        elif what == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif what == "partial":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        elif what == "partial_chunk":
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf")
        elif what == "garbage":
            connection.sendall(b"\0\1\2\3 nonsense\r\n\r\n")
        return False

    result, _ = one(tmp_path, serve, body="x", total_ms=2500 if what in ("hang", "slow") else 60000)
    ended.set()
    assert (result["failure"], result["code"]) == (failure, code), result


def test_what_was_never_sent(tmp_path):
    with kit.deaf() as server:
        refused, unknown = kit.send(tmp_path, [{"url": f"http://127.0.0.1:{server.getsockname()[1]}/"},
                                               {"url": "https://no-such-name.invalid/x"}])
    assert (refused["failure"], refused["code"]) == ("refused", -1) and "Connection refused" in refused["error"], refused
    assert unknown["failure"] == "refused" and "has no address" in unknown["error"], unknown


def test_a_tls_handshake_that_hangs_is_never_sent(tmp_path):
    with kit.Listener() as listener:
        result, = kit.send(tmp_path, [{"url": f"https://127.0.0.1:{listener.port}/", "connect_ms": 300}])
    assert (result["failure"], result["code"]) == ("refused", -9), result


def test_a_certificate_nobody_vouches_for(tmp_path):
    cert, key = kit.certificate(tmp_path)
    with kit.Listener(ok, tls=kit.server_context(cert, key)) as listener:
        refused, = kit.send(tmp_path, [{"url": listener.url()}])
        assert refused["failure"] == "refused" and "TLS" in refused["error"] and "ca_file" in refused["hint"], refused
        assert not listener.requests
        taken, = kit.send(tmp_path, [{"url": listener.url()}], f"net: {{ca_file: {cert}}}\n")
        assert taken["body"] == "ok", taken


def test_a_certificate_for_another_name(tmp_path):
    cert, key = kit.certificate(tmp_path, "DNS:elsewhere.example")
    with kit.Listener(ok, tls=kit.server_context(cert, key)) as listener:
        result, = kit.send(tmp_path, [{"url": listener.url()}], f"net: {{ca_file: {cert}}}\n")
    assert result["failure"] == "refused" and not listener.requests, result


@pytest.mark.parametrize("request_", [
    {"headers": ["X: a\r\nY: b"]}, {"headers": ["X: a\nY: b"]}, {"headers": ["no colon"]}, {"headers": [": empty name"]},
    {"headers": ["Na me: x"]}, {"headers": ["Content-Length: 5"]}, {"headers": ["Transfer-Encoding: chunked"]},
    {"method": "GET / HTTP/1.1\r\nX: y"}, {"method": ""}, {"path": "/a b"}, {"path": "/a\r\nX: y"}, {"path": "/a\tb"},
    {"path": "\\@example.org/"}])
def test_what_would_inject_is_never_sent(tmp_path, request_):
    with kit.Listener() as listener:
        request_ = dict(request_)
        request_["url"] = f"http://127.0.0.1:{listener.port}{request_.pop('path', '/')}"
        result, = kit.send(tmp_path, [request_])
    assert result["failure"] == "never" and listener.accepts == 0, result


@pytest.mark.parametrize("url", ["", "x", "//127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "smtp://127.0.0.1",
                                 "http://", "http:///x", "https://[::1", "http://127.0.0.1:99999/", "javascript:alert(1)"])
def test_only_http_urls_are_used(tmp_path, url):
    result, = kit.send(tmp_path, [{"url": url}])
    assert result["failure"] == "never" and result["code"] == -2, result


def test_http_to_another_machine_needs_a_word(tmp_path):
    result, = kit.send(tmp_path, [{"url": "http://example.org/"}])
    assert result["failure"] == "never" and "not encrypted" in result["error"] and "allow_http" in result["hint"], result


def test_credentials_stay_at_their_origin(tmp_path):
    secret = ["Authorization: Bearer T0PS3CRET", "Cookie: s=T0PS3CRET", "X-Api-Key: T0PS3CRET", "Accept: text/x"]
    with kit.Listener(ok) as other:
        def serve(connection, request):
            if b"/here" in request.split(b"\r\n")[0]:
                return kit.answer(connection, "307 Go", headers=[f"Location: {other.url('/there')}"])
            return kit.answer(connection, "302 Found", b"x" * 10, headers=["Location: /here"])

        with kit.Listener(serve) as first:
            url = f"http://user:pa55w0rd@127.0.0.1:{first.port}/"
            result, = kit.send(tmp_path, [{"url": url, "headers": secret, "redirects": 5}])
    assert result["body"] == "ok", result
    assert b"T0PS3CRET" in first.requests[1]
    gone, = other.requests
    assert b"T0PS3CRET" not in gone and b"uthorization" not in gone and b"ookie" not in gone
    assert b"Accept: text/x" in gone


def test_redirects_are_counted_and_only_reads_follow(tmp_path):
    def around(connection, request):
        number = int(request.split()[1][1:])
        return kit.answer(connection, "302 Found", headers=[f"Location: /{number + 1}"])

    with kit.Listener(around) as listener:
        none, three, post = kit.send(tmp_path, [
            {"url": listener.url("/0")}, {"url": listener.url("/0"), "redirects": 3, "after": True},
            {"url": listener.url("/0"), "redirects": 3, "body": "x", "after": True}])
    assert [r["status"] for r in (none, three, post)] == [302] * 3
    assert [r.split()[1] for r in listener.requests] == [b"/0", b"/0", b"/1", b"/2", b"/3", b"/0"]


def test_redirects_share_one_time_out(tmp_path):
    def around(connection, _):
        threading.Event().wait(0.4)
        return kit.answer(connection, "302 Found", headers=["Location: /again"])

    result, listener = one(tmp_path, around, redirects=10, total_ms=1000)
    assert "no answer within" in result["error"] and len(listener.requests) <= 3, result


def test_a_head_request_has_no_body(tmp_path):
    result, listener = one(tmp_path, ok, method="HEAD", body="x")
    assert result["failure"] == "never" and "has no body" in result["error"] and listener.requests == [], result


def test_a_redirect_from_https_to_http_is_not_followed(tmp_path):
    cert, key = kit.certificate(tmp_path)
    with kit.Listener() as plain:
        def serve(connection, _):
            return kit.answer(connection, "302 Found", headers=[f"Location: http://127.0.0.1:{plain.port}/"])

        with kit.Listener(serve, tls=kit.server_context(cert, key)) as first:
            result, = kit.send(tmp_path, [{"url": first.url(), "redirects": 3}], f"net: {{ca_file: {cert}}}\n")
    assert result["failure"] == "never" and "not encrypted" in result["error"], result
    assert plain.accepts == 0


def test_no_part_of_a_url_but_its_host_is_in_an_error(tmp_path):
    urls = ["http://user:pa55w0rd@127.0.0.1:1/hook-path/T0PS3CRET?t=T0PS3CRET", "https://127.0.0.1:1/hook-path/T0PS3CRET",
            "http://user:pa55w0rd@example.org/hook-path", "https://user:pa55w0rd@no-such-name.invalid/hook-path",
            "http://169.254.169.254/hook-path?T0PS3CRET", "https://exa mple/hook-path", "gopher://x/hook-path"]
    for result in kit.send(tmp_path, [{"url": url, "headers": ["Authorization: T0PS3CRET"]} for url in urls]):
        for canary in CANARIES:
            assert canary not in result["error"] + result["hint"], result


def test_the_environment_names_no_proxy_and_the_configuration_does(tmp_path):
    def proxy(connection, request):
        return kit.answer(connection, body=request.split(b"\r\n")[0])

    with kit.Listener(proxy) as listener:
        address = f"http://127.0.0.1:{listener.port}"
        env = {name: address for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY")}
        kit.send(tmp_path, [{"url": "http://127.0.0.1:1/"}, {"url": "https://no-such-name.invalid/"}], env=env)
        assert listener.accepts == 0
        result, = kit.send(tmp_path, [{"url": "http://name.invalid/x"}],
                           f"net: {{proxy: '{address}', allow_http: true}}\n", {"no_proxy": "*", "NO_PROXY": "*"})
    assert result["body"] == "GET http://name.invalid/x HTTP/1.1", result


def test_cancelled_requests_leave_nothing_behind(tmp_path):
    with kit.Listener() as listener:
        results = kit.send(tmp_path, [{"url": f"http://127.0.0.1:{listener.port}/", "cancel_ms": 50 + i} for i in range(20)] +
                           [{"url": "https://no-such-name.invalid/", "cancel_ms": 1}])
    assert results.count("cancelled") >= 20


def test_requests_that_are_cancelled_while_they_connect_leave_nothing_behind(tmp_path):
    """Their time is over when the loop first runs: what curl has only begun to connect it closes by itself."""
    with kit.Listener(ok) as listener:
        early = [{"url": listener.url(), "cancel_ms": 1 + i % 4} for i in range(100)]
        results = kit.send(tmp_path, early + [{"url": listener.url(), "after": True}])
    assert results[-1]["body"] == "ok", results[-1]
    assert all(r == "cancelled" or r["body"] == "ok" for r in results)


def test_many_at_once(tmp_path):
    with kit.Listener(ok) as listener:
        results = kit.send(tmp_path, [{"url": listener.url(f"/{i}"), "body": str(i)} for i in range(100)])
    assert [r["body"] for r in results] == ["ok"] * 100
    assert sorted(int(r.split(b"\r\n\r\n")[1]) for r in listener.requests) == list(range(100))
