"""Commands and options as they are typed: help, combined letters, order, and the mend after a slip."""

import pytest

ALL = "init list show check run resume retry cancel approve reject status logs history tests metrics notify schedule incident doctor completion version help"
PARAM = """
runbook "Copy the backups" { help = "Copies last night's backups to the other site." }
param "since" { default = "24h", type = "duration", help = "how far back" }
param "target" { required = true, help = "where to" }
step "Copy" { run = "echo $since $target >> ledger" }
"""


@pytest.mark.parametrize("command", ALL.split())
def test_every_command_has_help(project, command):
    by_option, by_command = project.ok(command, "--help").out, project.ok("help", command).out
    assert by_option == by_command and by_option.startswith(f"usage: runbook {command}")
    assert max(map(len, by_option.splitlines())) <= 80


def test_help_lists_every_command(project):
    text = project.ok("help").out
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2].islower()][2:] == ALL.split()
    assert project.ok().out == text == project.ok("--help").out == project.ok("-h").out


def test_version(project):
    assert project.ok("--version").out == project.ok("version").out
    assert project.ok("version", "--json").json["version"] in project.ok("version").out


def test_help_of_a_runbook_shows_its_parameters(project):
    project.runbook("demo/copy", PARAM)
    for args in (["demo/copy", "--help"], ["run", "demo/copy", "-h"], ["demo/copy", "-vh"], ["help", "demo/copy"]):
        text = project.ok(*args).out
        for wanted in ("usage: runbook demo/copy", "Copies last night's", "--since", "24h", "how far back", "--target",
                       "required", "--dry-run", "--json"):
            assert wanted in text, (wanted, text)
    assert project.ledger() == [] and not (project.root / ".runbook").exists()


def test_letters_combine(project):
    project.runbook("demo/copy", PARAM)
    text = project.ok("demo/copy", "-nv", "target=b").out
    assert "nothing was done" in text and project.ledger() == []
    assert "unknown option -x" in project.run("demo/copy", "-nx", "target=b").err
    assert project.ok("history", "-sfailed").out == ""


def test_options_may_stand_anywhere_and_values_be_attached(project):
    project.runbook("demo/copy", PARAM)
    for args in (
        ["--quiet", "demo/copy", "--target", "b"],
        ["demo/copy", "--target=b", "-q"],
        ["run", "-q", "demo/copy", "target=b"],
        ["-q", "run", "demo/copy", "target=b"],
        ["--from", "1", "demo/copy", "target=b"],
        ["--project", str(project.root), "demo/copy", "target=b"],
    ):
        project.ok(*args)
    assert project.ledger() == ["24h", "b"] * 6


def test_a_project_elsewhere(project, tmp_path):
    project.runbook("demo/copy", PARAM)
    project.ok("demo/copy", "target=b", f"--project={project.root}", cwd=tmp_path)
    assert project.ledger() == ["24h", "b"]
    assert "demo/copy" in project.ok("--project", str(project.root), "list", cwd=tmp_path).out


def test_the_state_can_be_elsewhere(project, tmp_path):
    project.runbook("demo/copy", PARAM)
    project.ok("demo/copy", "target=b", "--state", str(tmp_path / "one"))
    project.ok("demo/copy", "target=b", env={"RUNBOOK_STATE": str(tmp_path / "two")})
    assert (tmp_path / "one" / "state.db").exists() and (tmp_path / "two" / "state.db").exists()
    assert not (project.root / ".runbook").exists()
    assert len(project.ok("history", "--json", "--state", str(tmp_path / "one")).json["runs"]) == 1


def test_state_files_are_private_and_kept_out_of_git(project):
    project.runbook("demo/copy", PARAM)
    project.ok("demo/copy", "target=b")
    state = project.root / ".runbook"
    assert state.stat().st_mode & 0o777 == 0o700
    assert (state / ".gitignore").read_text() == "*\n"
    for file in state.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.parametrize(
    "args, mend",
    [
        (["hitsory"], "did you mean `runbook history`?"),
        (["list", "--jsno"], "did you mean --json?"),
        (["demo/cpoy"], "did you mean demo/copy?"),
        (["demo/copy", "--sinse", "2h"], "did you mean --since?"),
        (["demo/copy", "sinse=2h"], "did you mean --since?"),
        (["demo/copy", "2h"], "name=value"),
        (["demo/copy"], "--target"),
        (["demo/copy", "--since"], "--since needs a value"),
        (["tests", "fialing"], "did you mean `runbook tests failing`?"),
        (["resume"], "usage: runbook resume RUN"),
        (["list", "a/", "b/"], "usage: runbook list [PREFIX]"),
        (["demo/copy", "target=b", "--only", "Copi"], "runbook show demo/copy"),
    ],
)
def test_a_slip_is_answered_with_the_mend(project, args, mend):
    project.runbook("demo/copy", PARAM)
    result = project.run(*args)
    assert result.exit == 2 and mend in result.err, result
    assert project.ledger() == []


def test_quiet_says_only_the_end(project):
    project.runbook("demo/copy", PARAM)
    text = project.ok("demo/copy", "-q", "target=b").out
    assert text.startswith("succeeded in ") and text.count("\n") == 1


def test_quiet_still_says_what_went_wrong(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "Fine" { run = "true" }\nstep "Bad" { run = "echo why; exit 1" }\n')
    text = project.run("demo/a", "-q").out
    assert "Fine" not in text and "FAIL  Bad" in text and "| why" in text


def test_verbose_shows_output_below_a_heading(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "One" { run = "echo out; echo err >&2; printf half" }\nstep "Two" { run = "true" }\n')
    lines = project.ok("demo/a", "-v").out.splitlines()
    heading = next(i for i, l in enumerate(lines) if l.startswith(" 1  run   One"))
    assert sorted(lines[heading + 1 : heading + 4]) == ["          | err", "          | half", "          | out"]
    assert lines[heading + 4].startswith(" 1  ok    One")


def test_dry_run_fills_in_parameters_and_touches_nothing(project):
    project.runbook("demo/argv", 'runbook "T" {}\nparam "host" { default = "a" }\nstep "S" { run = { "touch", "$host" } }\n')
    text = project.ok("demo/argv", "-n", "--host", "my host").out
    assert "touch 'my host'" in text
    assert project.ok("demo/argv", "--dry-run", "--json").json["schema"] == "runbook.plan/1"
    assert not (project.root / ".runbook").exists()


@pytest.mark.parametrize(
    "args, said, mend",
    [
        (["tests"], "`tests` needs a word that says what: run, failing,", "`runbook help tests`"),
        (["tests", "slow"], '`tests` does not know "slow"', "did you mean `runbook tests slowest`?"),
        *[([c], f"`{c}` needs a word", f"`runbook help {c}`") for c in ("schedule", "metrics", "notify", "incident")],
        (["schedule", "pause"], 'has no word "pause"', "`runbook schedule disable NAME`"),
        (["metrics", "trend"], "`metrics trend` needs NAME", "usage: runbook metrics trend NAME"),
        (["metrics", "record", "a"], "`metrics record` needs NAME VALUE", "usage: runbook metrics record"),
        (["version", "x"], '`version` does not take "x"', "usage: runbook version;"),
        (["demo/a", "--from", "Build the thng"], 'no step "Build the thng"', "did you mean build_the_thing?"),
        (["demo/a", "--only", "zzz"], 'no step "zzz"', "runbook show demo/a lists its steps"),
        (["history", "--limit", "-3"], '0 or more, not "-3"', ""),
    ],
)
def test_wrong_usage_says_what_and_the_mend(project, args, said, mend):
    project.runbook("demo/a", 'runbook "T" {}\nstep "Build the thing" { run = "true" }\n')
    result = project.run(*args)
    assert result.exit == 2 and said in result.err and mend in result.err, result


def test_a_retry_of_a_step_that_is_not_there_names_the_one_that_is_meant(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "Build it" { run = "false" }\n')
    project.run("demo/a")
    run = project.last_run()["run"][:12]
    result = project.run("retry", run, "Build that")
    assert result.exit == 2 and f"runbook status {run} lists its steps" in result.err, result
    assert "did you mean build_it?" in project.run("retry", run, "Build itt").err


def test_check_says_which_runbook_there_is_not(project):
    project.runbook("demo/good", 'runbook "G" {}\n')
    result = project.run("check", "demo/goood", "demo/good", "--json")
    (problem,) = [p for p in result.json["problems"] if p["severity"] == "error"]
    assert result.exit == 2 and problem["message"] == "there is no runbook demo/goood"
    assert problem["hint"] == "did you mean demo/good?"


def test_the_version_as_an_option_speaks_json_too(project):
    for args in (["--version", "--json"], ["--json", "--version"]):
        assert project.ok(*args).json["schema"] == "runbook.version/1"
