"""Messages: sent by hand, by rules, through an outage, silenced; and that a run waits for none of it."""

import contextlib
import http.server
import json
import pathlib
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest
from conftest import PROGRAM, kill, wait_for
from stubs.smtp import free_port


class Hook:
    """A receiver on loopback that keeps what it is sent, and answers as it is told."""

    def __init__(self):
        self.got = []
        self.answers = []  # statuses of the next answers; then 200
        self.hold = threading.Event()
        self.hold.set()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.hold.wait(300)
                status = hook.answers.pop(0) if hook.answers else 200
                hook.got.append((self.headers["Idempotency-Key"], status, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.handler = Handler
        self.server = None
        self.port = free_port()

    def up(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def down(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def accepted(self):
        return [body for _, status, body in self.got if status == 200]

    def events(self):
        return [e for body in self.accepted() for e in body["events"]]

    def wait(self, enough, seconds=60):
        wait_for(enough, f"what is not in {self.got}", seconds)


@pytest.fixture
def hook():
    made = Hook().up()
    yield made
    made.hold.set()
    made.down()


def configure(project, hook, notify=""):
    project.write(
        "runbook.yaml",
        "project: t\nchannels:\n"
        f'  hook: {{ type: webhook, url: "http://127.0.0.1:{hook.port}/x", secret: "env:HOOK_SECRET" }}\n'
        f"  out: {{ type: file, path: out.txt }}\n{notify}",
    )
    project.environ["HOOK_SECRET"] = "canary-of-the-hook"


def outbox(project):
    return project.ok("notify", "list", "--json").json["messages"]


def test_a_message_is_sent_and_recorded(project, hook):
    configure(project, hook)
    sent = project.ok("notify", "send", "hook", "--subject", "Hello", "-p", "high", "two\nlines", "--json").json
    assert sent["state"] == "delivered"
    (event,) = hook.events()
    assert (event["event"], event["title"], event["text"], event["priority"]) == ("message", "Hello", "two\nlines", "high")
    (row,) = outbox(project)
    assert (row["state"], row["channel"], row["attempts"], row["last_error"]) == ("delivered", "hook", 1, None)
    assert row["key"] == hook.got[0][0] == sent["key"]


def test_what_cannot_be_delivered_is_a_warning_and_goes_later(project, hook):
    configure(project, hook)
    hook.down()
    done = project.ok("notify", "send", "hook", "--subject", "S", "text")
    assert "NOT delivered" in done.err and "queued" in done.err and done.out == ""
    (row,) = outbox(project)
    assert row["state"] in ("queued", "sending") and row["attempts"] >= 1
    trial = project.ok("notify", "test", "hook")
    assert "NOT delivered" in trial.err and trial.out == ""
    hook.up()
    project.ok("notify", "flush")
    assert {row["state"] for row in outbox(project)} == {"delivered"}
    assert len({key for key, _, _ in hook.got}) == 2


def test_a_message_that_is_refused_dies_and_is_revived(project, hook):
    configure(project, hook)
    hook.answers = [400, 400]
    trial = project.run("notify", "test", "hook")
    assert trial.exit == 1 and "NOT delivered" in trial.err and trial.out == ""
    project.ok("notify", "drop", "--all")
    done = project.run("notify", "send", "hook", "text")
    assert done.exit == 1 and "notify retry" in done.err
    (row,) = outbox(project)
    assert row["state"] == "dead" and row["last_error"]
    assert project.ok("notify", "retry", str(row["id"]), "--json").json["count"] == 1
    project.ok("notify", "flush")
    assert outbox(project)[0]["state"] == "delivered"
    assert project.ok("notify", "drop", "--all", "--json").json["count"] == 1
    assert outbox(project) == []


def test_mistakes_are_refused_before_anything_is_queued(project, hook):
    configure(project, hook)
    for args, words in [
        (("send", "hok", "text"), "did you mean"),
        (("send", "hook", "text", "-p", "urgent"), "critical, high"),
        (("send", "hook", " "), "empty"),
        (("test", "nowhere"), "no channel"),
        (("explain", "run.faild"), "run.failed"),
        (("silence", "x"), "--for"),
        (("drop",), "--all"),
        (("list", "--status", "lost"), "queued"),
        (("retry", "77"), "notify list"),
        (("unsilence", "7"), "no silence"),
    ]:
        done = project.run("notify", *args)
        assert done.exit == 2 and words in done.err, (args, done)
    assert outbox(project) == []


FAILING = """runbook "X" { priority = "high", escalate = { when = "rate > 1%", to = "boss" } }
step "Measure" { run = "echo rate 5%; echo; echo last line", capture = { rate = "rate (%S+)" }, check = "rate < 2%" }
"""


def test_a_run_that_fails_and_recovers_is_told_with_its_facts(project, hook):
    configure(project, hook, "notify: { rules: [{ on: [run.*, check.failed], to: hook }] }\n")
    project.runbook("d/x", FAILING)
    assert project.run("run", "d/x").exit == 1
    hook.wait(lambda: {e["event"] for e in hook.events()} >= {"run.failed", "check.failed", "run.escalated"})
    told = {e["event"]: e for e in hook.events()}
    failed = told["run.failed"]
    assert failed["key"] == "run:d/x" and failed["priority"] == "high" and failed["step"] == "Measure"
    assert failed["checks"] == [{"expr": "rate < 2%", "value": "5%", "threshold": "2%", "result": "not-met"}]
    assert failed["output"].endswith("last line")
    short = project.ok("history", "--json").json["runs"][0]["run"]
    assert short.startswith(failed["run_short"]) and failed["run"] == short
    assert failed["next"] == [f"runbook logs {failed['run_short']} measure", f"runbook retry {failed['run_short']} measure"]
    assert told["run.escalated"]["to"] == "boss"
    project.runbook("d/x", FAILING.replace("echo rate 5%", "echo rate 0%"))
    project.ok("run", "d/x")
    hook.wait(lambda: any(e["event"] == "run.recovered" for e in hook.events()))
    hook.wait(lambda: any(e["event"] == "check.failed" and e["status"] == "resolved" for e in hook.events()))
    project.ok("run", "d/x")
    project.ok("notify", "flush")
    assert not [m for m in outbox(project) if m["state"] != "delivered"]


def test_a_run_that_waits_says_how_to_approve(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.waiting, to: hook }] }\n")
    project.runbook("d/w", 'runbook "W" {}\nstep "Sure" { confirm = "Really?", run = "true" }\n')
    assert project.run("run", "d/w", "--no-input").exit == 3
    hook.wait(lambda: hook.events())
    (event,) = hook.events()
    assert event["text"] == "Really?" and event["next"][0] == f"runbook approve {event['run_short']}"


def test_a_run_does_not_wait_for_a_channel_that_hangs(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.failed, to: hook }] }\n")
    project.runbook("d/f", 'runbook "F" {}\nstep "No" { run = "false" }\n')
    hook.hold.clear()
    done = project.run("run", "d/f")  # its streams close although somebody still delivers
    assert done.exit == 1 and hook.got == []
    hook.hold.set()
    hook.wait(lambda: hook.events())


def test_without_rules_nothing_is_sent(project, hook):
    configure(project, hook)
    project.runbook("d/f", 'runbook "F" {}\nstep "No" { run = "false" }\n')
    assert project.run("run", "d/f").exit == 1
    assert outbox(project) == []
    assert "no rules" in project.ok("notify", "explain", "run.failed").out


def test_each_attempt_is_told_to_those_who_ask(project, hook):
    configure(
        project,
        hook,
        "notify: { rules: [{ on: step.attempt-failed, final: false, to: hook }, { on: step.failed, to: hook }] }\n",
    )
    project.runbook("d/r", 'runbook "R" {}\nstep "No" { run = "false", retry = { times = 2, delay = "1ms" } }\n')
    assert project.run("run", "d/r").exit == 1
    hook.wait(lambda: len(hook.events()) == 3)
    assert sorted((e["event"], e["attempt"]) for e in hook.events()) == [
        ("step.attempt-failed", 1),
        ("step.attempt-failed", 2),
        ("step.failed", 3),
    ]


def test_only_what_is_named_is_dropped(project, hook):
    configure(project, hook)
    for text in ("one", "two", "three"):
        project.ok("notify", "send", "out", text)
    keys = [m["key"] for m in outbox(project)]
    shared = next(n for n in range(26, 0, -1) if keys[0][:n] == keys[1][:n])
    for name in ("", "0", keys[0][:7], keys[0][: max(shared, 8)] if shared >= 8 else "0"):
        assert project.run("notify", "drop", name).exit == 2, name
    assert len(outbox(project)) == 3
    project.ok("notify", "drop", "1", keys[0])
    assert [m["key"] for m in outbox(project)] == [keys[1]]


def test_explain_knows_events_as_they_are_published(project, hook):
    configure(project, hook, "notify: { rules: [{ on: [step.*, budget.*, incident.*], to: hook, final: false }] }\n")

    def asked(*args):
        event = project.ok("notify", "explain", *args, "runbook=d/x", "--json").json["event"]
        return event["key"], event["status"]

    assert asked("step.failed", "step=measure") == ("step:d/x/measure", "firing")
    assert asked("step.attempt-failed", "step=measure") == ("step:d/x/measure", "info")
    assert asked("check.failed", "step=measure", "expr=rate < 2%") == ("check:d/x/measure/rate < 2%", "firing")
    assert asked("budget.exceeded") == ("budget:d/x", "info")
    assert asked("incident.escalated") == ("incident:d/x", "firing")
    assert asked("run.recovered") == ("run:d/x", "resolved")


def test_explain_says_what_it_assumed(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.failed, priority: '>= high', to: hook }] }\n")
    project.runbook("d/urgent", 'runbook "Urgent" { priority = "high" }\nstep "S" { run = function() end }\n')
    silent = project.ok("notify", "explain", "run.failed")
    assert "medium is not >= high" in silent.out and "assumed   priority medium" in silent.out
    of_runbook = project.ok("notify", "explain", "run.failed", "runbook=d/urgent").out
    assert "message   to hook" in of_runbook and "priority high, that of the runbook" in of_runbook
    assert "did you mean d/urgent?" in project.ok("notify", "explain", "run.failed", "runbook=d/urgen").out
    for said in (("priority=critical",), ("-p", "critical")):
        told = project.ok("notify", "explain", "run.failed", *said)
        assert "message   to hook" in told.out and "assumed" not in told.out
    event = project.ok("notify", "explain", "run.failed", "runbook=42", "attempt=2", "--json").json["event"]
    assert (event["runbook"], event["attempt"]) == ("42", 2)


@pytest.mark.parametrize("word, mend", [
    ("priorty=high", "did you mean priority?"), ("priority=hihg", "did you mean high?"), ("status=over", "firing resolved info"),
    ("attempt=x", "is no number"), ("channels=hook", "no member of an event"),
])
def test_explain_and_preview_refuse_what_no_event_has(project, hook, word, mend):
    configure(project, hook)
    for asked in (("explain",), ("preview", "hook")):
        result = project.run("notify", *asked, "run.failed", word)
        assert result.exit == 2 and mend in result.err, result


def test_a_silence_is_kept_and_shown(project, hook):
    configure(project, hook, "notify: { rules: [{ to: hook }] }\n")
    (made,) = project.ok("notify", "silence", "d/*", "--for", "2h", "--why", "known", "--json").json["silences"]
    assert (made["pattern"], made["by"], made["why"]) == ("d/*", "tester", "known")
    assert "known" in project.ok("notify", "silences").out
    explained = project.ok("notify", "explain", "run.failed", "runbook=d/x", "--json").json
    assert explained["messages"] == [] and "silence 1" in explained["rules"][0]["why"]
    project.ok("notify", "unsilence", "d/*")
    assert project.ok("notify", "silences", "--json").json["silences"] == []
    explained = project.ok("notify", "explain", "run.failed", "runbook=d/x", "--json").json
    assert [m["channel"] for m in explained["messages"]] == ["hook"]


def test_a_silence_of_nothing_that_there_is_warns(project, hook):
    configure(project, hook)
    project.runbook("d/nightly", 'runbook "N" {}\nstep "S" { run = function() end }\n')
    for right in ("d/nightly", "d/*", "*", "run.*", "check.failed", "incident:not-yet"):
        assert project.ok("notify", "silence", right, "--for", "1h").err == ""
    assert "did you mean d/nightly?" in project.ok("notify", "silence", "d/nightl", "--for", "1h").err


def test_a_preview_sends_nothing(project, hook):
    configure(project, hook)
    assert "failure_rate" in project.ok("notify", "preview", "hook").out
    document = project.ok("notify", "preview", "hook", "run.recovered", "runbook=d/x", "--json").json
    assert "run.recovered" in document["text"]
    assert hook.got == [] and "canary" not in document["text"]


def test_secrets_stand_nowhere(project, hook):
    configure(project, hook, "notify: { rules: [{ to: [hook, out] }] }\n")
    hook.answers = [500]
    project.runbook("d/f", 'runbook "F" {}\nstep "No" { run = "echo $HOOK_SECRET; false", secret = { "HOOK_SECRET" } }\n')
    project.write("runbook.yaml", (project.root / "runbook.yaml").read_text() + "secrets: { HOOK_SECRET: { env: HOOK_SECRET } }\n")
    assert project.run("run", "d/f").exit == 1
    hook.wait(lambda: hook.events())
    project.ok("notify", "flush")
    everything = b"".join(p.read_bytes() for p in (project.root / ".runbook").rglob("*") if p.is_file())
    everything += (project.root / "out.txt").read_bytes() + json.dumps(hook.got).encode()
    assert b"canary-of-the-hook" not in everything


def test_another_state_folder_is_kept_to_by_who_delivers_beside_a_run(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.failed, to: hook }] }\n")
    project.runbook("d/f", 'runbook "F" {}\nstep "No" { run = "false" }\n')
    assert project.run("--state", str(project.root / "else"), "run", "d/f").exit == 1
    hook.wait(lambda: hook.events())
    assert not (project.root / ".runbook").exists()


def test_an_outage_leaves_two_messages_for_one_matter(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.failed, to: hook }], backoff: { base: 1h, max: 1h } }\n")
    project.runbook("d/f", 'runbook "F" {}\nstep "No" { run = "false" }\n')
    hook.down()
    assert project.run("run", "d/f").exit == 1
    wait_for(lambda: outbox(project)[0]["attempts"], "the first attempt")
    for _ in range(5):
        assert project.run("run", "d/f").exit == 1
    rows = outbox(project)
    assert len(rows) == 2 and rows[0]["events"] == 5
    hook.up()
    project.ok("notify", "flush")
    assert [len(body["events"]) for body in hook.accepted()] == [1, 5]


def deliveries(project):
    """The processes that deliver the messages of this project, beside its commands."""
    found, root = [], str(project.root).encode()
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"--due" in words and any(word.startswith(root) for word in words):
                found.append(int(entry.name))
    return found


def test_one_process_waits_for_a_receiver_that_is_down(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.failed, to: hook }], backoff: { base: 10s, max: 10s } }\n")
    hook.down()
    for i in range(4):
        project.runbook(f"d/f{i}", 'runbook "F" {}\nstep "No" { run = "false" }\n')
        assert project.run("run", f"d/f{i}").exit == 1
        wait_for(lambda: outbox(project)[0]["attempts"], "the first attempt")
    wait_for(lambda: len(deliveries(project)) == 1, "all but one to leave")
    hook.up()
    project.ok("notify", "flush")
    assert len(hook.accepted()) == 4


def test_what_a_killed_run_recorded_is_told_by_the_next_command(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.failed, to: hook }] }\n")
    project.ok("notify", "list")
    project.ok("notify", "drop", "--all")
    event = {"event": "run.failed", "status": "firing", "key": "run:d/f", "title": "d/f failed", "priority": "high"}
    lost = {"event": "message", "key": "k", "title": "Old", "channels": ["gone"]}
    with contextlib.closing(sqlite3.connect(project.root / ".runbook" / "state.db")) as db, db:
        for e in (lost, event):
            db.execute("INSERT INTO notify_events(at_ms, event) VALUES(?, ?)", (int(time.time() * 1000), json.dumps(e)))
    listed = project.ok("notify", "list", "--json")
    assert [m["subject"] for m in listed.json["messages"]] == ["d/f failed"]
    assert "gone" in listed.err and "Old" in listed.err
    hook.wait(lambda: hook.events())


@pytest.mark.parametrize("next_command", [("notify", "list"), ("resume",)])
def test_a_run_that_was_killed_is_told_once_by_the_next_command(project, hook, next_command):
    configure(project, hook, "notify: { rules: [{ on: run.interrupted, to: out }] }\n")
    project.runbook("d/k", 'runbook "K" { priority = "high" }\nstep "Wait" { idempotent = true, run = "touch begun; test -e go || sleep 600" }\n')
    run = project.start("run", "d/k")
    wait_for((project.root / "begun").exists, "the step", 60)
    kill(run)
    project.write("go", "")
    project.ok(*next_command, *([project.last_run()["run"]] if next_command == ("resume",) else []))
    project.ok("notify", "flush")
    project.ok("notify", "flush")
    told = [json.loads(line) for line in (project.root / "out.txt").read_text().splitlines()]
    event, *over = [event for one in told for event in one["events"]]
    assert [e["event"] for e in over] == (["run.recovered"] if next_command == ("resume",) else [])
    assert (event["event"], event["priority"], event["runbook"]) == ("run.interrupted", "high", "d/k")
    assert "killed" in event["text"] and any("runbook resume" in line for line in event["next"])
    project.run("resume", told[0]["events"][0]["run"])  # ends what the dead run left behind


def test_a_killed_run_of_a_runbook_that_cannot_be_loaded_any_more_is_told(project, hook):
    configure(project, hook, "notify: { rules: [{ on: run.interrupted, to: out }] }\n")
    project.runbook("d/k", 'runbook "K" { priority = "high" }\nstep "Wait" { run = "touch begun; exec sleep 600" }\n')
    run = project.start("run", "d/k")
    wait_for((project.root / "begun").exists, "the step", 60)
    kill(run)
    project.runbook("d/k", '(("a"):rep(60)):find(("a*"):rep(30) .. "b")\n')  # never ends
    project.ok("notify", "flush")
    (event,) = json.loads((project.root / "out.txt").read_text())["events"]
    assert (event["event"], event["priority"]) == ("run.interrupted", "high")


def test_check_and_doctor_look_at_channels_and_rules(project, hook):
    configure(project, hook)
    assert project.ok("check", "--json").json["problems"] == []
    assert "1 rule" not in project.ok("doctor").out and "without notify.rules" in project.ok("doctor").out
    configure(project, hook, 'notify: { maintenance: [{ at: "sundays at 25:00", for: 1h }], quiet: { from: "22:00", to: "07:00", timezone: Mars/Base } }\n')
    assert "Mars/Base" in project.run("check").out
    project.write("runbook.yaml", "project: t\nchannels: { hook: { type: webhook, ulr: x }, odd: { type: telegraph } }\n")
    problems = project.run("check", "--json").json["problems"]
    assert [p["severity"] for p in problems] == ["error", "error"] and "ulr" in problems[0]["message"]
    assert project.run("doctor").exit == 1


def test_the_scheduler_delivers_what_was_left(project, hook):
    configure(project, hook, "notify: { backoff: { base: 1h, max: 1h } }\n")
    hook.down()
    project.ok("notify", "send", "hook", "text")  # no command comes for an hour
    hook.up()
    with contextlib.closing(sqlite3.connect(project.root / ".runbook" / "state.db")) as db, db:
        db.execute("UPDATE notify_outbox SET due_ms = ?", (int(time.time() * 1000) + 1000,))
    daemon = project.start("schedule", "run")
    try:
        hook.wait(lambda: hook.events(), 60)
    finally:
        daemon.terminate()
        daemon.wait(60)
        daemon.stdout.close()
        daemon.stderr.close()


def test_without_the_module_the_reason_is_one_sentence(project, tmp_path):
    broken = tmp_path / "moved" / "lib" / "runbook" / "librunbook-net.so"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"")
    program = tmp_path / "moved" / "bin" / "runbook"
    program.parent.mkdir()
    shutil.copy(PROGRAM, program)
    project.write("runbook.yaml", 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/", secret: "env:KEY"}}\n')
    argv = [str(program), *project.command("notify", "send", "hook", "text")[1:]]
    subprocess.run(argv, cwd=project.root, env={**project.environ, "KEY": "canary"}, timeout=60, check=False)
    (message,) = project.ok("notify", "list", "--json").json["messages"]
    assert message["last_error"].startswith("nothing can be sent: ")
    assert "  " not in message["last_error"] and "install it" not in message["last_error"]


def test_a_run_that_was_due_and_not_begun_is_told_once(project, hook):
    far = (time.gmtime().tm_hour + 12) % 24  # what is due now would not be missed
    project.runbook("nightly/job", f'runbook "Job" {{ schedule = "0 {far} * * *" }}\nstep "S" {{ run = "true" }}\n')
    configure(
        project,
        hook,
        "timezone: UTC\nschedule: { nightly/job: { missed: skip } }\nnotify: { rules: [{ on: schedule.skipped, to: hook }] }\n",
    )
    project.ok("schedule", "enable", "nightly/job")
    with contextlib.closing(sqlite3.connect(project.root / ".runbook" / "state.db")) as db, db:
        db.execute("UPDATE schedules SET mark_ms = mark_ms - 3 * 86400000")
    project.ok("schedule", "once")
    project.ok("notify", "flush")
    project.ok("notify", "flush")
    (event,) = hook.events()
    assert event["event"] == "schedule.skipped" and event["key"] == "schedule:nightly/job"
    assert "was not begun" in event["title"] and "missed" in event["text"]
    assert event["next"] == ["runbook schedule why nightly/job", "runbook nightly/job"]


def test_the_length_of_the_outbox_is_measured(project, hook):
    configure(project, hook)
    hook.down()
    project.ok("notify", "send", "hook", "text")
    project.ok("notify", "flush")
    hook.up()
    project.ok("notify", "flush")
    series = project.ok("metrics", "query", "runbook_queue_size", "queue=notify", "--since", "1h", "--json").json["series"]
    values = [value for _, value in series[0]["points"]]
    assert 1 in values and 0 in values[values.index(1) :], values
