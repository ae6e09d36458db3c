"""The daily, weekly and monthly runbooks that ship with the program, unchanged on a project of each kind after `init`."""

import os
import pathlib
import shutil
import sqlite3
import subprocess

import pytest

CMAKE = "cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\nenable_testing()\nadd_test(NAME good COMMAND true)\n"
KINDS = {
    "pytest": {"test_a.py": "def test_a(): pass\n", "README.md": "[a](test_a.py)\n"},
    "ctest": {"CMakeLists.txt": CMAKE},
    "node": {"package.json": '{"name": "x"}\n', "test/a.test.js": 'require("node:test").test("a", () => {})\n'},
    "bats": {"tests/a.bats": '@test "a" { true; }\n'},
}
RHYTHM = {
    "daily/morning-health-check": ("0 8 * * *", 0),
    "daily/end-of-day-summary": ("0 18 * * *", 0),
    "daily/failing-tests": ("0 */4 * * *", 0),
    "weekly/test-health-assessment": ("monday at 10:00", 0),
    "weekly/flaky-tests": ("wednesday at 10:00", 0),
    "weekly/performance": ("friday at 10:00", 0),
    "monthly/infrastructure-review": ("first monday at 09:00", 0),
    "monthly/documentation-update": ("second monday at 09:00", 3),
    "monthly/capacity-planning": ("third monday at 09:00", 3),
    "dr/recovery-test": ("fourth monday at 09:00", 3),
}
LOGS = "Log rotation and cleanup"
PYTEST = "/usr/bin/python3 -m pytest -p no:cacheprovider"


def step(document, title):
    return next(s for s in document["steps"] if s["title"] == title and not s["parent"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_rhythm_runs_on_a_project_of_each_kind(project, kind):
    if not shutil.which(kind if kind in ("ctest", "node", "bats") else "python3"):
        pytest.skip(f"{kind} is not installed")
    (project.root / "runbook.yaml").unlink()
    for path, text in KINDS[kind].items():
        project.write(path, text)
    project.ok("init")
    for name, (_, status) in RHYTHM.items():
        done = project.run(name, "--json")
        told = [(s["title"], s["state"], s["error"], s["detail"], s["checks"]) for s in done.json["steps"]]
        assert done.exit == status, "\n".join(map(str, [name, *told]))
        waits = [s["title"] for s in done.json["steps"] if s["state"] == "waiting"]
        assert len(waits) == (1 if status == 3 else 0), (name, waits)
        assert {s["state"] for s in done.json["steps"]} <= {"succeeded", "skipped", "waiting", "pending"}, (name, done)
    written = {p.name.split("-2")[0].removesuffix(".md") for p in (project.root / "reports").iterdir()}
    assert written == {"daily", "flaky-tests", "weekly", "test-metrics", "capacity"}


def test_the_rhythm_is_the_handbooks_and_off_until_enabled(project):
    rows = {r["runbook"]: r for r in project.ok("schedule", "list", "--json").json["schedules"]}
    assert set(rows) == set(RHYTHM)
    for name, (expression, _) in RHYTHM.items():
        ask = ("schedule", "next", expression, "--from", "2026-01-01", "--count", "1", "--json")
        own = ("schedule", "next", rows[name]["expression"], "--from", "2026-01-01", "--count", "1", "--json")
        assert project.ok(*ask).json["times"] == project.ok(*own).json["times"], name
    assert not any(r["enabled"] for r in rows.values())


def flaky_suite(project):
    """One case that fails every other time, one that fails until `fixed` is there, one that is slow, one that is not."""
    project.write("runbook.yaml", f"levels:\n  unit: {{ command: {PYTEST} }}\n")
    project.write(
        "test_all.py",
        "import os, time\n"
        "def test_fickle():\n"
        "    n = int(open('n').read()) if os.path.exists('n') else 0\n"
        "    open('n', 'w').write(str(n + 1))\n"
        "    assert n % 2, 'lost | the race'\n"
        "def test_broken(): assert os.path.exists('fixed')\n"
        "def test_slow(): time.sleep(0.3)\n"
        "def test_good(): pass\n",
    )
    for i in range(4):
        project.run("tests", "run", "unit")
        if i == 1:
            project.write("fixed", "")


def test_flaky_tests_are_confirmed_documented_and_handed_to_a_person(project):
    flaky_suite(project)
    done = project.run("weekly/flaky-tests", "--times", "2", "--json")
    assert done.exit == 3, done
    facts = done.json["facts"]
    assert facts["persistent_cases"] == 1 and facts["flaky"] == ["test_all.py::test_fickle"]
    confirmed = [s for s in done.json["steps"] if s["item"]]
    assert [s["state"] for s in confirmed] == ["succeeded"]
    report = (project.root / facts["report"]).read_text()
    assert "test_fickle" in report and "lost \\| the race" in report and "test_broken" not in report
    assert done.json["waiting_for"][0]["kind"] == "manual" and facts["report"] in done.json["waiting_for"][0]["question"]


def test_slow_tests_are_named_and_the_week_is_reported(project):
    flaky_suite(project)
    document = project.ok("weekly/performance", "--json").json
    assert document["facts"]["slowest"][0].endswith("test_slow")
    report = (project.root / document["facts"]["report"]).read_text()
    for heading in ("Service levels", "Test levels", "Failing tests", "Flaky tests", "Slowest tests", "Trends"):
        assert f"## {heading}" in report, report


def test_failing_tests_alert_until_they_pass(project):
    flaky_suite(project)
    (project.root / "fixed").unlink()
    project.run("tests", "run", "unit")
    done = project.run("daily/failing-tests", "--json")
    assert done.exit == 1 and step(done.json, "Alert on failures")["state"] == "failed", done
    project.write("fixed", "")
    project.write("n", "1")
    assert project.ok("daily/failing-tests", "--json").json["facts"]["failing_count"] == 0


def test_the_projects_own_commands_are_run_and_judged(project):
    project.write(
        "runbook.yaml",
        "services: { web: { check: test -e up } }\n"
        "maintenance: { backup: [sh, -c, 'echo saved'], failover: touch up, environment: [sh, -c, 'exit 7'] }\n",
    )
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], cwd=project.root, check=True)
    done = project.run("dr/recovery-test", "--json")
    assert done.exit == 3, done
    assert step(done.json, "Wait until the services are back")["state"] == "succeeded"
    assert step(done.json, "Test environment recreation")["error"] == "`sh -c exit 7`: exit code 7"
    assert done.json["facts"]["bundle_refs"] == 1 and done.json["facts"]["state_runs"] == 1
    project.ok("approve", done.json["run"])
    assert project.run("resume", done.json["run"], "--json").json["state"] == "failed"


def tool(project, name, script):
    """A program of that name, found first."""
    file = project.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {"PATH": f"{project.root}/bin:{os.environ['PATH']}"}


def test_outdated_and_vulnerable_packages_are_listed(project):
    project.write("runbook.yaml", "levels: { unit: { runner: junit, command: python3 x, report: r.xml } }\n")
    project.write("requirements.txt", "old\n")
    project.write("package-lock.json", "{}\n")
    tool(project, "python3", """echo '[{"name": "old", "version": "1.0", "latest_version": "2.0"}]'""")
    tool(project, "pip-audit", """echo '{"dependencies": [{"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1"}]}]}'; exit 1""")
    env = tool(
        project,
        "npm",
        """case $1 in outdated) echo '{"left": {"current": "1", "latest": "2"}}'; exit 1 ;;
           audit) echo '{"vulnerabilities": {"left": {"severity": "high", "range": "<2"}}}'; exit 1 ;; esac""",
    )
    project.runbook("t/outdated", 'runbook "O" {}\nstep "S" { run = dependencies.outdated {} }\n')
    assert project.ok("t/outdated", "--json", env=env).json["facts"]["outdated"] == ["old 1.0 -> 2.0", "left 1 -> 2"]
    done = project.run("monthly/infrastructure-review", "--json", env=env)
    assert done.exit == 1 and step(done.json, "Dependency security audit")["state"] == "failed"
    assert done.json["facts"]["vulnerabilities"] == ["old 1.0: PYSEC-1", "left <2: high"]


def test_a_registry_that_does_not_answer_is_no_data(project):
    project.write("package-lock.json", "{}\n")
    env = tool(project, "npm", """echo '{"error": {"code": "ENOTFOUND", "summary": "no way to the registry"}}'; exit 1""")
    project.runbook("t/audit", 'runbook "A" {}\nstep "S" { run = dependencies.audit {}, check = "vulnerability_count == 0" }\n')
    done = project.ok("t/audit", env=env)
    assert "npm: no data" in done.out and "unknown" in done.out, done


def test_logs_of_runs_that_are_over_are_removed_and_the_run_stays(project):
    project.runbook("t/talk", 'runbook "T" {}\nstep "S" { run = [[ echo talk ]] }\n')
    old = project.ok("t/talk", "--json").json["run"]
    project.runbook("t/wait", 'runbook "W" {}\nstep "A" { run = [[ echo a ]] }\nstep "S" { manual = "do" }\n')
    waiting = project.run("t/wait", "--json").json["run"]
    logs = pathlib.Path(project.root / ".runbook/logs")
    with sqlite3.connect(project.root / ".runbook/state.db") as db:
        db.execute("UPDATE runs SET ended_ms = ended_ms - 31 * 86400000 WHERE ended_ms > 0")
    recent = project.ok("t/talk", "--json").json["run"]
    project.write("runbook.yaml", "logs: { keep: 0s }\nlimits: { memory: { process: 0B } }\n")
    assert step(project.ok("monthly/infrastructure-review", "--json").json, LOGS)["detail"].endswith("all are kept")
    assert step(project.run("monthly/capacity-planning", "--json").json, "Review resource utilization")["checks"] == []
    project.write("runbook.yaml", "project: t\n")
    project.runbook(
        "t/clean",
        'runbook "C" {}\nparam "dry" { default = false }\nstep "S" { run = cleanup.logs { dry_run = "$dry" } }\n',
    )
    assert project.ok("t/clean", "--dry", "--json").json["facts"]["removed_runs"] == 1
    assert (logs / old).is_dir()
    project.write("kept/file", "")
    (logs / old / "link").symlink_to(project.root / "kept")
    (logs / old / "deep" / "folder").mkdir(parents=True)
    project.ok("t/clean", "--json")
    assert not (logs / old).exists() and (logs / waiting).is_dir() and (logs / recent).is_dir()
    assert (project.root / "kept/file").exists()  # links are removed, never followed
    assert project.ok("status", old, "--json").json["state"] == "succeeded"
    assert project.run("logs", old).exit in (0, 1)


def test_the_rhythm_is_enabled_and_seen_in_two_commands(project):
    enabled = project.ok("schedule", "enable", "--all", "--json").json["schedules"]
    assert all(r["enabled"] for r in project.ok("schedule", "list", "--json").json["schedules"]) and enabled is not None
    due = project.ok("schedule", "preview", "--year", "--from", "2026-01-01", "--json").json["due"]
    counts = {name: sum(d["runbook"] == name for d in due) for name in RHYTHM}
    assert counts["daily/failing-tests"] == 6 * 366 and counts["daily/end-of-day-summary"] == 366
    assert counts["weekly/performance"] in (52, 53)
    assert counts["monthly/infrastructure-review"] == counts["dr/recovery-test"] == 12


def test_some_are_enabled_by_a_pattern(project):
    enabled = project.ok("schedule", "enable", "daily/*", "weekly/performance")
    assert "runbook schedule run" in enabled.out
    rows = project.ok("schedule", "list", "--json").json["schedules"]
    assert {r["runbook"] for r in rows if r["enabled"]} == {n for n in RHYTHM if n.startswith("daily/")} | {"weekly/performance"}
    result = project.run("schedule", "enable", "yearly/*")
    assert result.exit == 2 and "no schedule is called like yearly/*" in result.err, result


def year(project, at, **options):
    project.write("runbook.yaml", f"project: t\ntimezone: Europe/Berlin\nschedule: {{ t/x: {{ at: '{at}' }} }}\n")
    project.runbook("t/x", 'runbook "X" {}\nstep "S" { run = [[ true ]] }\n')
    return project.ok("schedule", "preview", "t/x", "--year", "--from", "2026-01-01", **options).out.splitlines()


def test_a_year_in_short_says_what_differs_when_clocks_change(project):
    assert year(project, "30 2 * * *") == [
        "every day       02:30  t/x  (1 day differs, below)",
        "",
        "Sun 2026-03-29  03:00  t/x",
    ]


@pytest.mark.parametrize(
    "at, lines",
    [
        ("weekdays at 8:00 and 18:30", ["weekdays        08:00 18:30  t/x"]),
        ("sunday at 9:00", ["every Sun       09:00  t/x"]),
        ("every 2h", ["every day       00:00 02:00 04:00 06:00 08:00 10:00 and 6 more  t/x"]),
    ],
)
def test_an_even_rhythm_is_one_line_of_a_year(project, at, lines):
    shown = year(project, at)
    assert shown[0].startswith(lines[0]), shown
    assert [line for line in shown[1:] if line] == [] or at == "every 2h", shown


def test_what_has_no_even_rhythm_is_shown_by_day_and_month(project):
    shown = year(project, "first monday at 9:00")
    assert shown[:3] == ["Mon 2026-01-05  09:00  t/x", "", "Mon 2026-02-02  09:00  t/x"]
    assert len([line for line in shown if line]) == 12


def test_a_unit_does_not_fail_because_its_run_waits(project):
    text = project.ok("schedule", "export", "systemd", "monthly/*").out
    assert text.count("SuccessExitStatus=3\n") == text.count("[Service]\n") == 3


def test_flaky_and_slow_tests_are_listed_by_a_command(project):
    assert project.ok("tests", "flaky", "--json").json["cases"] == []
    flaky_suite(project)
    flaky = project.ok("tests", "flaky", "--json").json
    assert flaky["cases_executed"] == 4 and flaky["cases_flaky"] == 1
    assert [(c["name"], c["failed"], c["executed"]) for c in flaky["cases"]] == [("test_fickle", 2, 4)]
    shown = project.ok("tests", "flaky", "unit").out
    assert " 50.0%  failed 2 of 4  test_all.py::test_fickle\n" in shown and "1 of 4 that ran are flaky" in shown, shown
    slowest = project.ok("tests", "slowest", "--count", "1", "--json").json["cases"]
    assert [c["name"] for c in slowest] == ["test_slow"] and slowest[0]["mean"] > 0.25
    assert project.run("tests", "slowest", "--count", "none").exit == 2
    assert project.ok("tests", "slowest", "none").out == "no case with a time ran\n"
