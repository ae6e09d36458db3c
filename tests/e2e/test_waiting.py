"""A run that waits, for scripts: what it says that it waits for, and what becomes of the answers."""

from conftest import wait_for


def waiting(project, *args):
    result = project.run(*args, "--json")
    assert result.exit == 3 and result.json["state"] == "waiting", result
    return result.json


def test_a_resume_that_still_waits_shows_the_run(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { manual = "Pull the plug.", run = "touch ran" }\n')
    run = waiting(project, "demo/a")["run"]
    again = waiting(project, "resume", run)
    assert again["run"] == run and [w["kind"] for w in again["waiting_for"]] == ["manual"]
    assert not (project.root / "ran").exists()


def test_a_resume_with_a_step_in_doubt_shows_the_run(project):
    project.runbook("demo/long", 'runbook "T" {}\nstep "S" { run = "touch reached; exec sleep 60" }\n')
    process = project.start("demo/long")
    wait_for((project.root / "reached").exists, "the step to run")
    process.kill()
    process.communicate(timeout=30)
    result = project.run("resume", project.last_run()["run"], "--json")
    assert result.exit == 4 and "--assume" in result.err, result
    assert result.json["state"] == "interrupted" and result.json["steps"][0]["state"] == "in-doubt"


def test_each_fact_is_held_to_the_check_that_needs_it(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { run = "true", check = { "rate < 5%", "used < 2GB" } }\n')
    document = waiting(project, "demo/a")
    (asked,) = document["waiting_for"]
    assert {name: a["expr"] for name, a in asked["answers"].items()} == {"rate": "rate < 5%", "used": "used < 2GB"}
    assert asked["question"] == 'needed for "rate < 5%", "used < 2GB"'
    result = project.run("approve", document["run"], "--answer", "rate=1s", "--answer", "used=1GB")
    assert result.exit == 2 and "rate < 5%" in result.err, result
    project.ok("approve", document["run"], "--answer", "rate=1%", "--answer", "used=1GB")
    done = project.ok("resume", document["run"], "--json").json
    assert done["facts"] == {"rate": 0.01, "used": 1000000000}


def test_nobody_is_waited_for_in_a_cancelled_run(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { confirm = "Sure?", run = "touch ran" }\n')
    run = waiting(project, "demo/a")["run"]
    cancelled = project.ok("cancel", run, "--json").json
    assert cancelled["state"] == "cancelled" and cancelled["waiting_for"] == []
    assert cancelled["steps"][0]["state"] == "cancelled"
    assert waiting(project, "retry", run, "s")["steps"][0]["state"] == "waiting"


def test_a_question_that_names_the_item_is_put_for_each(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { each = { "web", "db" }, confirm = "Restart $item?", run = "echo $item >> ledger" }\n')
    document = waiting(project, "demo/a")
    assert [(w["step"], w["question"]) for w in document["waiting_for"]] == [
        ("s[1]", "Restart web?"), ("s[2]", "Restart db?")]
    project.ok("approve", document["run"], "s[2]")
    assert [w["step"] for w in waiting(project, "resume", document["run"])["waiting_for"]] == ["s[1]"]
    assert project.ledger() == ["db"]
    project.ok("reject", document["run"], "s[1]")
    result = project.run("resume", document["run"], "--json")
    assert result.exit == 1 and result.json["reason"] == 'step "S": 1 of 2 failed: web', result
    project.runbook("demo/b", 'runbook "T" {}\nstep "S" { each = { "web", "db" }, confirm = "Restart all?", run = "true" }\n')
    assert [w["question"] for w in waiting(project, "demo/b")["waiting_for"]] == ["Restart all?"]


def test_status_says_that_an_answered_run_waits_to_be_resumed(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { confirm = "Sure?", run = "touch ran" }\n')
    run = waiting(project, "demo/a")["run"]
    assert "waits for a person: Sure?" in project.ok("status").out
    project.ok("approve", run)
    said = project.ok("status").out
    assert f"approved, not resumed: runbook resume {run[:12]}" in said and "person" not in said, said
    project.ok("resume", run)
    refused = waiting(project, "demo/a")["run"]
    project.ok("reject", refused)
    assert f"rejected, not resumed: runbook resume {refused[:12]}" in project.ok("status").out
    assert project.run("resume", refused).exit == 1
    assert project.ok("status").out == "nothing runs, nothing waits\n"
