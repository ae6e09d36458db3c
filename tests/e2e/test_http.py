"""`http` in runbooks: against a server of this test, which answers as each path says and keeps what it was sent."""

import http.server
import json
import threading

import pytest
from conftest import kill, wait_for
from stubs.smtp import free_port

SECRET = "canary-t0ken-9173"


class Server:
    def __init__(self):
        self.seen, self.answers, self.release = [], {}, threading.Event()
        self.closed = False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.seen.append((self.command, self.path, dict(self.headers), body))
                queue = outer.answers.get(self.path.partition("?")[0], [(200, {}, b"ok")])
                status, headers, content = queue.pop(0) if len(queue) > 1 else queue[0]
                if content == "hang":
                    outer.release.wait(300)
                    content = b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD" and content:
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def json(self, path, value, status=200):
        self.answers[path] = [(status, {"Content-Type": "application/json"}, json.dumps(value).encode())]

    def close(self):
        if self.closed:
            return
        self.closed = True
        self.release.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def paths(self):
        return [path for _, path, _, _ in self.seen]


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def one_step(project, keys, name="t/http"):
    project.runbook(name, 'runbook "Requests" {}\nstep "Ask" {\n' + keys + "\n}\n")
    return name


def log_of(project):
    return project.ok("logs", project.ok("history", "--json").json["runs"][0]["run"]).out


def test_status_body_and_json_are_facts(project, server):
    server.json("/health", {"queue": {"depth": 7}, "up": True})
    name = one_step(project, f"""
      run = http.get {{ url = "{server.url}/health" }},
      capture = {{ depth = '"depth": (%d+)' }},
      check = {{ "http_status == 200", "depth < 5" }},
      on_fail = "continue",""")
    result = project.run(name)
    assert result.exit == 1 and "NOT MET  depth < 5" in result.out, result
    facts = project.last_run()["facts"]
    assert facts["http_status"] == 200 and facts["http_json"] == {"queue": {"depth": 7}, "up": True}
    assert json.loads(facts["http_body"])["up"] is True
    log = log_of(project)
    assert f"GET {server.url}/..  200  " in log and '"depth": 7' in log and "/health" not in log.split('"')[0]


def test_a_status_that_is_not_expected_fails_the_step(project, server):
    server.answers["/gone"] = [(404, {}, b"no such page\nmore")]
    result = project.run(one_step(project, f'run = http.get {{ url = "{server.url}/gone" }},'))
    assert result.exit == 1 and "status 404: no such page" in result.out, result
    assert project.run(one_step(project, f'run = http.get {{ url = "{server.url}/gone", expect = 404 }},')).exit == 0
    assert project.run(one_step(project, f'run = http.get {{ url = "{server.url}/", expect = {{ 204, 404 }} }},')).exit == 1


def test_a_request_with_json_headers_and_names(project, server):
    project.runbook("t/post", f"""runbook "Post" {{}}
      param "ticket" {{ default = "T-7" }}
      step "Tell" {{ run = http.request {{ url = "{server.url}/hook/$ticket", json = {{ text = "for $ticket", n = 3 }},
        headers = {{ ["X-Ticket"] = "$ticket" }}, method = "PUT", timeout = "5s" }} }}""")
    project.ok("t/post")
    (method, path, headers, body), = server.seen
    assert (method, path, headers["X-Ticket"]) == ("PUT", "/hook/T-7", "T-7")
    assert json.loads(body) == {"text": "for T-7", "n": 3} and headers["Content-Type"] == "application/json"


def test_reads_and_writes_are_declared(project, server):
    project.runbook("t/kinds", f"""runbook "Kinds" {{}}
      step "a" {{ run = http.get {{ url = "{server.url}" }} }}
      step "b" {{ run = http.request {{ url = "{server.url}", body = "x" }} }}
      step "c" {{ run = http.request {{ url = "{server.url}", body = "x", writes = false }} }}
      step "d" {{ run = http.request {{ url = "{server.url}", method = "HEAD" }} }}""")
    steps = project.ok("show", "t/kinds", "--json").json["steps"]
    assert [step["writes"] for step in steps] == [False, True, False, False]
    assert project.ok("t/kinds", "--dry-run").exit == 0 and not server.seen
    project.ok("t/kinds")
    assert [method for method, _, _, _ in server.seen] == ["GET", "POST", "POST", "HEAD"]


def test_reads_are_tried_again_and_writes_only_when_they_did_not_arrive(project, server):
    server.answers["/busy"] = [(503, {"Retry-After": "0"}, b""), (429, {"Retry-After": "0"}, b""), (200, {}, b"at last")]
    server.answers["/broken"] = [(500, {}, b"")]
    project.ok(one_step(project, f'run = http.get {{ url = "{server.url}/busy", retry = 5 }},'))
    assert server.paths() == ["/busy"] * 3
    server.seen.clear()
    project.run(one_step(project, f'run = http.request {{ url = "{server.url}/broken", retry = 5, body = "x" }},'))
    assert server.paths() == ["/broken"]
    server.seen.clear()
    server.answers["/slow"] = [(200, {}, "hang")]
    result = project.run(one_step(project, f"""run = http.request {{
        url = "{server.url}/slow", retry = 5, body = "x", timeout = "200ms" }},"""))
    assert result.exit == 1 and "no answer within" in result.out and server.paths() == ["/slow"], result


def test_a_secret_goes_into_the_header_and_nowhere_else(project, server):
    project.write("runbook.yaml", "project: t\nsecrets: {api_token: {env: API_TOKEN}}\n")
    server.answers["/echo"] = [(200, {"X-Echo": SECRET}, f"you sent {SECRET}".encode())]
    name = one_step(project, f"""secret = {{ "api_token" }}, run = function(ctx)
        local r = assert(ctx:perform(http.get {{ url = "{server.url}/echo?{SECRET}", bearer = "api_token",
          secret_headers = {{ ["X-Api-Key"] = "api_token" }} }}))
        print(r.body, r.headers["x-echo"])
      end,""")
    result = project.ok(name, "-v", env={"API_TOKEN": SECRET})
    headers = server.seen[0][2]
    assert headers["Authorization"] == f"Bearer {SECRET}" and headers["X-Api-Key"] == SECRET
    assert SECRET not in result.out + result.err and "you sent ***" in result.out, result
    for file in (project.root / ".runbook").rglob("*"):
        if file.is_file() and file.suffix == ".log":
            assert SECRET.encode() not in file.read_bytes(), file
    assert SECRET not in str(project.last_run()["facts"])


def test_a_secret_that_the_step_did_not_name_is_not_sent(project, server):
    project.write("runbook.yaml", "project: t\nsecrets: {api_token: {env: API_TOKEN}}\n")
    name = one_step(project, f'run = http.get {{ url = "{server.url}", bearer = "api_token" }},')
    result = project.run(name, env={"API_TOKEN": SECRET})
    assert result.exit == 1 and 'secret = { "api_token" }' in result.out and not server.seen, result


def test_what_configuration_denies_is_not_reached(project, server):
    project.write("runbook.yaml", "project: t\nnet: {deny: [loopback]}\n")
    result = project.run(one_step(project, f'run = http.get {{ url = "{server.url}/hidden-path" }},'))
    assert result.exit == 1 and "denied (net.deny: loopback)" in result.out and not server.seen, result
    assert "hidden-path" not in result.out.split("next")[0], result
    result = project.run(one_step(project, 'run = http.get { url = "http://example.org/" },'))
    assert result.exit == 1 and "net.allow_http" in result.out, result


def test_a_wrong_range_is_told_before_anything_runs(project, server):
    project.write("runbook.yaml", "project: t\nnet:\n  deny: [10.0.0.0/8, lopback]\n")
    result = project.run(one_step(project, f'run = http.get {{ url = "{server.url}" }},'))
    assert result.exit == 2 and 'runbook.yaml:3:22: net.deny: "lopback"' in result.err and not server.seen, result


def test_the_time_of_the_step_ends_a_request(project, server):
    server.answers["/slow"] = [(200, {}, "hang")]
    result = project.run(one_step(project, f'run = http.get {{ url = "{server.url}/slow" }}, timeout = "300ms",'))
    assert result.exit == 124, result


def test_cancel_ends_a_request(project, server):
    server.answers["/slow"] = [(200, {}, "hang")]
    running = project.start(one_step(project, f'run = http.get {{ url = "{server.url}/slow" }},'))
    wait_for(lambda: server.seen, "the request")
    project.ok("cancel", project.ok("history", "--json").json["runs"][0]["run"])
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130, (out, err)


def test_a_crash_during_a_write_leaves_a_doubt_and_during_a_read_none(project, server):
    server.answers["/slow"] = [(200, {}, "hang")]
    for name, verb in (("t/read", "get {"), ("t/write", 'request { body = "x",')):
        server.seen.clear()
        running = project.start(one_step(project, f'run = http.{verb} url = "{server.url}/slow" }},', name))
        wait_for(lambda: server.seen, "the request")
        kill(running)
        assert project.last_run()["state"] == "interrupted"
    server.release.set()
    newest, before = (run["run"] for run in project.ok("history", "--json").json["runs"])
    assert project.run("resume", newest, "--no-input").exit == 4
    assert project.run("resume", before, "--no-input").exit == 0


def test_slips_in_ctx_http_are_told(project):
    for options, words in (("{ ulr = 'x' }", "did you mean `url`?"), ("{}", "needs a `url`"), ("'x'", "takes one table"),
                           ("{ url = 'https://x', body = {} }", "`body`"), ("{ url = 'https://x', redirects = 99 }", "0 to 10"),
                           ("{ url = 'https://x', timeout = 'soon' }", "duration"),
                           ("{ url = 'https://x', secret_headers = { 'x' } }", "secret header"),
                           ("{ url = 'https://x', headers = 'y' }", "`headers`")):
        result = project.run(one_step(project, f"run = function(ctx) ctx:http({options}) end,"))
        assert result.exit == 1 and words in result.out, (options, result)


def test_nothing_is_loaded_by_a_run_that_sends_nothing(project):
    result = project.ok(one_step(project, "run = function(ctx) print((assert(ctx:exec('cat /proc/$PPID/maps'))).out) end,"), "-v")
    assert "runbook" in result.out and "curl" not in result.out and "runbook-net" not in result.out


def test_a_service_is_up_when_its_url_answers(project, server):
    project.write("runbook.yaml", f"project: t\nservices: {{shop: {{http: \"{server.url}/health\"}}}}\n")
    name = one_step(project, "run = services.check {},")
    assert "1 of 1 up" in project.ok(name).out
    server.answers["/health"] = [(302, {"Location": "/login"}, b"")]
    project.ok(name)
    server.answers["/health"] = [(503, {}, b"")]
    result = project.run(name)
    assert result.exit == 1 and "shop is down: its URL answers with status 503" in result.out, result
    server.close()
    result = project.run(name)
    assert result.exit == 1 and "shop is down" in result.out and "Connection refused" in result.out, result
