"""Parameters of every type: what is taken, what arrives, what is refused before anything runs."""

import pytest

FILE = """
runbook "P" {}
param "p" { %s }
step "Use" { run = [[printf '%%s|%%s|%%s|%%s\\n' "$p" "${p_seconds-}" "${p_bytes-}" "${p_ratio-}" >> ledger]] }
"""


def runbook(project, keys):
    project.runbook("demo/p", FILE % keys)


@pytest.mark.parametrize(
    "keys, given, seen, value",
    [
        ('default = "a"', "b c'd\"$x", "b c'd\"$x|||", "b c'd\"$x"),
        ('type = "integer", default = 1', "-42", "-42|||", -42),
        ('type = "number", default = 1', "1.5", "1.5|||", 1.5),
        ('type = "boolean", default = false', "true", "true|||", True),
        ('type = "duration", default = "1s"', "90m", "90m|5400||", 5400),
        ('type = "duration", default = "1s"', "1h30m", "1h30m|5400||", 5400),
        ('type = "size", default = "1B"', "2GB", "2GB||2000000000|", 2000000000),
        ('type = "size", default = "1B"', "1MiB", "1MiB||1048576|", 1048576),
        ('type = "percent", default = "1%"', "5%", "5%|||0.05", 0.05),
        ('choices = { "red", "green" }, default = "red"', "green", "green|||", "green"),
        ('type = "path", default = "x"', "a b/c", "a b/c|||", "a b/c"),
        ('type = "list", default = { "x" }', "a,b", "a\nb|||", ["a", "b"]),
    ],
)
def test_a_value_arrives_as_it_was_written_and_in_base_units(project, keys, given, seen, value):
    runbook(project, keys)
    document = project.ok("demo/p", "--p", given, "--json").json
    assert document["params"]["p"] == value
    assert (project.root / "ledger").read_text() == seen + "\n"


@pytest.mark.parametrize(
    "keys, given, said",
    [
        ('type = "integer", default = 1', "1.5", "whole number"),
        ('type = "integer", default = 1', "99999999999999999999", "whole number"),
        ('type = "number", default = 1', "many", "number"),
        ('type = "boolean", default = false', "perhaps", "true or false"),
        ('type = "duration", default = "1s"', "10", "duration"),
        ('type = "duration", default = "1s"', "2 fortnights", "duration"),
        ('type = "size", default = "1B"', "2 buckets", "size"),
        ('type = "percent", default = "1%"', "much", "percent"),
        ('choices = { "red", "green" }, default = "red"', "gren", "did you mean green?"),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_run(project, keys, given, said):
    runbook(project, keys)
    result = project.run("demo/p", f"--p={given}")
    assert result.exit == 2 and "--p" in result.err and said in result.err, result
    assert project.ledger() == [] and not (project.root / ".runbook").exists()


def test_ways_of_writing(project):
    project.runbook("demo/p", 'runbook "P" {}\nparam "fail_fast" { default = false }\nparam "log_level" { default = "info" }\n'
                    'step "Use" { run = "echo $fail_fast $log_level >> ledger" }\n')
    for args, seen in (
        ([], "false info"),
        (["--fail-fast"], "true info"),
        (["--fail_fast", "--log-level", "debug"], "true debug"),
        (["fail-fast=true", "log_level=debug"], "true debug"),
        (["--fail-fast", "false", "--log-level=warn"], "false warn"),
        (["--fail-fast", "no"], "false info"),
        (["--fail-fast", "log-level=warn"], "true warn"),
    ):
        (project.root / "ledger").unlink(missing_ok=True)
        project.ok("demo/p", *args)
        assert " ".join(project.ledger()) == seen, args


def test_a_required_one_is_missed_by_name(project):
    runbook(project, "required = true")
    result = project.run("demo/p")
    assert result.exit == 2 and "--p" in result.err, result


def test_a_bad_default_is_an_error_of_the_file(project):
    runbook(project, 'type = "duration", default = "soon"')
    result = project.run("demo/p")
    assert result.exit == 2 and "demo/p.lua:3" in result.err and "soon" in result.err, result


def test_nothing_is_split_or_interpreted_on_its_way_into_argv(project):
    project.runbook("demo/p", 'runbook "P" {}\nparam "p" { default = "" }\nstep "Use" { run = { "touch", "$p" } }\n')
    project.ok("demo/p", "--p", "two words; touch more $HOME *")
    assert (project.root / "two words; touch more $HOME *").exists()
    assert not (project.root / "more").exists()


def test_a_secret_one_is_shown_nowhere(project):
    project.runbook("demo/p", 'runbook "P" {}\nparam "p" { required = true, secret = true }\n'
                    'step "Use" { run = [[echo "it is $p"; test "$p" = hunter2-hunter2]] }\n')
    result = project.ok("demo/p", "-v", "--p", "hunter2-hunter2")
    assert "hunter2" not in result.out + result.err
    assert "hunter2" not in project.ok("history", "--json").out + str(project.last_run())
    for file in (project.root / ".runbook").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes(), file
