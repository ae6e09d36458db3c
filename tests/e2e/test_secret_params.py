"""Secret parameters are not stored: who goes on with a run gives them again."""

import pytest

PLAN = """runbook "P" {}
param "db_pin" { type = "integer", required = true, secret = true }
param "level" { default = "smoke" }
step "Ask" { confirm = "Really?", run = [[echo "$db_pin" >> ledger]] }
step "End" { run = "test -e mended" }
"""

EACH = """runbook "E" {}
param "tokens" { type = "list", required = true, secret = true }
step "Use" { each = "tokens", run = [[
  echo "$item" >> ledger
  test -e again || { touch again; kill -TERM $PPID; exec sleep 20; }
]] }
"""
TOKENS = ["hunter2-hunter2", "wheel-7-wheel-7"]


@pytest.fixture
def waiting(project):
    """A run with a secret parameter that a person has approved."""
    project.runbook("demo/p", PLAN)
    assert project.run("demo/p", "--db-pin", "918273").exit == 3
    run = project.last_run()["run"]
    project.ok("approve", run)
    return run


def nothing_on_record(project, *texts):
    for file in (project.root / ".runbook").rglob("*"):
        assert not file.is_file() or not any(t.encode() in file.read_bytes() for t in texts), file


def test_it_is_asked_for_and_given_again(project, waiting):
    refused = project.run("resume", waiting)
    assert refused.exit == 2 and "--db-pin VALUE" in refused.err, refused
    assert project.run("resume", "--db-pin", "918273", waiting).exit == 1
    assert project.ledger() == ["918273"]
    project.write("mended", "")
    refused = project.run("retry", waiting, "end")
    assert refused.exit == 2 and "--db-pin VALUE" in refused.err, refused
    project.ok("retry", waiting, "end", "--db-pin=918273")
    nothing_on_record(project, "918273")


@pytest.mark.parametrize(
    "given, said",
    [
        (["--db-pin", "many"], "--db-pin: "),
        (["--db-pin"], "--db-pin needs a value (integer)"),
        (["--level", "full"], "--level cannot be given again"),
        (["--accept-chnges"], "did you mean --accept-changes?"),
        (["--db-pni", "1"], "unknown option --db-pni"),
    ],
)
def test_what_does_not_fit_is_refused(project, waiting, given, said):
    result = project.run("resume", waiting, *given)
    assert result.exit == 2 and said in result.err, result
    assert "many" not in result.err and project.ledger() == []


def test_an_unknown_option_before_the_run_is_told(project, waiting):
    assert "unknown option --db-pin" in project.run("resume", "--db-pin").err
    assert "did you mean --assume?" in project.run("resume", "--assme", waiting).err


def interrupted(project):
    """A run over secrets, terminated at the first of them."""
    project.runbook("demo/e", EACH)
    assert project.run("demo/e", "--tokens", ",".join(TOKENS)).exit == 143
    nothing_on_record(project, *TOKENS)
    return project.last_run()["run"]


def test_each_goes_on_with_the_secrets(project):
    run = interrupted(project)
    project.ok("resume", run, "--tokens", ",".join(TOKENS), "--assume", "not-done")
    assert project.ledger() == [TOKENS[0], *TOKENS]
    nothing_on_record(project, *TOKENS)


def test_each_never_goes_over_stars(project):
    run = interrupted(project)
    result = project.run("resume", run, "--tokens", "one-other-token", "--assume", "not-done")
    assert result.exit == 1 and "it is another list now" in result.out, result
    assert project.ledger() == TOKENS[:1]


def test_a_dry_run_shows_no_secret(project):
    project.runbook(
        "demo/dry",
        'runbook "Dry" {}\nparam "token" { required = true, secret = true }\nparam "n" { default = "2" }\n'
        'step "Use" { confirm = "With $token?", run = { "echo", "$token", "$n" } }\n',
    )
    done = project.ok("demo/dry", "--token", "hunter2secret", "--dry-run")
    assert "hunter2secret" not in done.out + done.err
    assert "With ***?" in done.out and "echo '***' 2" in done.out, done.out


def test_on_a_terminal_it_is_asked_for_and_not_shown(project, waiting):
    terminal = project.terminal("resume", waiting)
    terminal.expect("db_pin .integer; secret")
    terminal.expect("leave")
    terminal.line("918273")
    assert terminal.end() == 1 and project.ledger() == ["918273"]
    assert "918273" not in terminal.raw


def test_who_leaves_is_told_how_to_give_it(project, waiting):
    terminal = project.terminal("resume", waiting)
    terminal.expect("to leave")
    terminal.leave()
    assert terminal.end() == 2 and "--db-pin VALUE" in terminal.text
