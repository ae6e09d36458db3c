#!/usr/bin/env python3
"""Kills runs and looks at what is left.

Every round: a fresh project with one of the scenarios of scenarios.py, brought to its end by what an operator does: run it,
look, approve, answer, resume. Some of these commands are killed with SIGKILL. After each of them

 - the database passes integrity_check,
 - `status` shows no step twice, and what it calls succeeded stands in the ledger exactly once,
 - a step that was in flight and is not idempotent is in-doubt, never silently repeated or skipped, and `resume` alone
   refuses with exit 4 and runs nothing,
 - `resume`, told the truth of the ledger, goes on.

In the end the run has the state that it has undisturbed, every step that is not idempotent stands in the ledger exactly
once, and every gate has the name of who opened it.

    crash.py syscalls [--every N] [--scenario NAME]   at every system call of every command (strace fault injection)
    crash.py random [--count N] [--scenario NAME]     N rounds (default 2000), each with one to four kills at random instants

Prints one line at the end and exits 1 on any violation.
"""

import argparse
import random
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from harness import in_a_project, need, report
from scenarios import ALL

EXIT_OF = {"succeeded": 0, "failed": 1, "waiting": 3}
PATIENCE = 60  # commands until a round must have come to its end


class KillAt:
    """At the Nth system call of a name."""

    def __init__(self, name, index):
        self.name, self.index = name, index

    def __str__(self):
        return f"at {self.name} #{self.index}"

    def do(self, project, args):
        inject = f"inject={self.name}:signal=KILL:when={self.index}"
        strace = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={self.name}", "-e", inject]
        done = project.command(*args, prefix=strace)
        done.killed = done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
        return done


class KillAfter:
    """After so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __str__(self):
        return f"after {self.seconds * 1000:.2f} ms"

    def do(self, project, args):
        process = project.start(*args)
        time.sleep(self.seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.CompletedProcess(args, process.returncode, project.said(), "")
        done.killed = process.returncode == -signal.SIGKILL
        return done


class Count:
    """Undisturbed: how long it takes and which system calls it makes."""

    def __init__(self):
        self.calls, self.seconds = {}, 0

    def do(self, project, args):
        log = project.root / "trace"
        done = project.command(*args, prefix=["strace", "-qq", "-o", str(log)])
        for line in log.read_text(errors="replace").splitlines():
            match = re.match(r"(\w+)\(", line)
            if match:
                self.calls[match[1]] = self.calls.get(match[1], 0) + 1
        log.unlink()
        done.killed = False
        return done


class Undisturbed:
    def do(self, project, args):
        began = time.monotonic()
        done = project.command(*args)
        self.seconds = time.monotonic() - began
        done.killed = False
        return done


class Operator:
    """Brings one run to its end. kills: what happens to the first, the second, .. command; None is nothing."""

    def __init__(self, project, scenario, kills):
        self.project, self.scenario, self.kills = project, scenario, list(kills)
        for name, text in scenario.runbooks.items():
            project.runbook(name, text)

    def act(self, *args):
        kill = self.kills.pop(0) if self.kills else None
        done = (kill or Undisturbed()).do(self.project, args)
        if not done.killed:
            self.check_exit(args, done)

    def check_exit(self, args, done):
        if args[0] == "approve":
            need(done.returncode == 0, f"{args} gave", done)
            return
        document = self.project.settled()
        if self.scenario.dies and done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL):
            return
        need(document and EXIT_OF.get(document["state"]) == done.returncode, f"{args} gave", done, document)

    def steps(self, document):
        """Of the run and of those that it called, each once."""
        found, seen = [], set()
        for step in document["steps"]:
            need(step["key"] not in seen, f"step {step['key']} is listed twice")
            seen.add(step["key"])
            found.append(step)
            if step["child_run"]:
                found += self.steps(self.project.json("status", step["child_run"]))
        return found

    def check_steps(self, document):
        """What is recorded agrees with the ledger. Returns the words of the steps that a person must decide."""
        ledger, doubtful = self.project.ledger(), []
        for step in self.steps(document):
            word = f"{step['id']}_{step['item']}" if step["item"] else step["id"]
            written, often = ledger.count(word), word in self.scenario.often
            if word not in self.scenario.once and not often:
                continue
            if step["state"] in ("succeeded", "undone"):
                enough = written >= 1 if often else written == 1
                need(enough, f"{word} is {step['state']} and stands {written} times in the ledger")
            if step["state"] == "in-doubt" and word not in self.scenario.verified:
                doubtful.append(word)
            asks_first = step["state"] == "waiting" and step["attempts"] == 0
            if asks_first or step["state"] in ("pending", "skipped"):
                need(often or not written, f"{word} is {step['state']} but was executed")
        return doubtful

    def answers(self, document):
        given = []
        for question in document["waiting_for"]:
            given += [name for name in question["answers"]]
        return [arg for name in dict.fromkeys(given) for arg in ("--answer", f"{name}={self.scenario.answers[name]}")]

    def resume(self, document, doubtful):
        ledger = self.project.ledger()
        truths = {word in ledger for word in doubtful}
        args = ["resume", document["run"]]
        if doubtful:
            refused = self.project.command(*args)
            need(refused.returncode == 4 and self.project.ledger() == ledger, "resume in doubt gave", refused)
        if len(truths) == 2:
            self.untell(doubtful)
            truths = {False}
        if truths:
            args += ["--assume", "done" if truths.pop() else "not-done"]
        self.act(*args)

    def untell(self, words):
        """Steps in doubt at once with different truths get one answer: all are retold to the ledger as not done."""
        file = self.project.root / "ledger"
        kept = [line for line in file.read_text().splitlines() if line.split()[0] not in words]
        file.write_text("".join(line + "\n" for line in kept))

    def step_further(self):
        """One command; false when there is nothing left to do."""
        self.project.integrity()
        document = self.project.settled()
        if document is None:
            need(not self.project.ledger(), "steps were executed but no run is recorded")
            self.act(self.scenario.runbook())
            return True
        doubtful = self.check_steps(document)
        if document["state"] in self.scenario.final:
            return False
        if document["state"] == "waiting" and document["waiting_for"]:
            self.act("approve", document["run"], *self.answers(document))
        elif document["state"] in ("waiting", "interrupted"):
            self.resume(document, doubtful)
        else:
            need(False, f"the run is {document['state']}")
        return True

    def work(self):
        commands = 0
        while self.step_further():
            commands += 1
            need(commands < PATIENCE, "the run does not come to an end")
        self.check_end()

    def check_end(self):
        ledger = self.project.ledger()
        for word in self.scenario.once:
            need(ledger.count(word) == 1, f"{word} stands {ledger.count(word)} times in the ledger:", ledger)
        for word in self.scenario.often:
            need(word in ledger, f"{word} does not stand in the ledger:", ledger)
        for word in self.scenario.never:
            need(word not in ledger, f"{word} was executed")
        steps = {s["key"]: s for s in self.project.document()["steps"]}
        for key in self.scenario.approved:
            approved = steps[key].get("approved")
            need(approved and approved["by"] == "crash", f"{key} does not say who approved it")


def one_round(scenario, kills):
    failed = in_a_project(lambda project: Operator(project, scenario, kills).work())
    return failed and f"{scenario.name} killed {', '.join(str(k or 'not at all') for k in kills)}: {failed}"


def undisturbed(scenario, make):
    """One round in which nothing is killed; what each command needed."""
    observers = [make() for _ in range(PATIENCE)]
    used = []

    def work(project):
        operator = Operator(project, scenario, observers)
        operator.work()
        used.extend(observers[: PATIENCE - len(operator.kills)])

    failed = in_a_project(work)
    if failed:
        sys.exit(f"{scenario.name} undisturbed: {failed}")
    return used


def every_system_call(scenario):
    """(scenario, kills) for each call of each command."""
    for position, command in enumerate(undisturbed(scenario, Count)):
        for name, count in sorted(command.calls.items()):
            for index in range(1, count + 1):
                yield scenario, [None] * position + [KillAt(name, index)]


def random_kills(scenario, seconds, rng):
    """One to four of the first commands, each at any instant of its usual duration."""
    kills = []
    for i in range(rng.randint(1, 4)):
        usual = seconds[min(i, len(seconds) - 1)]
        kills.append(KillAfter(rng.uniform(0, usual * 1.1)))
    return scenario, kills


def plan(o, rng):
    chosen = [s for s in ALL.values() if o.scenario in (None, s.name)]
    if o.mode == "syscalls":
        points = [point for s in chosen for point in every_system_call(s)]
        return points[rng.randrange(o.every) :: o.every]
    seconds = {s.name: [c.seconds for c in undisturbed(s, Undisturbed)] for s in chosen}
    return [random_kills(s, seconds[s.name], rng) for s in (rng.choice(chosen) for _ in range(o.count))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["syscalls", "random"])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--scenario", choices=sorted(ALL))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--jobs", type=int, default=2)
    o = parser.parse_args()
    rounds = plan(o, random.Random(o.seed))
    kills = sum(1 for _, round_kills in rounds for k in round_kills if k)
    with ThreadPoolExecutor(o.jobs) as pool:
        outcomes = list(pool.map(lambda r: one_round(*r), rounds))
    return report(f"crash {o.mode}", outcomes, f"rounds with {kills} kills (seed {o.seed})")


if __name__ == "__main__":
    sys.exit(main())
