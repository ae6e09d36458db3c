"""`runbook schedule` from outside: what is due, what is declared, and what the daemon makes of it."""

import os
import signal
import socket
import time

import pytest
from conftest import kill, wait_for

NOTE = 'step "Note" { run = "echo done >> ledger" }\n'


def times(project, expression, *options):
    return project.ok("schedule", "next", expression, *options, "--json").json["times"]


@pytest.mark.parametrize(
    "expression, zone, start, expected",
    [
        ("0 8 * * *", "UTC", "2026-11-22T08:00:00Z", ["2026-11-23T08:00:00+00:00", "2026-11-24T08:00:00+00:00"]),
        ("weekdays at 8:00", "Europe/Berlin", "2026-11-20T07:00:00Z", ["2026-11-23T08:00:00+01:00", "2026-11-24T08:00:00+01:00"]),
        ("first monday at 09:00", "UTC", "2026-11-22T00:00:00Z", ["2026-12-07T09:00:00+00:00", "2027-01-04T09:00:00+00:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        ("every 4h", "America/New_York", "2026-11-22T00:00:00Z", ["2026-11-21T20:00:00-05:00", "2026-11-22T00:00:00-05:00"]),
    ],
)
def test_next(project, expression, zone, start, expected):
    assert times(project, expression, "--tz", zone, "--from", start, "--count", "2") == expected


@pytest.mark.parametrize(
    "start, first",
    [
        ("2026-07-01", "2026-07-01T08:00:00+09:00"),
        ("2026-07-01 08:00", "2026-07-02T08:00:00+09:00"),  # --from is exclusive
        ("2026-07-01T07:59:59", "2026-07-01T08:00:00+09:00"),
        ("2026-06-30T23:00:00Z", "2026-07-02T08:00:00+09:00"),
    ],
)
@pytest.mark.parametrize("machine", ["UTC", "America/New_York"])
def test_a_start_without_an_offset_is_in_the_zone_that_is_asked_about(project, start, first, machine):
    words = ["schedule", "next", "0 8 * * *", "--tz", "Asia/Tokyo", "--from", start, "--json"]
    assert project.ok(*words, env={"TZ": machine}).json["times"] == [first]
    words[2:3] = ["0 8 * * * in Asia/Tokyo"]
    del words[3:5]
    assert project.ok(*words, env={"TZ": machine}).json["times"] == [first]


@pytest.mark.parametrize("word", ["24h", "yesterday", "yesterday 18:00", "today 00:00", "now"])
def test_every_way_to_write_a_time(project, word):
    assert len(times(project, "* * * * *", "--tz", "UTC", "--from", word)) == 1
    project.ok("schedule", "preview", "--from", word)
    project.ok("history", "--since", word)
    project.ok("metrics", "query", "x", "--since", word, "--json")


def test_next_needs_no_project(project, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    result = project.ok("schedule", "next", "every 4h", "--tz", "UTC", "--json", cwd=empty)
    assert len(result.json["times"]) == 1 and not list(empty.iterdir())


@pytest.mark.parametrize(
    "words, said",
    [
        (["61 * * * *"], "column 1"),
        (["wekdays at 8:00"], "weekdays"),
        (["0 8 * * *", "--tz", "Europe/Berln"], "Europe/Berlin"),
        (["0 8 * * *", "--tz", "../../etc/passwd"], "time zone"),
        (["0 8 * * *", "--from", "whenever"], "not a time"),
        (["0 8 * * *", "--count", "0"], "--count"),
    ],
)
def test_mistakes_exit_2(project, words, said):
    result = project.run("schedule", "next", *words)
    assert result.exit == 2 and said in result.err


def declare(project, at="* * * * *", more=""):
    project.write("runbook.yaml", f'project: t\ntimezone: UTC\nschedule:\n  a/b: {{at: "{at}"{more}}}\n')
    project.runbook("a/b", 'runbook "B" { schedule = "0 5 * * *" }\n' + NOTE)
    project.runbook("a/c", 'runbook "C" { schedule = "first monday at 9:00" }\n' + NOTE)


def row(project, name):
    return {r["runbook"]: r for r in project.ok("schedule", "list", "--json").json["schedules"]}[name]


def test_off_until_enabled(project):
    declare(project, "weekdays at 8:00")
    assert not row(project, "a/b")["enabled"] and row(project, "a/b")["expression"] == "0 8 * * 1-5"
    assert row(project, "a/c")["written"] == "first monday at 9:00"
    assert project.ok("schedule", "enable", "a/b", "--json").json["schedules"][0]["enabled"]
    assert row(project, "a/b")["enabled"] and not row(project, "a/c")["enabled"]
    project.ok("schedule", "disable", "--all")
    assert not row(project, "a/b")["enabled"]


def test_unknown_names_and_wrong_schedules_are_told(project):
    declare(project, "weekdays at 8:00")
    assert project.run("schedule", "enable", "a/x").exit == 2
    assert project.run("schedule", "enable").exit == 2
    project.write("runbook.yaml", "project: t\nschedule:\n  a/b: 61 * * * *\n  a/c: noon\n")
    result = project.ok("schedule", "list", "--json")
    assert "column 1" in result.err and "a/b" in result.err
    assert {r["runbook"] for r in result.json["schedules"]} >= {"a/c"}


def test_preview_of_a_year(project):
    declare(project, "weekdays at 8:00")
    due = project.ok("schedule", "preview", "a/b", "a/c", "--year", "--from", "2026-01-01T00:00:00Z", "--json").json["due"]
    assert sum(d["runbook"] == "a/c" for d in due) == 12
    assert sum(d["runbook"] == "a/b" for d in due) == 262  # 366 days from a Thursday on
    assert "a/b" in project.ok("schedule", "preview", "--year").out


def test_once_fires_what_is_due_and_only_once(project):
    declare(project)
    project.ok("schedule", "enable", "a/b")
    wait_for(lambda: project.ok("schedule", "once") and project.ledger(), "the next minute", 70)
    assert len(project.ledger()) == 1 or time.time() % 60 < 10
    why = project.ok("schedule", "why", "a/b", "--json").json
    ended = [f for f in why["firings"] if f["state"] == "ended"]
    assert ended and ended[0]["exit"] == 0 and not ended[0]["late"]
    assert project.ok("status", ended[0]["run"], "--json").json["runbook"] == "a/b"


def notify_socket(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(20)
    return listener


def test_the_daemon_tells_its_service_manager_and_sees_what_is_enabled(project, tmp_path):
    declare(project)
    listener = notify_socket(tmp_path / "notify")
    daemon = project.start("schedule", "run", env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    try:
        assert b"READY=1" in listener.recv(1000)
        project.ok("schedule", "enable", "a/b")
        wait_for(project.ledger, "the next minute", 75)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=20) == 0
        assert b"STOPPING=1" in listener.recv(1000)
    finally:
        if daemon.poll() is None:
            kill(daemon)
        listener.close()


def test_a_run_outlives_the_daemon_that_started_it(project):
    declare(project)
    project.runbook("a/b", 'runbook "B" { }\nstep "Slow" { run = "echo begun > begun; sleep 3; echo done >> ledger" }\n')
    project.ok("schedule", "enable", "a/b")
    daemon = project.start("schedule", "run")
    try:
        wait_for((project.root / "begun").exists, "the next minute", 75)
    finally:
        kill(daemon)
    wait_for(project.ledger, "the run to go on", 20)
    ended = wait_for(
        lambda: [f for f in project.ok("schedule", "why", "a/b", "--json").json["firings"] if f["state"] == "ended"],
        "the run to be recorded",
    )
    assert ended[0]["exit"] == 0


@pytest.mark.parametrize("format", ["crontab", "systemd", "kubernetes", "github-actions", "unit"])
def test_export(project, format):
    declare(project, "weekdays at 8:00", ", params: {x: 5}")
    text = project.ok("schedule", "export", format, "--json").json["text"]
    wanted = {
        "crontab": "0 8 * * 1-5 ",
        "systemd": "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 08:00:00 UTC",
        "kubernetes": 'args: ["run","a/b","--no-input","x=5"]',
        "github-actions": 'cron: "0 8 * * 1-5"',
        "unit": "Type=notify",
    }
    assert wanted[format] in text
    assert os.fspath(project.root) in text or format in ("kubernetes", "github-actions")


def test_what_cannot_be_exported_is_said(project):
    declare(project, "every 5h")
    assert "# a/b: cron cannot say" in project.ok("schedule", "export", "crontab", "a/b").out
    assert project.run("schedule", "export", "crontabb").exit == 2
