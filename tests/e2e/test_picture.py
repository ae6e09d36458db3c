"""What it looks like at 3 a.m.: the shape of a run's report, held column by column."""

import re

# Stand-ins with the titles, facts and notes of the real procedure, so that the shape can be held to the letter.
CASES = '{ "tests/test_cart.py::test_total[3]", "tests/test_cart.py::test_total[5]" }'
INCIDENT = (
    """
runbook "Test Failures (>5%% failure rate)" { priority = "high" }
param "level" { default = "all" }
param "since" { default = "24h", type = "duration" }
step "Identify failing tests" { run = function(ctx)
  ctx:set { failing = %s, failing_count = 6, failure_rate = ratio(0.015) }
  ctx:note("6 of 412 failing, failure_rate 1.5%%")
end }
step "Run only failing tests for quick diagnosis" {
  when = "failing_count > 0", check = "failure_rate < 5%%", on_fail = "continue",
  run = function(ctx) ctx:set("failure_rate", ratio(0.005)); ctx:note("4 fixed, 2 still failing") end,
}
step "Check for environment issues" { call = "troubleshoot/here", on_fail = "continue" }
step "Check recent code changes" { run = function(ctx) ctx:note("3 commits since yesterday 03:12") end }
step "Rollback if necessary" { when = "failure_rate > 20%%", manual = "Consider rollback." }
"""
    % CASES
)
PICTURE = """\
incident/test-failures  Test Failures (>5% failure rate)  high, respond within 2h
run ############  level=all since=24h  by you on HOST  ##:##:##

 1  ok    Identify failing tests                                       TIME
          6 of 412 failing, failure_rate 1.5%
 2  ok    Run only failing tests for quick diagnosis                   TIME
          4 fixed, 2 still failing
          met      failure_rate < 5%          0.5%
 3  ok    Check for environment issues                                 TIME
 4  ok    Check recent code changes                                    TIME
          3 commits since yesterday 03:12
 5  skip  Rollback if necessary              failure_rate 0.5% is not > 20%

succeeded in TIME, 1 check met
still failing   tests/test_cart.py::test_total[3]
                tests/test_cart.py::test_total[5]
next            runbook tests show 'tests/test_cart.py::test_total[3]'
"""


def shape(text):
    text = re.sub(r"(?m)^run [0-9a-z]{12} ", "run ############ ", text)
    text = re.sub(r" on \S+  \d\d:\d\d:\d\d$", " on HOST  ##:##:##", text, flags=re.M)
    return re.sub(r"\b\d+\.\ds", "TIME", text)


def test_the_picture(project):
    project.runbook("troubleshoot/here", 'runbook "Here" {}\nstep "Look" { run = "true" }\n')
    project.runbook("incident/test-failures", INCIDENT)
    assert shape(project.ok("incident/test-failures", env={"USER": "you"}).out) == PICTURE


def test_usual_times_stand_beside_the_time(project):
    project.runbook("demo/slow", 'runbook "Slow" {}\nstep "Wait" { run = "sleep 1.02" }\n')
    project.ok("demo/slow")
    line = next(l for l in project.ok("demo/slow").out.splitlines() if "Wait" in l)
    assert re.fullmatch(r" 1  ok    Wait {40,}1\.\ds  usually 1\.\ds", line) and len(line) == 75, line


FAILURE = """\
demo/bad  Bad
run ############  by you on HOST  ##:##:##

 1  ok    Fine                                                         TIME
 2  FAIL  Break things                                                 TIME
          exit status 7
          | line 9
          | line 10
          | line 11
          | line 12
          | line 13
          | line 14
          | line 15
          | line 16
          | line 17
          | line 18
          | line 19
          | the disk is on fire
          command  seq -f 'line %g' 19; echo 'the disk is on fire'; exit 7
          log      LOG

failed in TIME
why             step "Break things": exit status 7
next            runbook logs ############ break_things
                runbook retry ############ break_things   # once it is mended
"""


def test_a_failure_shows_the_last_lines_the_command_the_log_and_how_to_go_on(project):
    project.runbook("demo/bad", 'runbook "Bad" {}\nstep "Fine" { run = "true" }\n'
                    "step \"Break things\" { run = [[seq -f 'line %g' 19; echo 'the disk is on fire'; exit 7]] }\n"
                    'step "Never" { run = "true" }\n')
    text = project.run("demo/bad", env={"USER": "you"}).out
    log = re.search(r"log +(/\S+)", text)[1]
    assert open(log).read().splitlines()[-1] == "the disk is on fire"
    run = project.last_run()["run"]
    assert shape(text.replace(log, "LOG")).replace(run[:12], "#" * 12) == FAILURE
    # A week later `status` says the same.
    later = project.ok("status", run).out
    for line in text.splitlines()[3:]:
        assert line in later or line.startswith("failed in"), line


def test_what_is_to_be_pasted_is_never_cut(project):
    long = "echo " + "x" * 300
    project.runbook("demo/bad", f'runbook "Bad" {{}}\nstep "S" {{ run = "{long}; exit 1" }}\n')
    terminal = project.terminal("demo/bad", columns=40)
    assert terminal.end() == 1
    assert f"command  {long}; exit 1" in terminal.text
    log = re.search(r"log +(/\S+\.log)\n", terminal.text)[1]
    assert open(log).read() == "x" * 300 + "\n"


def test_the_command_to_paste_is_the_one_that_failed(project):
    project.runbook(
        "demo/bad",
        'runbook "Bad" {}\nstep "S" { run = function(ctx)\n  ctx:exec { "mkdir", "-p", "out", quiet = true }\n'
        '  ctx:exec { "sh", "-c", "exit 3" }\n  ctx:exec { "rmdir", "out", quiet = true }\n  error("the tests failed")\nend }\n',
    )
    shown = project.run("demo/bad").out
    assert "command  sh -c 'exit 3'\n" in shown, shown
    assert "command  sh -c 'exit 3'\n" in project.ok("status", project.last_run()["run"]).out


def test_a_command_without_a_shell_is_shown_quoted(project):
    project.runbook("demo/bad", 'runbook "Bad" {}\nstep "S" { run = { "sh", "-c", "exit 3", "a b", "it\'s" } }\n')
    assert "command  sh -c 'exit 3' 'a b' 'it'\\''s'" in project.run("demo/bad").out


def test_waiting_says_what_for_and_how_to_answer(project):
    project.runbook("demo/w", 'runbook "W" {}\nstep "Guarded" { when = "replicas > 1", run = "true" }\n')
    result = project.run("demo/w")
    assert result.exit == 3
    run = project.last_run()["run"][:12]
    wanted = f"next            runbook approve {run} --answer replicas=VALUE\n                runbook resume {run}\n"
    assert wanted in result.out and wanted in project.ok("status", run).out
    assert "waiting for " in result.out
