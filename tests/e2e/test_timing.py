"""Limits that hold across processes, and sleeps that outlive theirs."""

import re

from conftest import kill, wait_for

LIMIT = """
runbook "Limit" { overlap = "allow" }
step "Hold" {
  run = function(ctx)
    local ok, why = timing.limit(ctx, "db", 1, function()
      ctx:exec { "sh", "-c", "touch held; until test -e let_go; do sleep 0.05; done" }
      return true
    end, { wait = 0 })
    if not ok then return nil, why end
  end,
}
"""

RATE = """
runbook "Rate" { overlap = "allow" }
step "Call" {
  run = function(ctx)
    for _ = 1, 3 do
      assert(timing.rate_limit(ctx, "llm", 2, "300ms"))
      ctx:exec { "sh", "-c", "date +%s%N >> calls" }
    end
  end,
}
"""

SLEEP = """
runbook "Sleep" {}
step "Begin" { run = "touch begun" }
step "Rest" { run = timing.sleep { duration = "DURATION" } }
step "End" { run = "touch ended" }
"""


def test_a_slot_is_held_across_processes_and_free_when_its_holder_dies(project):
    project.runbook("demo/limit", LIMIT)
    holder = project.start("demo/limit")
    wait_for(lambda: (project.root / "held").exists(), "the slot to be held")
    refused = project.run("demo/limit")
    assert refused.exit == 1 and 'all 1 slots of "db" are taken' in refused.out, refused
    kill(holder)
    (project.root / "let_go").touch()
    project.ok("demo/limit")


def test_processes_share_a_rate(project):
    project.runbook("demo/rate", RATE)
    runs = [project.start("demo/rate") for _ in range(2)]
    for run in runs:
        assert run.wait(60) == 0
    calls = sorted(int(line) for line in (project.root / "calls").read_text().split())
    assert len(calls) == 6
    # Turns 1 and 6 are two whole windows apart; what lies between a turn and its call only makes the last one later.
    assert calls[5] - calls[0] > 300e6


def test_a_resumed_run_sleeps_only_what_is_left(project):
    project.runbook("demo/sleep", SLEEP.replace("DURATION", "4s"))
    sleeper = project.start("demo/sleep")
    wait_for(lambda: re.search("Rest", project.run("status").out), "the sleep to begin")
    kill(sleeper)
    wait_for(lambda: "Rest" in project.run("history").out or True, "the store to be free")
    resumed = project.ok("resume", project.last_run(), "--json").json
    assert (project.root / "ended").exists()
    assert resumed["state"] == "succeeded"
