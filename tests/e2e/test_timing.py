"""Limits that hold across processes, and sleeps that outlive theirs."""

import contextlib
import sqlite3
import time

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
      assert(timing.rate_limit(ctx, "llm", 2, "1s"))
      ctx:exec { "sh", "-c", "date +%s%N >> calls" }
    end
  end,
}
"""

SLEEP = """
runbook "Sleep" {}
step "Begin" { run = "touch begun" }
step "Rest" { run = timing.sleep { duration = "1h" } }
step "End" { run = "touch ended" }
"""


def test_a_slot_is_held_across_processes_and_free_when_its_holder_dies(project):
    project.runbook("demo/limit", LIMIT)
    holder = project.start("demo/limit")
    wait_for(lambda: (project.root / "held").exists(), "the slot to be held")
    refused = project.run("demo/limit")
    assert refused.exit == 1 and '"db" is taken' in refused.out, refused
    kill(holder)
    (project.root / "let_go").touch()
    project.ok("demo/limit")


def test_processes_share_a_rate(project):
    project.runbook("demo/rate", RATE)
    runs = [project.start("demo/rate") for _ in range(2)]
    for run in runs:
        assert run.wait(120) == 0
    calls = sorted(int(line) for line in (project.root / "calls").read_text().split())
    assert len(calls) == 6
    # Turns 1 and 6 are two whole windows apart; what lies between a turn and its call only makes the last one later.
    assert calls[5] - calls[0] > 0.99e9


def kept_ends(project):
    with contextlib.closing(sqlite3.connect(project.root / ".runbook" / "state.db")) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sleeps'").fetchall():
            return []  # the first sleep makes its table
        return [end for (end,) in db.execute("SELECT until_ms FROM sleeps")]


def move_ends(project, end_ms):
    with contextlib.closing(sqlite3.connect(project.root / ".runbook" / "state.db")) as db, db:
        db.execute("UPDATE sleeps SET until_ms = ?", (end_ms,))


def test_a_resumed_run_sleeps_only_what_is_left(project):
    project.runbook("demo/sleep", SLEEP)
    sleeper = project.start("demo/sleep")
    wait_for(lambda: (project.root / "begun").exists(), "the run to begin")
    (end,) = wait_for(lambda: kept_ends(project), "the sleep to begin")
    kill(sleeper)
    assert 3000 < end / 1000 - time.time() < 3601
    move_ends(project, int(time.time() * 1000) + 200)
    project.ok("resume", project.last_run()["run"])
    assert (project.root / "ended").exists() and kept_ends(project) == []
