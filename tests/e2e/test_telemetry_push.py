"""Telemetry is pushed from the outbox: never lost, never in the way, and only where it is wanted."""

import json
import signal
import sqlite3
import time
from collections import Counter

import pytest
from collector import Collector, attributes

RUNBOOK = """
runbook "Work" {}
step "Make" { run = "true" }
"""
PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = "Bearer hush-hush-4711"


@pytest.fixture
def collector():
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def traced(project, collector):
    """A project whose telemetry goes to the collector. Nothing is delivered but by `notify flush`."""
    project.runbook("demo/work", RUNBOOK)
    project.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    return project


def messages(project):
    return [m for m in project.ok("notify", "list", "--json").json["messages"] if m["channel"] == "@otlp"]


def settled(project):
    """Flushes until no message of telemetry is on its way."""
    deadline = time.monotonic() + 60
    while any(m["state"] in ("queued", "sending") for m in messages(project)):
        assert time.monotonic() < deadline, messages(project)
        project.run("notify", "flush")
    return messages(project)


def test_each_run_is_pushed_once(traced, collector):
    traced.ok("demo/work")
    traced.ok("demo/work")
    assert {m["state"] for m in settled(traced)} == {"delivered"}
    runs = {r["run"] for r in traced.ok("history", "--json").json["runs"]}
    pushed = [attributes(t.root)["cicd.pipeline.run.id"] for t in collector.traces()]
    assert sorted(pushed) == sorted(runs)
    run = traced.last_run()["run"]
    shown = json.loads(traced.ok("status", run, "--format", "otlp").out)
    assert shown in [document for _, _, document in collector.requests]


def test_each_sample_is_pushed_once(traced, collector):
    for _ in range(3):
        traced.ok("demo/work")
        settled(traced)
    pushed = {}
    for request in collector.metrics():
        for series, samples in request.items():
            pushed.setdefault(series, []).extend(samples)
    exits = pushed["runbook_run_exit_code", '{"runbook": "demo/work"}']
    assert [value for _, value in exits] == [0, 0, 0]
    # Measured by each delivery, not by each run, and two deliveries may end in one millisecond.
    lengths = Counter(pushed.pop(("runbook_queue_size", '{"queue": "notify"}')))
    kept = traced.ok("metrics", "query", "runbook_queue_size", "queue=notify", "--since", "1h", "--json").json
    assert lengths and lengths <= Counter(tuple(point) for point in kept["series"][0]["points"])
    assert all(len(samples) == len(set(samples)) == 3 for samples in pushed.values()), pushed
    assert ("runbook_step_duration_seconds", '{"runbook": "demo/work", "step": "make"}') in pushed


def test_it_comes_without_being_asked_for(traced, collector):
    traced.ok("demo/work")
    collector.wait(1)
    collector.wait(1, "/v1/metrics")


def test_headers_are_sent_and_stay_secret(traced, collector):
    traced.write("runbook.yaml", "project: t\n")
    traced.environ["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=" + SECRET.replace(" ", "%20")
    collector.answers = [(400, {}, json.dumps({"message": f"no: {SECRET}"}))] * 2
    traced.ok("demo/work")
    dead = settled(traced)
    assert {m["state"] for m in dead} == {"dead"}
    assert all("400" in m["last_error"] and "hush" not in m["last_error"] for m in dead)
    assert [h["authorization"] for _, h, _ in collector.requests] == [SECRET] * 2
    assert all(h["content-type"] == "application/json" for _, h, _ in collector.requests)
    for file in (traced.root / ".runbook").rglob("*"):
        assert not file.is_file() or b"hush" not in file.read_bytes(), file


def test_the_file_names_a_collector_too(traced, collector):
    del traced.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
    traced.write("runbook.yaml", f"project: t\notlp:\n  endpoint: {collector.url}/in\n  headers: {{x-key: 'env:KEY'}}\n")
    traced.environ["KEY"] = "4711-abcd"
    traced.ok("demo/work")
    assert {m["state"] for m in settled(traced)} == {"delivered"}
    assert {(path, h["x-key"]) for path, h, _ in collector.requests} == {("/in/v1/traces", "4711-abcd"), ("/in/v1/metrics", "4711-abcd")}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_it_is_tried_again_when_that_may_help(traced, collector, status):
    traced.environ["OTEL_METRICS_EXPORTER"] = "none"
    collector.answers = [(status, {}, "")]
    traced.ok("demo/work")
    assert {m["state"] for m in settled(traced)} == {"delivered"}
    first, second = collector.traces()
    assert first.spans == second.spans


def test_what_was_taken_in_part_is_not_sent_again(traced, collector):
    traced.environ["OTEL_METRICS_EXPORTER"] = "none"
    collector.answers = [(200, {}, json.dumps({"partialSuccess": {"rejectedSpans": "1", "errorMessage": "too old"}}))]
    traced.ok("demo/work")
    (message,) = settled(traced)
    assert message["state"] == "dead" and "too old" in message["last_error"]
    assert len(collector.requests) == 1


def test_a_run_does_not_mind_that_nobody_is_there(traced, collector):
    collector.close()
    traced.ok("demo/work")
    traced.run("notify", "flush")
    assert {m["state"] for m in messages(traced)} <= {"queued", "sending"}


def test_what_waited_is_delivered_later(traced, collector):
    traced.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
    for _ in range(3):
        traced.ok("demo/work")
    traced.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    settled(traced)
    assert len(collector.traces()) == 3
    exits = [v for m in collector.metrics() for v in m.get(("runbook_run_exit_code", '{"runbook": "demo/work"}'), [])]
    assert len(exits) == len(set(exits)) == 3


def test_a_trace_that_is_not_sampled_is_not_pushed(traced, collector):
    traced.environ["OTEL_METRICS_EXPORTER"] = "none"
    traced.ok("demo/work", env={"TRACEPARENT": f"00-{PARENT}-00f067aa0ba902b7-00"})
    assert {m["state"] for m in settled(traced)} == {"delivered"}
    assert collector.requests == []


def test_nothing_is_queued_where_nothing_is_wanted(traced):
    traced.ok("demo/work", env={"OTEL_SDK_DISABLED": "true"})
    assert messages(traced) == []


def test_a_killed_run_is_pushed_when_it_has_ended(traced, collector):
    traced.environ["OTEL_METRICS_EXPORTER"] = "none"
    traced.runbook(
        "demo/crash",
        """
        runbook "Crash" {}
        step "First" { run = "true" }
        step "Second" { idempotent = true, run = "test -e again || { touch again; kill -9 $PPID; sleep 60; }" }
        """,
    )
    assert traced.run("demo/crash").exit == -signal.SIGKILL
    assert settled(traced) == []
    run = traced.last_run()["run"]
    traced.ok("resume", run)
    settled(traced)
    (trace,) = collector.traces()
    assert attributes(trace.root)["cicd.pipeline.run.id"] == run
    assert trace.one("First") and trace.one("Second") and len(trace.named("RUN demo/crash")) == 1


def test_a_run_that_is_cancelled_while_it_waits_is_pushed(traced, collector):
    traced.environ["OTEL_METRICS_EXPORTER"] = "none"
    traced.runbook("demo/wait", 'runbook "Wait" {}\nstep "Look" { manual = "Look at it." }')
    assert traced.run("demo/wait").exit == 3
    assert settled(traced) == []
    traced.ok("cancel", traced.last_run()["run"])
    settled(traced)
    (trace,) = collector.traces()
    assert attributes(trace.root)["cicd.pipeline.result"] == "cancellation"
    assert [e["name"] for e in trace.one("Look")["events"]] == ["asked"]


def test_check_knows_an_endpoint_that_is_none(project):
    project.write("runbook.yaml", "project: t\notlp:\n  endpoint: collector:4318\n")
    result = project.run("check", "--json")
    assert result.exit == 2
    (problem,) = result.json["problems"]
    assert problem["message"] == "otlp.endpoint is not the URL of a collector" and "https://" in problem["hint"]
    assert (problem["line"], problem["column"]) == (3, 3)
    project.write("runbook.yaml", "project: t\notlp:\n  endpoint: http://collector:4318\n")
    assert project.ok("check", "--json").json["problems"] == []


def test_settings_that_cannot_be_followed_are_said(traced, collector):
    result = traced.ok("demo/work", env={"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    assert "OTEL_EXPORTER_OTLP_PROTOCOL=grpc" in result.err and "not pushed" in result.err
    assert "not pushed" in traced.ok("demo/work", "-q", env={"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}).err
    assert messages(traced) == []
    result = traced.ok("demo/work", env={"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"})
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in result.err
    assert "telemetry" not in traced.ok("demo/work").err


def test_a_command_that_shows_the_headers_shows_nothing(traced):
    traced.runbook("demo/leak", 'runbook "Leak" {}\nstep "Show" { run = "env | grep OTLP_HEADERS" }')
    traced.environ["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=" + SECRET.replace(" ", "%20")
    traced.ok("demo/leak")
    shown = traced.ok("logs", traced.last_run()["run"], "show").out
    assert "OTLP_HEADERS" in shown and "hush" not in shown


def test_a_run_that_nobody_answers_is_pushed(traced, collector):
    traced.environ["OTEL_METRICS_EXPORTER"] = "none"
    traced.runbook("demo/wait", 'runbook "Wait" {}\nstep "Look" { manual = "Look at it." }')
    assert traced.run("demo/wait").exit == 3
    with sqlite3.connect(traced.root / ".runbook" / "state.db") as db:
        db.execute("UPDATE runs SET expires_ms = started_ms")
    traced.run("notify", "flush")
    settled(traced)
    (trace,) = collector.traces()
    assert attributes(trace.root)["runbook.run.state"] == "cancelled"
