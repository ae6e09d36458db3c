#!/usr/bin/env python3
"""The real daemon is down at random times for random whiles, and is killed, at rest and at random steps of its work, as are the
processes that carry out its firings. A model says what must have become of every due time:

 - it stands in exactly one record; nothing was due that the calendar does not have,
 - it was decided by the first daemon that came to rest after it, and as the policy for missed times has it,
 - its run had its effect at most once, and exactly once when its record says that it succeeded,
 - at the end nothing waits any more.

    downtimes.py [--rounds 10000] [--jobs 2] [--seed 1]

Every round ends with a kill and is followed by a down-time. In most of them the daemon is to die at a step of its work, in a
third a process that it started."""

import argparse
import collections
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from due_model import due_times
from steered import DAY, HOUR, MINUTE, Clock, Daemon, Skip, firings, in_a_project, instant, need, report

BEGIN = "2026-03-01T00:00:00Z"
ZONE = "Europe/Berlin"
SCHEDULES = {"skip": "*/40 * * * *", "one": "every 90m", "all": "25 */2 * * *"}
CATCH_UP = 3
ON_TIME = 60_000
STEPS = 90  # about as many as a process makes until it has done its work
ROUNDS_EACH = 250  # of one store


def declare(project, clock):
    text = f"project: down\ntimezone: {ZONE}\nschedule:\n"
    for policy, at in SCHEDULES.items():
        text += f'  m/{policy}: {{at: "{at}", missed: {policy}, catch_up: {CATCH_UP}, overlap: queue}}\n'
        project.runbook(f"m/{policy}", 'runbook "M" { }\nstep "Note" { run = "echo $RUNBOOK_RUN >> ledger" }\n')
    project.write("runbook.yaml", text)
    names = [f"m/{policy}" for policy in SCHEDULES]
    done = project.command("schedule", "enable", *names, env=clock.environ())
    need(done.returncode == 0, "`schedule enable` says", done)


class Life:
    """The rounds of one store."""

    def __init__(self, project, seed, counts):
        self.random = random.Random(seed)
        self.project, self.counts = project, counts
        self.clock = Clock(project.root, instant(BEGIN))
        self.rests = []  # when a daemon was seen to have nothing to do

    def down_for(self):
        return self.random.choice([0, self.random.randrange(12 * MINUTE), self.random.randrange(3 * HOUR), HOUR // 2])

    def kills(self):
        """Where this round's daemon, or one of its processes, is to die."""
        kills = {}
        if self.random.random() < 0.9:
            kills["STEERED_KILL_DAEMON"] = self.random.randrange(1, STEPS)
        if self.random.random() < 0.3:
            kills["STEERED_KILL_FIRE"] = self.random.randrange(1, STEPS)
        return kills

    def rest(self, daemon):
        if not daemon.settle(may_die=True):
            return False
        self.rests.append(self.clock.now)
        return True

    def round(self, **kills):
        """Up for some due times; then it ends as it may."""
        self.clock.move(self.clock.now + self.down_for())
        daemon = Daemon(self.project, self.clock, **kills)
        try:
            up = self.rest(daemon)
            for _ in range(self.random.randrange(3)):
                if not up or daemon.alarm() > self.clock.now + DAY:
                    break
                self.clock.move(max(daemon.alarm(), self.clock.now) + self.random.choice([0, 0, 1000]))
                up = self.rest(daemon)
        finally:
            self.counts["kills at work" if not daemon.alive() else "kills at rest"] += 1
            daemon.kill()
        self.counts["down-times"] += 1

    def waiting(self):
        return [f for f in firings(self.project) if f["state"] in ("planned", "running")]

    def last(self):
        """Undisturbed, until nothing waits any more: what was started before lives on, and is looked at every few seconds."""
        daemon = Daemon(self.project, self.clock)
        try:
            need(self.rest(daemon), "the last daemon died")
            end = time.monotonic() + 120
            while self.waiting() and time.monotonic() < end:
                self.clock.move(self.clock.now + 5000)
                need(self.rest(daemon), "the last daemon died")
                time.sleep(0.01)
            daemon.stop()
        finally:
            daemon.kill()

    def check(self):
        ledger = collections.Counter(self.project.ledger())
        rows = firings(self.project)
        need(not self.waiting(), "something waits in the end:", self.waiting())
        need(max(ledger.values(), default=0) <= 1, "a run had its effect twice")
        need(not [r for r in rows if r["exit"] == 75], "a run met another one of its runbook, and lost its turn")
        runs = [r["run"] for r in rows if r["run"]]
        need(len(set(runs)) == len(runs), "two firings had one run")
        need(sum(ledger.values()) <= len([r for r in rows if r["state"] in ("ended", "lost")]), "more effects than firings")
        for row in rows:
            if row["state"] == "ended" and row["exit"] == 0:
                need(ledger[row["run"]] == 1, "it succeeded without an effect:", row)
        for policy, at in SCHEDULES.items():
            mine = [r for r in rows if r["runbook"] == f"m/{policy}"]
            self.check_policy(policy, mine, due_times(at, ZONE, instant(BEGIN), self.clock.now))
        self.counts["due times"] += sum(r["count"] for r in rows)
        self.counts["fired"] += len([r for r in rows if r["state"] != "skipped"])
        self.counts["lost"] += len([r for r in rows if r["state"] == "lost"])

    def check_policy(self, policy, rows, due):
        decided = collections.defaultdict(list)  # instant -> [(due, fired)]
        at = 0
        for row in rows:
            covered = due[at : at + row["count"]]
            at += row["count"]
            whole = covered and covered[0] == row["first_ms"] and covered[-1] == row["due_ms"]
            need(whole, f"missed: {policy}: a due time is not recorded once:", row, covered[:3])
            decided[row["decided_ms"]] += [(d, row["start_ms"] if row["state"] != "skipped" else None) for d in covered]
        need(at == len(due), f"missed: {policy}: {len(due)} were due, {at} are recorded")
        for when, together in decided.items():
            first = next((r for r in self.rests if r >= together[0][0]), when)
            need(together[-1][0] <= when <= first, f"missed: {policy}: decided too early or too late:", when, together)
            fired = [d for d, start in together if start is not None]
            need(fired == self.expected(policy, when, [d for d, _ in together]), f"missed: {policy}:", when, together)

    def expected(self, policy, when, due):
        if policy == "skip":
            return due[-1:] if when - due[-1] <= ON_TIME else []
        return due[-1:] if policy == "one" else due[-CATCH_UP:]


def go(seed, rounds, counts):
    def work(project):
        life = Life(project, seed, counts)
        declare(project, life.clock)
        for _ in range(rounds):
            life.round(**life.kills())
        life.last()
        life.check()
        project.integrity()

    return in_a_project(work, prefix="rbk-down-")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts = collections.Counter()
    stores = range(0, options.rounds, ROUNDS_EACH)
    try:
        with ThreadPoolExecutor(options.jobs) as pool:
            work = lambda at: go(options.seed + at, min(ROUNDS_EACH, options.rounds - at), counts)  # noqa: E731
            outcomes = list(pool.map(work, stores))
    except Skip as reason:
        print(f"downtimes: skipped: {reason}")
        return 0
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return report("downtimes", outcomes, f"stores with {options.rounds} rounds")


if __name__ == "__main__":
    sys.exit(main())
