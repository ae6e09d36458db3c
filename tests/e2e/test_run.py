"""Running, looking and resuming: what an engineer does at 3 a.m."""

from conftest import kill, wait_for

ONE_STEP = 'runbook "One" {}\nstep "Say hello" { run = "echo hello" }\n'

MARKS = """
runbook "Marks" {}
step "First" { run = "echo first >> ledger" }
step "Second" { run = "echo second >> ledger; touch reached; sleep 300" }
step "Third" { run = "echo third >> ledger" }
"""


def states(document):
    return {s["id"]: s["state"] for s in document["steps"]}


def test_a_step_runs_and_is_recorded(project):
    project.runbook("demo/one", ONE_STEP)
    result = project.ok("demo/one")
    assert "ok" in result.out and "Say hello" in result.out and "succeeded" in result.out
    runs = project.ok("history", "--json").json["runs"]
    assert [(r["runbook"], r["state"], r["exit"]) for r in runs] == [("demo/one", "succeeded", 0)]
    assert project.ok("logs", runs[0]["run"], "1").out == "hello\n"


def test_json_is_one_document_and_nothing_else(project):
    project.runbook("demo/one", ONE_STEP)
    document = project.ok("demo/one", "--json").json
    assert document["schema"] == "runbook.run/1"
    assert states(document) == {"say_hello": "succeeded"}
    assert document["exit"] == 0


def test_a_failing_step_stops_the_run_and_shows_what_a_person_needs(project):
    project.runbook(
        "demo/bad",
        'runbook "Bad" {}\nstep "Break" { run = "echo the disk is on fire >&2; exit 7" }\nstep "Never" { run = "touch never" }\n',
    )
    result = project.run("demo/bad")
    assert result.exit == 1
    for wanted in ("FAIL", "the disk is on fire", "exit", "7", "log", "next"):
        assert wanted in result.out, result
    assert not (project.root / "never").exists()


def test_an_unmet_check_with_continue_goes_on_but_ends_failed(project):
    project.runbook(
        "demo/check",
        'runbook "Check" {}\n'
        'step "Measure" { run = "echo load=7", capture = { load = "load=(%d+)" }, check = "load < 5", on_fail = "continue" }\n'
        'step "After" { run = "touch after" }\n',
    )
    result = project.run("demo/check", "--json")
    assert result.exit == 1, result
    assert (project.root / "after").exists()
    check = result.json["steps"][0]["checks"][0]
    assert (check["expr"], check["result"], check["value"]) == ("load < 5", "not-met", 7)


def test_parameters_are_typed_and_bad_ones_refused_before_anything_runs(project):
    project.runbook(
        "demo/param",
        'runbook "P" {}\nparam "since" { default = "24h", type = "duration" }\n'
        'step "Use" { run = "echo $since $since_seconds >> ledger" }\n',
    )
    project.ok("demo/param", "--since", "2h")
    assert project.ledger() == ["2h", "7200"]
    bad = project.run("demo/param", "--since", "2 fortnights")
    assert bad.exit == 2 and "--since" in bad.err, bad
    unknown = project.run("demo/param", "--sinse", "2h")
    assert unknown.exit == 2 and "--since" in unknown.err, unknown
    assert project.ledger() == ["2h", "7200"]


def test_without_a_terminal_a_confirm_waits_and_an_approval_lets_it_go_on(project):
    project.runbook(
        "demo/gate",
        'runbook "Gate" {}\nstep "Drop" { confirm = "Really drop it?", run = "echo dropped >> ledger" }\n',
    )
    result = project.run("demo/gate", "--json")
    assert result.exit == 3, result
    document = result.json
    assert document["state"] == "waiting" and document["waiting_for"][0]["kind"] == "confirm"
    assert project.ledger() == []
    run = document["run"]
    assert project.run("resume", run).exit == 3
    project.ok("approve", run, "--why", "checked with the team")
    project.ok("resume", run)
    assert project.ledger() == ["dropped"]
    approved = project.ok("status", run, "--json").json["steps"][0]["approved"]
    assert approved["by"] == "tester" and approved["why"] == "checked with the team" and approved["at"]


def test_a_rejected_run_ends_failed(project):
    project.runbook(
        "demo/gate", 'runbook "Gate" {}\nstep "Drop" { manual = "Drop the table.", run = "echo dropped >> ledger" }\n'
    )
    run = project.run("demo/gate", "--json").json["run"]
    project.ok("reject", run, "--why", "not today")
    assert project.run("resume", run).exit == 1
    assert project.ledger() == []
    assert project.ok("status", run, "--json").json["state"] == "failed"


def test_an_unknown_fact_asks_and_can_be_answered(project):
    project.runbook(
        "demo/fact",
        'runbook "Fact" {}\nstep "Guarded" { when = "replicas > 1", run = "echo ran >> ledger" }\n',
    )
    result = project.run("demo/fact", "--json")
    assert result.exit == 3 and result.json["waiting_for"][0]["kind"] == "fact", result
    run = result.json["run"]
    project.ok("approve", run, "--answer", "replicas=3")
    project.ok("resume", run)
    assert project.ledger() == ["ran"]


def test_a_killed_run_is_interrupted_its_step_in_doubt_and_nothing_done_is_repeated(project):
    project.runbook("demo/marks", MARKS)
    process = project.start("demo/marks")
    wait_for((project.root / "reached").exists, "the second step")
    kill(process)
    run = project.ok("history", "--json").json["runs"][0]
    assert run["state"] == "interrupted" and run["exit"] is None
    document = project.ok("status", run["run"], "--json").json
    assert states(document) == {"first": "succeeded", "second": "in-doubt", "third": "pending"}
    refused = project.run("resume", run["run"])
    assert refused.exit == 4, refused
    assert project.ledger() == ["first", "second"]
    project.ok("resume", run["run"], "--assume", "done")
    assert project.ledger() == ["first", "second", "third"]


def test_one_instance_at_a_time(project):
    project.runbook("demo/marks", MARKS)
    process = project.start("demo/marks")
    wait_for((project.root / "reached").exists, "the second step")
    second = project.run("demo/marks")
    assert second.exit == 75, second
    run = project.ok("status", "--json").json["runs"][0]["run"]
    project.ok("cancel", run)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert project.ok("status", run, "--json").json["state"] == "cancelled"


def test_terminated_leaves_the_run_to_be_resumed(project):
    project.runbook("demo/marks", MARKS)
    process = project.start("demo/marks")
    wait_for((project.root / "reached").exists, "the second step")
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert project.ok("history", "--json").json["runs"][0]["state"] == "interrupted"


def test_dry_run_does_nothing(project):
    project.runbook("demo/marks", MARKS)
    result = project.ok("demo/marks", "-n")
    assert "First" in result.out and "nothing was done" in result.out
    assert project.ledger() == [] and not (project.root / ".runbook").exists()


def test_list_and_show_work_without_any_configuration(project, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    listed = project.ok("list", "--json", cwd=empty).json["runbooks"]
    assert {"daily/morning-health-check", "incident/test-failures"} <= {r["id"] for r in listed}
    assert all(r["error"] is None for r in listed), listed
    shown = project.ok("show", "incident/test-failures", "--json", cwd=empty).json
    assert shown["title"] == "Test Failures (>5% failure rate)"
    assert [s["title"] for s in shown["steps"]] == [
        "Identify failing tests",
        "Run only failing tests for quick diagnosis",
        "Check for environment issues",
        "Check recent code changes",
        "Rollback if necessary",
    ]
    assert list(empty.iterdir()) == []


def test_a_project_runbook_hides_the_bundled_one(project):
    project.runbook("incident/test-failures", 'runbook "Ours" {}\nstep "X" { run = "true" }\n')
    entries = {r["id"]: r for r in project.ok("list", "--json").json["runbooks"]}
    ours = entries["incident/test-failures"]
    assert ours["title"] == "Ours" and ours["shadows"].endswith("runbooks/incident/test-failures.lua")
