"""Every exit status that docs/cli.md promises, each by the situation that it stands for."""

import os
import signal
import subprocess

import pytest
from conftest import PROGRAM, wait_for

LONG = 'runbook "Long" {}\nstep "Wait" { run = "touch reached; exec sleep 60" }\n'


def begin(project, name="demo/long", text=LONG):
    project.runbook(name, text)
    process = project.start(name)
    wait_for((project.root / "reached").exists, "the step to run")
    return process


def end(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_0_succeeded(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { run = "true" }\n')
    project.ok("demo/a")


def test_0_a_title_alone_is_enough(project):
    project.runbook("demo/a", 'runbook "T" {}\n')
    project.ok("demo/a")


def test_1_a_step_failed(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { run = "exit 9" }\n')
    result = project.run("demo/a", "--json")
    assert result.exit == 1 and result.json["exit"] == 1 and result.json["steps"][0]["exit_code"] == 9


def test_2_usage_and_nothing_was_run(project):
    for args in (
        ["frobnicate"],
        ["list", "--frob"],
        ["run"],
        ["nope/nope"],
        ["status", "0000"],
        ["history", "--limit", "x"],
        ["history", "--state", "odd"],
        ["history", "--since", "the day after"],
        ["completion", "tcsh"],
        ["help", "frob"],
        ["tests", "frob"],
        ["list", "--color", "purple"],
        ["list", "--quiet=yes"],
        ["logs"],
        ["approve", "0000", "--answer", "nothing"],
    ):
        result = project.run(*args)
        assert result.exit == 2, (args, result)
        assert result.err.startswith("runbook: ") and not result.out, (args, result)
    assert not (project.root / ".runbook" / "logs" / "0").exists()


def test_2_a_broken_runbook_or_configuration(project):
    project.runbook("demo/broken", 'runbook "T" {}\nstep "S" { rnu = "true" }\n')
    result = project.run("demo/broken")
    assert result.exit == 2 and "demo/broken.lua:2" in result.err and "did you mean `run`?" in result.err, result
    project.write("runbook.yaml", "project: t\nlevles: {}\n")
    result = project.run("demo/broken")
    assert result.exit == 2 and "runbook.yaml:2:1" in result.err, result


def test_2_is_an_error_document_with_json(project):
    result = project.run("nope/nope", "--json")
    assert result.exit == 2
    assert result.json["schema"] == "runbook.error/1" and result.json["exit"] == 2
    assert "nope/nope" in result.json["error"]["message"]


def test_3_waits_for_a_person(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { manual = "Pull the plug." }\n')
    result = project.run("demo/a")
    assert result.exit == 3 and "Pull the plug." in result.out and "runbook approve" in result.out, result


def test_4_a_step_in_doubt(project):
    process = begin(project)
    process.kill()
    end(process)
    run = project.last_run()
    assert run["state"] == "interrupted" and run["exit"] is None
    assert run["steps"][0]["state"] == "in-doubt"
    result = project.run("resume", run["run"])
    assert result.exit == 4 and "--assume" in result.err, result


def test_5_the_store_cannot_be_used(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { run = "touch ran" }\n')
    (project.root / ".runbook").mkdir()
    project.write(".runbook/state.db", "this is not a database" * 400)
    result = project.run("demo/a")
    assert result.exit == 5 and "state.db" in result.err, result
    assert not (project.root / "ran").exists()


def test_75_another_instance(project):
    process = begin(project)
    result = project.run("demo/long")
    assert result.exit == 75 and "demo/long" in result.err, result
    assert len(project.ok("history", "--json").json["runs"]) == 1
    process.terminate()
    end(process)


def test_75_a_named_lock(project):
    begin_text = 'runbook "L" {}\nstep "Hold" { lock = "db", run = "touch reached; exec sleep 60" }\n'
    process = begin(project, "demo/hold", begin_text)
    project.runbook("demo/want", 'runbook "W" {}\nstep "Want" { lock = "db", run = "touch wanted" }\n')
    result = project.run("demo/want")
    assert result.exit == 75 and "db" in result.err + result.out, result
    assert not (project.root / "wanted").exists()
    process.terminate()
    end(process)


def test_overlap_allow_lets_two_run(project):
    process = begin(project, "demo/twice", 'runbook "T" { overlap = "allow" }\nparam "quick" { default = false }\n'
                    'step "S" { run = [[ [ "$quick" = true ] || { touch reached; exec sleep 60; } ]] }\n')
    project.ok("demo/twice", "--quick")
    process.terminate()
    end(process)


def test_124_a_step_timed_out(project):
    project.runbook("demo/slow", 'runbook "T" {}\nstep "S" { run = "sleep 60", timeout = "100ms" }\n')
    result = project.run("demo/slow", "--json")
    assert result.exit == 124 and result.json["state"] == "timed-out"
    assert result.json["steps"][0]["state"] == "timed-out"


def test_124_the_run_timed_out(project):
    project.runbook("demo/slow", 'runbook "T" { timeout = "100ms" }\nstep "S" { run = "sleep 60" }\n')
    result = project.run("demo/slow", "--json")
    assert result.exit == 124 and result.json["state"] == "timed-out"


def test_124_a_function_that_does_not_let_go(project):
    loop = "run = function() while true do end end"
    project.runbook("demo/step", 'runbook "T" {}\nstep "S" { timeout = "100ms", %s }\n' % loop)
    project.runbook("demo/run", 'runbook "T" { timeout = "100ms" }\nstep "S" { %s }\n' % loop)
    for name in ("demo/step", "demo/run"):
        result = project.run(name, "--json")
        assert result.exit == 124 and result.json["state"] == "timed-out", result
        assert result.json["steps"][0]["state"] == "timed-out", result


def test_129_and_143_leave_the_run_to_be_resumed(project):
    for signo, status in ((signal.SIGHUP, 129), (signal.SIGTERM, 143)):
        process = begin(project)
        process.send_signal(signo)
        assert end(process)[0] == status
        run = project.last_run()
        assert run["state"] == "interrupted", run
        (project.root / "reached").unlink()


def test_130_cancelled(project):
    process = begin(project)
    run = project.ok("status", "--json").json["runs"][0]["run"]
    assert project.ok("cancel", run, "--why", "wrong host", "--json").json["run"] == run
    assert end(process)[0] == 130
    document = project.last_run()
    assert document["state"] == "cancelled" and "wrong host" in document["reason"], document


def test_a_lost_reader_is_not_an_error(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { run = "true" }\n')
    process = project.start("demo/a")
    process.stdout.close()
    process.stdout = None
    assert process.wait(timeout=60) == 0
    assert project.last_run()["state"] == "succeeded"


def test_2_a_run_that_never_was_leaves_no_store(project):
    for args in (["resume", "01k"], ["retry", "01k"], ["cancel", "01k"], ["approve", "01k"], ["reject", "01k"]):
        result = project.run(*args)
        assert result.exit == 2 and "next" not in result.out, (args, result)
    assert not (project.root / ".runbook").exists()


PRINTING = (
    "list",
    "history",
    "status",
    "show demo/a",
    "check",
    "doctor",
    "metrics list",
    "metrics sla",
    "metrics export",
    "schedule list",
    "schedule preview",
    "schedule next @daily",
    "notify explain run.failed",
    "incident list",
    "incident oncall",
    "tests failing",
    "version",
    "run demo/a -n",
    "run demo/a",
)
PRINTING_TEXT = ("help", "help run", "list --help", "--version", "completion bash", "completion zsh", "completion fish")


def with_stdout(project, stdout, words, **more):
    return subprocess.run(
        [PROGRAM, *words.split()],
        cwd=project.root,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        **more,
    )


@pytest.mark.parametrize("words", [*PRINTING, *(f"{words} --json" for words in PRINTING), *PRINTING_TEXT])
def test_5_what_could_not_be_printed_is_no_success(project, words):
    project.runbook("demo/a", 'runbook "T" { priority = "high" }\nstep "S" { run = "echo said" }\n')
    project.ok("demo/a")
    with open("/dev/full", "w") as full:
        done = with_stdout(project, full, words)
    assert done.returncode == 5, (words, done)
    assert done.stderr.count("cannot write the output: No space left on device") == 1, done


def test_a_failed_run_that_could_not_be_printed_is_a_failed_run(project):
    project.runbook("demo/bad", 'runbook "T" {}\nstep "S" { run = "false" }\n')
    with open("/dev/full", "w") as full:
        for words in ("demo/bad", "demo/bad --json"):
            done = with_stdout(project, full, words)
            assert done.returncode == 1 and "cannot write the output" in done.stderr, done


@pytest.mark.parametrize("words", ["list", "list --json", "history --json", "version", "completion bash", "help"])
def test_a_reader_that_went_away_hears_nothing(project, words):
    project.runbook("demo/a", 'runbook "T" {}\n')
    reader, writer = os.pipe()
    os.close(reader)
    done = with_stdout(project, writer, words)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, ""), done


def test_a_log_is_not_followed_for_nobody(project):
    process = begin(
        project,
        text='runbook "T" {}\nstep "S" { run = "echo one; touch reached; until test -e more; do sleep 0.1; done; echo two;'
        ' until test -e end; do sleep 0.1; done" }\n',
    )
    followed = project.start("logs", "-f", project.ok("status", "--json").json["runs"][0]["run"])
    assert followed.stdout.readline() == "== S\n"
    followed.stdout.close()
    followed.stdout = None
    (project.root / "more").touch()
    assert followed.wait(timeout=60) == 0
    (project.root / "end").touch()
    assert end(process)[0] == 0


def test_a_closed_stdout_never_becomes_a_file_of_the_state(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "S" { run = "true" }\n')
    for words in ("demo/a", "history", "history --json", "list"):
        done = with_stdout(project, None, words, preexec_fn=lambda: os.close(1))
        assert done.returncode == 5 and "Bad file descriptor" in done.stderr, done
    assert project.last_run()["state"] == "succeeded"
    lock = project.root / ".runbook" / "state.db.lock"
    assert lock.read_bytes() == b"", lock.read_bytes()


def test_a_pipe_that_does_not_wait_gets_everything(project):
    lines = "\n".join(f"echo {number}" for number in range(40_000))
    project.runbook("demo/long", f'runbook "T" {{}}\nstep "S" {{ run = [[\n{lines}\n]] }}\n')
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = subprocess.Popen(project.command("show", "demo/long"), cwd=project.root, env=project.environ, stdout=writer)
    os.close(writer)
    with open(reader) as stream:
        assert sum("echo" in line for line in stream) == 40_000
    assert process.wait(timeout=60) == 0
