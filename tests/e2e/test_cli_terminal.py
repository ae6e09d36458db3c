"""On a terminal: questions, the live view, Ctrl-C, widths and colours."""

import os
import re
import time

from conftest import wait_for

ESCAPE = re.compile(r"\x1b")


def states(document):
    return {s["id"]: s["state"] for s in document["steps"]}


# Questions


def test_a_confirm_is_asked_and_answered(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Drop" { confirm = "Really drop it?", run = "echo dropped >> ledger" }\n')
    terminal = project.terminal("demo/c")
    terminal.expect("Really drop it")
    terminal.expect(r"\[y/N")
    terminal.line("y")
    assert terminal.end() == 0 and project.ledger() == ["dropped"]
    approved = project.last_run()["steps"][0]["approved"]
    assert approved["by"] == "tester"


def test_every_question_of_a_step_is_put_once(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Drop" { confirm = "Really?", manual = "Pull the plug.", run = "true" }\n')
    terminal = project.terminal("demo/c")
    terminal.expect("Really")
    terminal.line("y")
    terminal.expect("Pull the plug")
    terminal.line("y")
    assert terminal.end() == 0
    assert terminal.text.count("Pull the plug") == 1


def test_what_was_typed_before_the_question_is_no_answer(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "First" { run = "touch begun; until test -e go; do sleep 0.05; done" }\n'
                    'step "Drop" { confirm = "Really?", manual = "Look first.", run = "echo dropped >> ledger" }\n')
    terminal = project.terminal("demo/c")
    wait_for((project.root / "begun").exists, "the first step")
    terminal.line("y")
    project.write("go", "")
    terminal.expect("Really")
    terminal.send("y\ny\n")
    terminal.expect("Look first")
    terminal.expect(r"done\?")
    terminal.line("n")
    assert terminal.end() == 1 and project.ledger() == []


def test_a_confirm_means_no_unless_it_is_yes(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Drop" { confirm = "Really?", run = "echo dropped >> ledger" }\n')
    for answer in ("n", ""):
        terminal = project.terminal("demo/c")
        terminal.expect("Really")
        terminal.line(answer)
        assert terminal.end() == 1 and project.ledger() == []


def test_yes_answers_confirm_and_nothing_else(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Drop" { confirm = "Really?", run = "echo dropped >> ledger" }\n'
                    'step "Pull" { manual = "Pull the plug." }\n')
    terminal = project.terminal("demo/c", "-y")
    terminal.expect("Pull the plug")
    assert "Really" not in terminal.seen
    terminal.expect("done\\?")
    terminal.line("y")
    assert terminal.end() == 0
    assert project.run("demo/c", "-y").exit == 3


def test_leaving_a_manual_step_makes_the_run_wait(project):
    project.runbook("demo/m", 'runbook "M" {}\nstep "Pull" { manual = "Pull the plug.", run = "echo pulled >> ledger" }\n')
    terminal = project.terminal("demo/m")
    terminal.expect("done\\?")
    terminal.leave()
    assert terminal.end() == 3
    run = project.last_run()
    assert run["state"] == "waiting" and run["waiting_for"][0]["kind"] == "manual"
    terminal = project.terminal("resume", run["run"])
    terminal.expect("done\\?")
    terminal.line("y")
    assert terminal.end() == 0 and project.ledger() == ["pulled"]


def test_ask_is_typed_and_asks_again_after_a_slip(project):
    project.runbook(
        "demo/a",
        'runbook "A" {}\nstep "Scale" { ask = { replicas = { type = "integer", help = "how many" }, zone = { choices = { "eu", "us" }, default = "eu" } },\n'
        ' run = "echo $replicas $zone >> ledger" }\n',
    )
    terminal = project.terminal("demo/a")
    answers = {"replicas": "many", "zone": ""}
    for _ in range(3):
        name = terminal.expect(r"(replicas|zone)[^\n]*: $")[1]
        terminal.line(answers[name])
        if name == "replicas" and answers[name] == "many":
            terminal.expect("whole number")
            answers["replicas"] = "3"
    assert terminal.end() == 0 and project.ledger() == ["3", "eu"]


def test_an_unknown_fact_is_asked_for(project):
    project.runbook("demo/f", 'runbook "F" {}\nstep "Guarded" { when = "replicas > 1", run = "echo ran >> ledger" }\n')
    terminal = project.terminal("demo/f")
    terminal.expect(r"replicas[^\n]*: $")
    terminal.line("3")
    assert terminal.end() == 0 and project.ledger() == ["ran"]


def test_a_step_in_doubt_is_asked_about(project):
    for answer, seen in (("y", ["once", "after"]), ("n", ["once", "once", "after"])):
        for name in ("ledger", "go"):
            (project.root / name).unlink(missing_ok=True)
        project.runbook("demo/d", 'runbook "D" {}\nstep "Once" { run = "echo once >> ledger; test -e go || exec sleep 60" }\n'
                        'step "After" { run = "echo after >> ledger" }\n')
        terminal = project.terminal("demo/d")
        terminal.expect("run   Once")
        while not project.ledger():
            terminal.read(0.05)
        terminal.process.kill()
        terminal.end()
        project.write("go", "")
        terminal = project.terminal("resume", project.last_run()["run"])
        terminal.expect("did it happen\\?")
        terminal.line(answer)
        assert terminal.end() == 0 and project.ledger() == seen


def test_step_by_step(project):
    project.runbook("demo/s", "".join(['runbook "S" {}\n'] + [f'step "{n}" {{ run = "echo {n} >> ledger" }}\n' for n in ("a", "b", "c")]))
    terminal = project.terminal("demo/s", "--step")
    for answer in ("y", "n", "y"):
        terminal.expect(r"run this step\?")
        terminal.line(answer)
    assert terminal.end() == 0 and project.ledger() == ["a", "c"]


def test_no_input_never_asks(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Drop" { confirm = "Really?", run = "true" }\n')
    terminal = project.terminal("demo/c", "--no-input")
    assert terminal.end() == 3 and "[y/N" not in terminal.seen


def test_control_bytes_never_reach_the_terminal(project):
    project.runbook("demo/e", 'runbook "E" {}\nstep "Evil" { run = [[printf "\\033]0;owned\\007\\033[2Jtext\\n"; exit 1]] }\n')
    for args in (["demo/e"], ["demo/e", "-v"], ["logs", None]):
        args = [a or project.last_run()["run"] for a in args]
        terminal = project.terminal(*args)
        terminal.end()
        assert "text" in terminal.seen
        assert "\x1b]0" not in terminal.raw and "\x07" not in terminal.raw and "\x1b[2J" not in terminal.raw


# Ctrl-C


def test_one_interrupt_stops_in_an_orderly_way(project):
    project.runbook("demo/l", 'runbook "L" {}\nstep "Long" { run = [[trap "echo term >> ledger; exit 0" TERM; echo up; while :; do sleep 0.02; done]] }\n'
                    'step "Clean" { always = true, run = "echo clean >> ledger" }\n')
    terminal = project.terminal("demo/l")
    terminal.expect(" up")
    terminal.interrupt()
    terminal.expect("Ctrl-C again")
    assert terminal.end() == 130
    assert project.ledger() == ["term", "clean"]
    assert project.last_run()["state"] == "cancelled"
    assert " long   # goes on from there" in terminal.text


def test_a_second_interrupt_kills(project):
    project.runbook("demo/l", 'runbook "L" {}\nstep "Deaf" { run = [[trap "" TERM INT; echo up; while :; do sleep 0.02; done]] }\n')
    took = []
    while not took or (min(took) >= 4 and len(took) < 10):  # a busy machine may need several tries; without a kill each takes 5 s
        terminal = project.terminal("demo/l")
        terminal.expect(" up")
        terminal.interrupt()
        terminal.expect("Ctrl-C again")
        began = time.monotonic()
        terminal.interrupt()
        assert terminal.end() == 130
        took.append(time.monotonic() - began)
        assert project.last_run()["state"] == "cancelled"
    assert min(took) < 4, took


def test_an_interrupt_withdraws_a_question(project):
    project.runbook("demo/m", 'runbook "M" {}\nstep "Pull" { manual = "Pull the plug." }\n')
    terminal = project.terminal("demo/m")
    terminal.expect("done\\?")
    terminal.interrupt()
    assert terminal.end() == 130


# The live view

SLOW = 'runbook "Slow" {}\nstep "Take your time" { run = "for i in 1 2 3 4; do echo line $i; done; until [ -e go ]; do sleep 0.02; done" }\n'


def test_the_running_step_shows_its_time_and_last_lines_and_leaves_no_trace(project):
    project.runbook("demo/s", SLOW)
    terminal = project.terminal("demo/s")
    terminal.expect(r"run  [^\n]*Take your time")
    terminal.expect("line 2")
    terminal.expect("line 3")
    terminal.expect("line 4")
    project.write("go", "")
    assert terminal.end() == 0
    assert "line 4" not in terminal.last_screen and "ok    Take your time" in terminal.last_screen


def test_several_running_steps_are_shown_at_once(project):
    wait = "until [ -e go ]; do sleep 0.02; done"
    project.runbook("demo/p", f'runbook "P" {{}}\nparallel "Both" {{\n step "Left" {{ run = "{wait}" }},\n step "Right" {{ run = "{wait}" }},\n}}\n')
    terminal = project.terminal("demo/p")
    terminal.expect(r"1\.1  [^\n]*run  [^\n]*Left[^\n]*\n[^\n]*1\.2  [^\n]*run  [^\n]*Right")
    project.write("go", "")
    assert terminal.end() == 0


def test_live_lines_follow_a_resize(project):
    project.runbook("demo/s", SLOW.replace("line $i", "$(head -c 200 /dev/zero | tr '\\\\0' x)"))
    terminal = project.terminal("demo/s", columns=120)
    terminal.expect("x{90,}\\.\\.\\.")
    terminal.resize(40)
    terminal.expect(r"\x1b\[\d+A\r\x1b\[J")
    terminal.expect("[^x]x{10,30}\\.\\.\\.")
    project.write("go", "")
    assert terminal.end() == 0


def test_every_line_fits_the_terminal(project):
    project.runbook(
        "demo/w",
        'runbook "A title of a runbook" {}\n'
        'step "A very long title that goes on and on and on, far beyond what any terminal of a sane width could hold" { run = "true" }\n'
        'step "日本語の長い題名、端末の幅を超えるほど長いもので、切らなければならないほど長い" { run = "true", id = "wide" }\n'
        'parallel "Group" {\n step "Ünïcödé in a child with a long title that does not fit either, not at all" { run = "true" },\n}\n'
        'step "Skip" { when = "not true or 1 > 2", run = "true" }\n',
    )
    for columns in (80, 60, 40):
        terminal = project.terminal("demo/w", columns=columns)
        assert terminal.end() == 0
        for line in terminal.text.splitlines()[3:]:
            wide = sum(2 if ord(c) >= 0x2E80 else 1 for c in line)
            assert wide <= columns, (columns, wide, line)


# Colour


def test_colour_only_on_a_terminal_that_wants_it(project):
    project.runbook("demo/a", 'runbook "A" {}\nstep "Fine" { run = "true" }\nstep "Bad" { run = "exit 1" }\n')
    terminal = project.terminal("demo/a")
    terminal.end()
    assert "\x1b[32m" in terminal.raw and "\x1b[31m" in terminal.raw
    for env, args in (({"NO_COLOR": "1"}, []), ({}, ["--color", "never"])):
        terminal = project.terminal("demo/a", *args, env=env)
        terminal.end()
        assert not re.search(r"\x1b\[[0-9;]*m", terminal.raw)
        assert "ok" in terminal.raw and "FAIL" in terminal.raw
    assert "\x1b" not in project.run("demo/a").out
    assert "\x1b[31m" in project.run("demo/a", "--color", "always").out
    assert "\x1b[31m" in project.run("demo/a", "--color=always", env={"NO_COLOR": "1"}).out


def test_a_dumb_terminal_gets_plain_lines(project):
    project.runbook("demo/s", SLOW)
    project.write("go", "")
    for term in ("dumb", ""):
        terminal = project.terminal("demo/s", env={"TERM": term})
        assert terminal.end() == 0
        assert not ESCAPE.search(terminal.raw) and "ok    Take your time" in terminal.raw


def test_a_terminal_on_stdin_alone_is_not_asked(project):
    project.runbook("demo/c", 'runbook "C" {}\nstep "Drop" { confirm = "Really?", run = "true" }\n')
    master, slave = os.openpty()
    result = project.run("demo/c", stdin=slave)
    os.close(master)
    os.close(slave)
    assert result.exit == 3 and "\x1b" not in result.out + result.err
