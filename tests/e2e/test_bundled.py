"""The runbooks that ship with the program, on a project as a team has it."""

import subprocess

PYTEST = "/usr/bin/python3 -m pytest -p no:cacheprovider"

MORNING = [
    "Check overall test health",
    "Quick smoke test validation",
    "Check test metrics dashboard",
    "Verify feature flag status",
]
INCIDENT = [
    "Identify failing tests",
    "Run only failing tests for quick diagnosis",
    "Check for environment issues",
    "Check recent code changes",
    "Rollback if necessary",
]


def suite(project, failing):
    project.write("runbook.yaml", f"levels:\n  smoke: {{ command: {PYTEST} -k quick }}\n  unit: {{ command: {PYTEST} }}\n")
    bad = "".join(f"def test_bad_{i}():\n    import os; assert os.path.exists('fixed')\n" for i in range(failing))
    good = "".join(f"def test_good_{i}(): pass\n" for i in range(10 - failing))
    project.write("test_all.py", bad + good + "def test_quick(): pass\n")


def titles(document):
    return [s["title"] for s in document["steps"] if not s["parent"]]


def states(document):
    return [s["state"] for s in document["steps"] if not s["parent"]]


def test_the_morning_check_of_a_healthy_project_is_green_without_any_history(project):
    suite(project, 0)
    document = project.ok("daily/morning-health-check", "--json").json
    assert titles(document) == MORNING
    assert states(document) == ["succeeded"] * 4


def test_the_morning_check_sees_failures_late_smoke_and_wrong_flags(project):
    suite(project, 3)
    project.write(
        "runbook.yaml",
        f"levels:\n  smoke: {{ command: {PYTEST} -k quick, target: 1ms, max: 2ms }}\n  unit: {{ command: {PYTEST} }}\n"
        "flags: { file: flags.env, expect: { NEW_CART: on } }\n",
    )
    project.write("flags.env", "# flags\nexport NEW_CART=off\n")
    result = project.run("daily/morning-health-check", "--json")
    assert result.exit == 1, result
    assert states(result.json) == ["failed"] * 4
    assert result.json["facts"]["flags_wrong"] == ["NEW_CART is off, and should be on"]


def test_an_incident_without_history_runs_the_tests_and_a_person_decides_about_the_rollback(project):
    suite(project, 3)
    result = project.run("incident/test-failures", "--json")
    assert titles(result.json) == INCIDENT
    assert result.exit == 3 and result.json["waiting_for"][0]["kind"] == "manual", result
    project.write("fixed", "")
    project.ok("approve", result.json["run"])
    done = project.run("resume", result.json["run"], "--json")
    assert done.json["facts"]["failing_count"] == 0, done
    assert done.json["state"] == "failed"  # the quick diagnosis did not meet its check


def test_an_incident_with_few_failures_that_pass_again_is_over(project):
    suite(project, 1)
    project.run("tests", "run", "unit")
    project.write("fixed", "")
    document = project.ok("incident/test-failures", "--json").json
    assert states(document) == ["succeeded"] * 4 + ["skipped"]
    assert document["facts"]["fixed_count"] == 1


def test_commits_are_counted_since_the_given_time(project):
    suite(project, 0)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    subprocess.run(["git", "add", "."], cwd=project.root, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Add the cart"], cwd=project.root, check=True)
    document = project.ok("incident/test-failures", "--since", "48h", "--json").json
    assert document["facts"]["commit_count"] == 1
    assert document["facts"]["commits"][0].endswith("t: Add the cart")
    project.runbook("t/changed", 'runbook "C" {}\nstep "S" { run = git.changed {} }\n')
    project.write("new file.txt", "")
    changed = project.ok("t/changed", "--json").json["facts"]
    assert "new file.txt" in changed["changed_files"] and changed["changed_count"] >= 1
    assert len(changed["changed_against"]) == 40
    project.runbook("t/option", 'runbook "O" {}\nstep "S" { run = git.changed { against = "--octopus" } }\n')
    assert "git knows no commit `--octopus`" in project.run("t/option").out


def test_without_a_configuration_the_runbooks_say_what_is_missing(project):
    (project.root / "runbook.yaml").unlink()
    env = {"RUNBOOK_STATE": str(project.home / "state")}
    project.ok("show", "incident/test-failures", env=env)
    result = project.run("daily/morning-health-check", env=env)
    assert result.exit == 1 and "runbook init" in result.out, result


def test_services_whose_names_come_to_one_id_are_each_a_step(project):
    long = "s" * 64
    project.write("runbook.yaml", f"services: {{ a-b: {{ check: 'true' }}, a_b: {{ check: 'true' }}, {long}: {{ check: 'true' }} }}\n")
    ids = [s["id"] for s in project.ok("troubleshoot/environment", "--json").json["steps"]]
    assert ids[-3:] == ["service_a_b", "service_a_b_2", "service_" + "s" * 52]
