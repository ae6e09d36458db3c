"""`runbook schedule` from outside: what is due, what is declared, and what the daemon makes of it."""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess

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


def test_the_start_of_a_preview_is_in_the_zone_of_the_project(project):
    project.write("runbook.yaml", "project: t\ntimezone: Asia/Tokyo\nschedule: {a/b: daily 8:00}\n")
    project.runbook("a/b", 'runbook "B" { }\n' + NOTE)
    preview = project.ok("schedule", "preview", "a/b", "--from", "2026-07-01 08:00", "--json", env={"TZ": "UTC"}).json
    assert preview["due"][0]["at"] == "2026-07-02T08:00:00+09:00" and preview["from"] == "2026-06-30T23:00:00.000Z"


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


def test_overlap_that_the_header_forbids_is_told(project):
    declare(project, more=", overlap: allow")
    checked = project.run("check", "a/b")
    assert checked.exit == 2 and 'overlap = "allow"' in checked.out and "runbook.yaml:4" in checked.out
    assert 'overlap = "allow"' in project.ok("schedule", "list").err
    assert "so it is skipped" in project.ok("schedule", "why", "a/b").out
    project.runbook("a/b", 'runbook "B" { overlap = "allow" }\n' + NOTE)
    project.ok("check", "a/b")
    assert "overlap" not in project.ok("schedule", "list").err


def test_a_list_fits_a_terminal_and_cuts_nothing(project):
    long = "a/" + "/".join(["a-name-that-is-longer"] * 4)
    when = "weekdays at 8:00, 9:15, 10:30, 11:45, 13:00 and 18:30 in America/New_York"
    project.write("runbook.yaml", f"project: t\ntimezone: UTC\nschedule:\n  a/b: daily 8:00\n  a/c: {when}\n  {long}: noon\n")
    for name in ("a/b", "a/c", long):
        project.runbook(name, 'runbook "B" { }\n' + NOTE)
    for word in ("list", "enable"):
        lines = project.ok("schedule", word, "a/b", "a/c", "daily/*", env={"TZ": "UTC"}).out.splitlines()
        assert max(map(len, lines)) <= 80, lines
        assert any(line.strip() == when for line in lines)
        assert any(line.startswith("a/b ") and line.endswith("daily 8:00") for line in lines)
    lines = project.ok("schedule", "list").out.splitlines()
    assert long in lines and lines[lines.index(long) + 1].split() == ["off", "noon"]


def test_a_year_is_told_by_rhythm_and_time_of_day(project):
    project.write(
        "runbook.yaml",
        "project: t\ntimezone: UTC\nschedule: {a/a: daily 18:00, a/b: friday at 7:00, a/c: daily 00:00, a/d: monday at 9:00, a/e: weekdays at 1:00}\n",
    )
    names = [f"a/{letter}" for letter in "abcde"]
    for name in names:
        project.runbook(name, 'runbook "B" { }\n' + NOTE)
    lines = project.ok("schedule", "preview", "--year", *names).out.splitlines()
    assert [line.split()[-1] for line in lines[:5]] == ["a/c", "a/a", "a/e", "a/d", "a/b"], lines


def test_preview_of_a_year(project):
    declare(project, "weekdays at 8:00")
    due = project.ok("schedule", "preview", "a/b", "a/c", "--year", "--from", "2026-01-01T00:00:00Z", "--json").json["due"]
    assert sum(d["runbook"] == "a/c" for d in due) == 12
    assert sum(d["runbook"] == "a/b" for d in due) == 262  # 366 days from a Thursday on
    assert "a/b" in project.ok("schedule", "preview", "--year").out


def notify_socket(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(60)
    return listener


@pytest.mark.parametrize(
    "words, said",
    [
        (("enable", "daily/morning"), "did you mean daily/morning-health-check?"),
        (("why", "daily/failing-test"), "did you mean daily/failing-tests?"),
        (("export", "cron"), "did you mean crontab?"),
        (("export", "github"), "did you mean github-actions?"),
        (("pause", "a/b"), "runbook schedule disable"),
        (("history", "a/b"), "runbook schedule why"),
        (("next", "quarterly"), "1st of january"),
        (("next", "every 30s"), "a minute is the least"),
    ],
)
def test_what_people_try_is_answered(project, words, said):
    result = project.run("schedule", *words)
    assert result.exit == 2 and said in result.err


def test_the_daemon_tells_its_service_manager_and_sees_what_is_enabled(project, tmp_path):
    declare(project)
    listener = notify_socket(tmp_path / "notify")
    daemon = project.start("schedule", "run", env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    try:
        assert b"READY=1" in listener.recv(1000)
        project.ok("schedule", "enable", "a/b")
        wait_for(project.ledger, "the next minute", 180)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=60) == 0
        assert b"STOPPING=1" in listener.recv(1000)
    finally:
        if daemon.poll() is None:
            kill(daemon)
        listener.close()


def next_call(project):
    with sqlite3.connect(project.root / ".runbook" / "state.db") as db:
        return db.execute("SELECT due_ms FROM incidents").fetchone()[0]


def test_the_daemon_mends_what_a_clock_that_was_set_back_left(project):
    """An incident whose next call lies ten years ahead: far from due, so nobody would look."""
    declare(project)
    project.ok("incident", "open", "db-down", "-p", "high")
    soon = next_call(project)
    with sqlite3.connect(project.root / ".runbook" / "state.db") as db:
        db.execute("UPDATE incidents SET due_ms = due_ms + ?", (3650 * 24 * 3600 * 1000,))
    daemon = project.start("schedule", "run")
    try:
        wait_for(lambda: next_call(project) < soon + 30 * 24 * 3600 * 1000, "the next call to be near again", 60)
    finally:
        kill(daemon)


@contextlib.contextmanager
def watching(project, tmp_path, folder):
    """A daemon, and a function that tells how many schedules it has read, each time; `folder` is the user's."""
    log = tmp_path / "log"
    environ = {**project.environ, "XDG_CONFIG_HOME": str(folder)}
    with open(log, "w") as said:
        daemon = subprocess.Popen(
            project.command("schedule", "run"), cwd=project.root, env=environ, stdin=subprocess.DEVNULL, stderr=said
        )
    counted = lambda: [int(n) for n in re.findall(r"(\d+) schedules? (?:declared|read again)", log.read_text())]  # noqa: E731
    try:
        wait_for(counted, "the daemon", 60)
        yield counted
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=60) == 0
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()


OWN = 'runbook "Own" { schedule = "noon" }\n' + NOTE


def test_the_daemon_sees_folders_that_come_later(project, tmp_path):
    """Neither the project's nor the user's folder of runbooks is there when it begins."""
    late = tmp_path / "later" / "config"
    with watching(project, tmp_path, late) as counted:
        (bundled,) = counted()
        for more, folder in enumerate([late / "runbook/runbooks/u", project.root / "runbooks/a", late / "runbook/runbooks/v/w"], 1):
            folder.mkdir(parents=True)
            (folder / "own.lua").write_text(OWN)
            wait_for(lambda: counted()[-1] == bundled + more, f"{folder} to be seen, {counted()}", 60)


def test_the_daemon_sees_a_folder_that_goes_and_comes_again(project, tmp_path):
    """It is empty, so no file goes with it; and the one above goes, too, where the next one is waited for."""
    folder = tmp_path / "config" / "runbook" / "runbooks"
    folder.mkdir(parents=True)
    with watching(project, tmp_path, tmp_path / "config") as counted:
        (bundled,) = counted()
        folder.rmdir()
        folder.parent.rmdir()
        wait_for(lambda: len(counted()) > 1, "the folder to be missed", 60)
        (folder / "u").mkdir(parents=True)
        (folder / "u" / "own.lua").write_text(OWN)
        wait_for(lambda: counted()[-1] == bundled + 1, f"the folder to be seen again, {counted()}", 60)


def export(project, format, *names):
    return project.ok("schedule", "export", format, *names, "--json").json["text"]


@pytest.mark.parametrize("format", ["crontab", "systemd", "kubernetes", "github-actions", "unit"])
def test_export(project, format):
    declare(project, "weekdays at 8:00", ", params: {x: 5}")
    text = export(project, format)
    wanted = {
        "crontab": "0 8 * * 1-5 ",
        "systemd": "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 08:00:00 UTC",
        "kubernetes": 'args: ["run","a/b","--no-input","-q","x=5"]',
        "github-actions": 'cron: "0 8 * * 1-5"',
        "unit": "Type=notify",
    }
    assert wanted[format] in text
    assert os.fspath(project.root) in text or format in ("kubernetes", "github-actions")


HOSTILE = """5% of $HOME: "it's" #1 \\n"""


def declare_all(project):
    """Every shape that an export has to say or to leave out."""
    shapes = {
        "plain": '{at: "0 8 * * *"}',
        "two": '{at: "weekdays at 8:00, 9:00 and 18:30"}',
        "nth": '{at: "first and third monday at 9:00", missed: skip}',
        "either": '{at: "0 0 13 * fri", overlap: queue}',
        "last": '{at: "last day at 23:30", jitter: 5m, timeout: 90s}',
        "never": '{at: "every 5h"}',
        "every": '{at: "*/15 9-17 * mar-oct mon-fri", timezone: America/New_York}',
        "words": "{at: daily 18:00, params: {x: '" + HOSTILE.replace("'", "''") + "'}}",
    }
    lines = "".join(f"  x/{name}: {shape}\n" for name, shape in shapes.items())
    project.write("runbook.yaml", f"project: t\ntimezone: Europe/Berlin\nschedule:\n{lines}")
    for name in shapes:
        project.runbook(f"x/{name}", f'runbook "X" {{ }}\nparam "x" {{ default = "" }}\n{NOTE}')
    return [f"x/{name}" for name in shapes]


def test_crontab_has_a_line_for_each_group_of_hours(project):
    lines = export(project, "crontab", *declare_all(project)).splitlines()
    fields = [line.split(" ", 5)[:5] for line in lines if line[0] in "0123456789*"]
    assert ["0", "8,9", "*", "*", "1-5"] in fields and ["30", "18", "*", "*", "1-5"] in fields
    nth = next(line for line in lines if "x/nth --no" in line)
    assert nth.startswith("0 9 1-7,15-21 * * [ ") and '"$(date +\\%w)" = 1 ]' in nth
    hostile = next(line for line in lines if "x/words --no" in line).split(" ", 5)[5].replace("\\%", "%")
    assert shlex.split(hostile)[-1] == "x=" + HOSTILE
    assert sum("cron cannot say" in line for line in lines) == 2


def units_of(text):
    """name -> what stands below "# name" """
    found, name = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"# (\S+/)?\S+\.(timer|service).*", line):
            name = pathlib.PurePath(line.split()[1].rstrip(";")).name
        elif name:
            found.setdefault(name, []).append(line)
    return {name: "\n".join(lines) + "\n" for name, lines in found.items()}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_its_units(project, tmp_path):
    names = declare_all(project)
    units = {**units_of(export(project, "systemd", *names)), **units_of(export(project, "unit"))}
    assert len(units) == 2 * (len(names) - 1) + 1
    for name, text in units.items():
        (tmp_path / name).write_text(re.sub(r"(?m)^User=.*", "User=root", text))
        for event in re.findall(r"OnCalendar=(.*)", text):
            subprocess.run(["systemd-analyze", "calendar", event], check=True, capture_output=True)
    paths = [os.fspath(tmp_path / name) for name in units]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True)
    told = [line for line in done.stderr.splitlines() if "runbook-" in line and "Cannot" not in line]
    assert not told, done.stderr


def yaml_documents(text):
    yaml = pytest.importorskip("yaml")
    return [d for d in yaml.safe_load_all(text) if d]


def test_kubernetes_objects(project):
    objects = yaml_documents(export(project, "kubernetes", *declare_all(project)))
    by_name = {o["metadata"]["name"]: o for o in objects}
    assert len(by_name) == len(objects) and {"x-two", "x-two-2", "x-either", "x-every"} <= set(by_name)
    assert "x-nth" not in by_name and "x-last" not in by_name and "x-never" not in by_name
    assert by_name["x-every"]["spec"]["timeZone"] == "America/New_York"
    container = by_name["x-words"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"][-1] == "x=" + HOSTILE


def test_kubernetes_takes_every_name(project):
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names, at most 52 of a CronJob."""
    long = "n/" + "long-" * 9
    ids = ["a/b-c", "a-b/c", "a/b_c", "x/two", "x/two-2", long + "name-that-goes-on", long + "name-that-goes-off", "x/ends-"]
    at = {"x/two": "daily 8:00 and 9:30"}
    lines = "".join(f'  {i}: "{at.get(i, "daily 8:00")}"\n' for i in ids)
    project.write("runbook.yaml", f"project: t\ntimezone: UTC\nschedule:\n{lines}")
    for i in ids:
        project.runbook(i, 'runbook "N" { }\n' + NOTE)
    objects = yaml_documents(export(project, "kubernetes", *ids))
    names = [o["metadata"]["name"] for o in objects]
    assert len(set(names)) == len(names) == len(ids) + 1, names
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", n) and len(n) <= 52 for n in names), names
    again = yaml_documents(export(project, "kubernetes", *ids[:3]))
    assert {o["metadata"]["name"] for o in again} <= set(names)  # not by what else is exported
    assert len(units_of(export(project, "systemd", *ids))) == 2 * len(ids)


def test_what_is_paused_is_not_exported_to_run(project):
    declare(project, "daily 8:00", ", paused: true")
    assert yaml_documents(export(project, "kubernetes", "a/b"))[0]["spec"]["suspend"] is True
    assert all(line.endswith("(paused)") for line in project.ok("schedule", "preview", "a/b").out.splitlines())
    assert project.ok("schedule", "preview", "--year", "a/b").out.endswith("(paused)\n")
    for format in ("crontab", "systemd", "github-actions"):
        lines = export(project, format, "a/b").splitlines()
        assert len(lines) == 1 and lines[0].startswith("# a/b: paused"), lines


def test_github_workflows(project):
    workflows = {w["name"]: w for w in yaml_documents(export(project, "github-actions", *declare_all(project)))}
    step = workflows["x/words"]["jobs"]["runbook"]["steps"][-1]["run"]
    assert shlex.split(step)[-1] == "x=" + HOSTILE
    crons = [c["cron"] for c in workflows["x/two"][True]["schedule"]]  # YAML 1.1 reads "on" as true
    assert len(crons) == 2 and all(c.endswith("* * 1-5") for c in crons)


def test_what_cannot_be_exported_is_said(project):
    declare(project, "every 5h")
    assert "# a/b: cron cannot say" in export(project, "crontab", "a/b")
    declare(project, "daily 8:00", ", jitter: 5m, timeout: 90s, overlap: replace")
    for who, left in {
        "crontab": "missed one, overlap replace, jitter 5m 00s, timeout 1m 30s",
        "systemd": "overlap replace",
        "kubernetes": "jitter 5m 00s",
        "github-actions": "missed one, overlap replace, jitter 5m 00s",
    }.items():
        assert f"has nothing like it: {left}\n" in export(project, who, "a/b")
    assert project.run("schedule", "export", "crontabb").exit == 2
