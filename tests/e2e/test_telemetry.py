"""Telemetry: a run as a trace, its metrics, whose part it is, and what commands are told of it."""

import json
import signal
import time

import pytest
from collector import SPAN_ID, Trace, attributes, points

WORK = """
runbook "Work" {}
param "level" { default = "smoke" }
step "Make" { run = { "echo", "hello" } }
parallel "Both" { step "One" { run = "true" }, step "Two" { run = "true" } }
step "Again" { run = "test -e there || { touch there; exit 4; }", retry = { times = 2, delay = "1ms" } }
step "Hosts" { run = function(ctx) ctx:set { hosts = { "a", "b" } } end }
step "Each" { each = "hosts", run = { "echo", "$item" } }
step "Never" { when = "1 > 2", run = "true" }
step "Call" { call = "demo/inner", on_fail = "continue" }
step "Die" { run = "kill -9 $$", on_fail = "continue" }
"""
INNER = """
runbook "Inner" {}
step "In" { run = "exit 3" }
"""
PRINT = """
runbook "Print" {}
step "Show" { run = "echo $TRACEPARENT,${TRACESTATE-}" }
step "Own" { env = { TRACEPARENT = "mine" }, run = "echo $TRACEPARENT" }
"""
PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
NOWHERE = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}


def trace_of(project, run=None):
    run = run or project.ok("history", "--json").json["runs"][0]["run"]
    return Trace(json.loads(project.ok("status", run, "--format", "otlp").out))


def as_number(ulid):
    value = 0
    for c in ulid:
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(c)
    return f"{value:032x}"


@pytest.fixture
def worked(project):
    project.runbook("demo/work", WORK)
    project.runbook("demo/inner", INNER)
    assert project.run("demo/work").exit == 1
    return project


def test_a_run_is_one_tree(worked):
    trace = trace_of(worked)
    run = worked.last_run()
    assert trace.id == as_number(run["run"])
    assert trace.resource["service.name"] == "runbook" and trace.resource["service.namespace"] == "t"
    root = attributes(trace.root)
    assert trace.root["name"] == "RUN demo/work" and trace.root["kind"] == 2
    assert root["cicd.pipeline.name"] == "demo/work" and root["cicd.pipeline.run.id"] == run["run"]
    assert root["cicd.pipeline.result"] == "failure" and root["runbook.param.level"] == "smoke"
    assert trace.root["status"]["code"] == 2
    top = "RUN demo/work"
    assert trace.path(trace.one("Make")) == [top, "Make"]
    assert trace.path(trace.one("One")) == [top, "Both", "One"]
    assert trace.path(trace.one("In")) == [top, "Call", "RUN demo/inner", "In"]
    items = [s for s in trace.named("Each") if trace.parent(s)["name"] == "Each"]
    assert sorted(attributes(s)["runbook.step.item"] for s in items) == ["a", "b"]
    assert attributes(trace.one("Never"))["cicd.pipeline.task.run.result"] == "skip"
    assert len(trace.spans) == 2 + 13 + 9, sorted(s["name"] for s in trace.spans)


def test_commands_and_what_became_of_them(worked):
    trace = trace_of(worked)
    again = trace.one("Again")
    assert attributes(again)["runbook.step.attempts"] == "2" and attributes(again)["cicd.pipeline.task.run.result"] == "success"
    tries = [s for s in trace.spans if trace.parent(s) is again]
    assert [attributes(s)["process.exit.code"] for s in tries] == ["4", "0"]
    assert [s["status"].get("code") for s in tries] == [2, None]
    die = trace.one("Die")
    assert attributes(die)["error.type"] == "SIGKILL"
    (killed,) = [s for s in trace.spans if trace.parent(s) is die]
    assert attributes(killed)["runbook.command.signal"] == "SIGKILL" and "process.exit.code" not in attributes(killed)
    (echo,) = [s for s in trace.spans if trace.parent(s) is trace.one("Make")]
    assert echo["name"] == "echo" and echo["kind"] == 3 and attributes(echo)["process.command_line"] == "echo hello"


def test_asked_twice_it_is_the_same(worked):
    run = worked.last_run()["run"]
    first, second = (worked.ok("status", run, "--format", "otlp").out for _ in range(2))
    assert first == second


def test_a_called_run_alone_is_a_part(worked):
    whole = trace_of(worked)
    inner = attributes(whole.one("RUN demo/inner"))["cicd.pipeline.run.id"]
    part = trace_of(worked, inner)
    assert part.id == whole.id and part.root["parentSpanId"] == whole.one("Call")["spanId"]


def test_only_otlp_is_a_format(worked):
    refused = worked.run("status", worked.last_run()["run"], "--format", "xml")
    assert refused.exit == 2 and "otlp" in refused.err
    assert worked.run("status", "--format", "otlp").exit == 2


def shown(project, step="show"):
    return project.ok("logs", project.last_run()["run"], step).out.strip()


def test_commands_are_told_their_span_where_traces_are_pushed(project):
    project.runbook("demo/print", PRINT)
    project.ok("demo/print", env={**NOWHERE, "TRACESTATE": "stray=1"})
    version, trace_id, span_id, flags = shown(project).rstrip(",").split("-")
    trace = trace_of(project)
    assert (version, trace_id, flags) == ("00", trace.id, "01")
    assert SPAN_ID(span_id) and trace.one("Show")["spanId"] == span_id
    assert shown(project, "own") == "mine"


def test_a_run_is_part_of_the_trace_it_is_started_in(project):
    project.runbook("demo/print", PRINT)
    given = {"TRACEPARENT": f"00-{PARENT}-00f067aa0ba902b7-01", "TRACESTATE": "vendor=1"}
    project.ok("demo/print", env={**NOWHERE, **given})
    trace = trace_of(project)
    assert trace.id == PARENT and trace.root["parentSpanId"] == "00f067aa0ba902b7"
    assert trace.root["traceState"] == "vendor=1"
    assert shown(project) == f"00-{PARENT}-{trace.one('Show')['spanId']}-01,vendor=1"


def test_without_a_collector_commands_get_what_the_run_got(project):
    project.runbook("demo/print", PRINT.replace("$TRACEPARENT,", "${TRACEPARENT-none},"))
    project.ok("demo/print")
    assert shown(project) == "none,"
    given = {"TRACEPARENT": f"00-{PARENT}-00f067aa0ba902b7-01"}
    project.ok("demo/print", env=given)
    assert shown(project) == given["TRACEPARENT"] + ","


def test_a_trace_that_is_none_is_not_joined(project):
    project.runbook("demo/print", PRINT)
    project.ok("demo/print", env={**NOWHERE, "TRACEPARENT": f"00-{'0' * 32}-00f067aa0ba902b7-01"})
    trace = trace_of(project)
    assert trace.id == as_number(project.last_run()["run"]) and "parentSpanId" not in trace.root


def test_killed_and_resumed_it_is_one_trace(project):
    project.runbook(
        "demo/crash",
        """
        runbook "Crash" {}
        step "First" { run = "true" }
        step "Second" { idempotent = true, run = "echo $TRACEPARENT; test -e again || { touch again; kill -9 $PPID; sleep 60; }" }
        step "Third" { run = "true" }
        """,
    )
    given = {**NOWHERE, "TRACEPARENT": f"00-{PARENT}-00f067aa0ba902b7-01"}
    assert project.run("demo/crash", env=given).exit == -signal.SIGKILL
    run = project.last_run()["run"]
    before = trace_of(project, run)
    assert attributes(before.root)["runbook.run.state"] == "interrupted"
    project.ok("resume", run, env=NOWHERE)
    after = trace_of(project, run)
    assert before.id == after.id == PARENT
    assert {s["spanId"] for s in before.spans} <= {s["spanId"] for s in after.spans}
    assert attributes(after.root)["cicd.pipeline.result"] == "success"
    assert [e["name"] for e in after.root["events"]] == ["resumed"]
    assert after.one("Second")["spanId"] in shown(project, "second").split("-")


def test_metrics_as_a_document(project):
    at = int(time.time()) - 3600

    def written(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    project.ok("metrics", "record", "jobs_total", "5", "queue=mail", "--at", written(at))
    project.ok("metrics", "record", "took", "1m30s", "--at", written(at + 1))
    asked = ("metrics", "export", "--format", "otlp", "--since", written(at - 3600))
    document = json.loads(project.ok(*asked).out)
    assert points(document)[("jobs_total", '{"queue": "mail"}')] == [(at * 1000, 5)]
    assert points(document)[("took", "{}")] == [(at * 1000 + 1000, 90)]
    project.ok(*asked, "-o", "m.json")
    assert json.loads((project.root / "m.json").read_text()) == document
