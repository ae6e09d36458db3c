"""What a step's body gets and gives: shell, directory, environment, captures, budgets, limits, doubts."""

import pytest
from conftest import kill, wait_for


def one(project, keys, *args, exit=0):
    project.runbook("demo/b", 'runbook "B" {}\nstep "S" { %s }\n' % keys)
    result = project.run("demo/b", "--json", *args)
    assert result.exit == exit, result
    return result.json["steps"][0], project.ok("logs", result.json["run"]).out.replace("== S\n", "")


def test_a_shell_string_stops_at_the_first_failure_and_at_an_unset_name(project):
    assert one(project, 'run = "false; echo on"', exit=1)[1] == ""
    assert "nowhere" in one(project, 'run = "echo $nowhere; echo on"', exit=1)[1]


def test_bash_with_pipefail(project):
    assert one(project, 'shell = "bash", run = "a=(1 2); echo ${a[1]}"')[1] == "2\n"
    one(project, 'shell = "bash", run = "false | cat"', exit=1)
    one(project, 'run = "false | cat"')


def test_the_directory_is_the_projects_root_unless_said(project, tmp_path):
    (project.root / "sub").mkdir()
    assert one(project, 'run = "pwd"')[1] == f"{project.root}\n"
    assert one(project, 'run = "pwd", cwd = "sub"')[1] == f"{project.root}/sub\n"
    assert project.ok("demo/b", cwd=project.root / "sub").exit == 0
    assert one(project, 'run = "pwd", cwd = "missing"', exit=1)[0]["error"]


def test_the_environment_of_a_step(project):
    assert one(project, 'run = "echo $GREETING $HOME", env = { GREETING = "hi there" }')[1] == f"hi there {project.home}\n"
    document = project.last_run()
    assert one(project, 'run = "echo ${#RUNBOOK_RUN} $RUNBOOK_STEP"')[1] == f"{len(document['run'])} s\n"


def test_standard_input_is_empty(project):
    assert one(project, 'run = "cat; echo done"')[1] == "done\n"


def test_a_missing_program_is_named_before_anything_runs(project):
    project.runbook("demo/b", 'runbook "B" {}\nstep "A" { run = "touch ran" }\nstep "S" { run = { "no-such-program-here" } }\n')
    result = project.run("demo/b")
    assert result.exit == 2 and "no-such-program-here" in result.err and "demo/b.lua:3" in result.err, result
    assert not (project.root / "ran").exists()


def test_captures_become_typed_facts(project):
    project.runbook(
        "demo/c",
        'runbook "C" {}\nstep "Measure" { run = "echo load=7 used=12% free=3GB name=web-1",\n'
        ' capture = { load = "load=(%d+)", used = "used=(%d+%%)", free = "free=(%w+)", name = "name=(%S+)" },\n'
        ' check = { "load < 10", "used < 20%", "free > 1GB", "name == \'web-1\'" } }\n',
    )
    document = project.ok("demo/c", "--json").json
    assert document["facts"] == {"load": 7, "used": 0.12, "free": 3000000000, "name": "web-1"}
    assert [c["result"] for c in document["steps"][0]["checks"]] == ["met"] * 4


def test_an_unmet_check_shows_value_and_threshold(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Measure" { run = "echo used=93%", capture = { used = "used=(%d+%%)" }, check = "used < 80%" }\n')
    result = project.run("demo/c")
    assert result.exit == 1
    line = next(l for l in result.out.splitlines() if "used < 80%" in l and "NOT MET" in l)
    assert line.split()[-1] == "93%" and "1 check not met" in result.out


def test_a_capture_that_does_not_match_leaves_the_fact_unknown(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Measure" { run = "echo nothing", capture = { load = "load=(%d+)" }, check = "load < 10" }\n')
    assert project.run("demo/c", "--json").exit in (1, 3)


def test_a_budget_is_a_warning_not_a_failure(project):
    project.runbook("demo/b", 'runbook "B" {}\nstep "S" { run = "sleep 0.05", budget = "10ms" }\n')
    result = project.ok("demo/b")
    assert "budget" in result.out, result


def test_the_output_is_bounded_and_says_how_much_is_missing(project):
    step, log = one(project, 'run = "head -c 3000000 /dev/zero | tr \'\\\\0\' x | fold -w 99; echo; echo the end", limits = { output = "64KB" }')
    assert step["state"] == "succeeded" and log.endswith("the end\n")
    assert len(log) < 200000 and "bytes" in log


def test_a_step_that_eats_memory_is_ended(project):
    step, _ = one(project, 'run = [[python3 -c "x = bytearray(400 << 20); import time; time.sleep(60)"]], limits = { memory = "100MB" }', exit=1)
    assert "memory" in step["error"], step


def test_what_a_command_cost_is_recorded(project):
    step, _ = one(project, 'run = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done"')
    assert step["exit_code"] == 0 and step["cpu_ms"] >= 1 and step["max_rss_kb"] > 100 and step["duration_ms"] >= 1


def test_a_signal_is_named(project):
    step, _ = one(project, 'run = "kill -SEGV $$"', exit=1)
    assert step["signal"] == 11 and "Segmentation fault" in step["error"], step


DOUBT = """
runbook "D" {}
step "S" { %s, run = "echo x >> ledger; touch reached; test -e go || exec sleep 60" }
"""


@pytest.mark.parametrize(
    "keys, times",
    [("idempotent = true", 2), ('verify = "test -e ledger"', 1), ('verify = "test -e elsewhere"', 2)],
)
def test_a_step_in_doubt_decides_for_itself_when_it_can(project, keys, times):
    project.runbook("demo/d", DOUBT % keys)
    process = project.start("demo/d")
    wait_for((project.root / "reached").exists, "the step")
    kill(process)
    project.write("go", "")
    project.ok("resume", project.last_run()["run"])
    assert project.ledger() == ["x"] * times


def test_an_approval_may_wait_days_but_not_for_ever(project):
    project.write("runbook.yaml", "waiting_expires: 1ms\n")
    project.runbook("demo/w", 'runbook "W" {}\nstep "S" { manual = "Look." }\n')
    run = project.run("demo/w", "--json").json["run"]
    wait_for(lambda: project.ok("status", run, "--json").json["state"] == "cancelled", "the end of patience")
    assert project.run("approve", run).exit == 2
