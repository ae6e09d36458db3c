#!/usr/bin/env python3
"""Lets the process zoo (zoo.c) loose in steps of real runs and looks for what is left of it.

Every animal carries a tag in its arguments and the marker of its step in its environment (except those that throw their
environment away). After `cancel`, after a time-out of the step, after Ctrl-C, after the step's own end, and after SIGKILL of
the engine followed by `resume`, a scan of /proc finds nothing that carries either. docs/processes.md says what cannot be
promised, and why.

    zoo.py [WORD..]     all experiments, or those whose name has one of the words
"""

import os
import pathlib
import shlex
import signal
import uuid

from harness import children_of, is_alive, kill, main, need, processes_with, wait_for

ZOO = os.environ.get("ZOO", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tests" / "zoo"))
STAYING = ["ignores-term", "double-fork-and-stay", "new-session", "stopped", "storm", "flood"]
NAMELESS = "nameless-and-stay"  # a daemon without its environment: known only as long as its engine lives
LEAVING = ["double-fork", "nameless", "silent-holder", "stubborn-holder", "flooding-leftover"]

RUNBOOK = """
runbook "Zoo" {}
step "First" { run = "echo first >> ledger" }
step "Let it loose" { %s run = [[ test -e seen && exit 0; touch seen; exec %s %s %s ]] }
step "After" { run = "echo after >> ledger" }
"""


CALLER = """
runbook "Caller" {}
step "Before" { run = "echo before >> ledger" }
parallel "Both" {
  step "Call it" { call = "crash/zoo" },
  step "Beside" { run = "sleep 0.1", idempotent = true },
}
"""


class Cage:
    """One animal in one run."""

    def __init__(self, project, animal, keys="", called=False):
        self.project, self.tag = project, f"zoo-{uuid.uuid4().hex}"
        self.animal, self.name = animal, "crash/caller" if called else "crash/zoo"
        project.runbook("crash/zoo", RUNBOOK % (keys, shlex.quote(ZOO), animal, self.tag))
        project.runbook("crash/caller", CALLER)

    def start(self):
        """Once it is there, with all that it makes at first."""
        self.engine = self.project.start(self.name)
        wait_for(lambda: processes_with(self.tag) and self.is_ready(), f"{self.animal}: {self.project.said()}")
        self.run = self.project.runs()[0]["run"]

    def is_ready(self):
        logs = list((self.project.state / "logs").glob("*/let_it_loose*.log"))
        return any(log.stat().st_size > 0 for log in logs) if self.animal != "flood" else bool(logs)

    def left(self):
        return processes_with(self.tag) + processes_with(f"RUNBOOK_MARK={self.run}/")

    def check_empty(self, when):
        left = self.left()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        need(not left, f"{self.animal}: {len(left)} processes are left {when}")

    def step(self):
        return next(s for s in self.project.document()["steps"] if s["id"] == "let_it_loose")


def after_cancel(animal):
    def work(project):
        cage = Cage(project, animal)
        cage.start()
        done = project.command("cancel", cage.run)
        need(done.returncode == 0, "cancel gave", done)
        need(cage.engine.wait(60) == 130, f"the run exited {cage.engine.returncode}:", project.said())
        cage.check_empty("after cancel")
        need(project.ledger() == ["first"], "the run went on:", project.ledger())

    return work


def after_interrupt(animal, times):
    def work(project):
        cage = Cage(project, animal)
        cage.start()
        for _ in range(times):
            cage.engine.send_signal(signal.SIGINT)
            wait_for(lambda: "Ctrl-C again" in project.said(), "the answer to Ctrl-C")
        need(cage.engine.wait(60) == 130, f"the run exited {cage.engine.returncode}:", project.said())
        cage.check_empty(f"after {times} Ctrl-C")

    return work


def after_signal(animal, signo, status):
    """TERM and HUP end the step and leave the run to be resumed."""

    def work(project):
        cage = Cage(project, animal)
        cage.start()
        cage.engine.send_signal(signo)
        need(cage.engine.wait(60) == status, f"the run exited {cage.engine.returncode}:", project.said())
        cage.check_empty(f"after signal {signo}")
        done = project.command("resume", cage.run, "--assume", "not-done")
        need(done.returncode == 0, "resume gave", done)

    return work


def after_timeout(animal):
    def work(project):
        cage = Cage(project, animal, 'timeout = "5s",')
        done = project.command("crash/zoo")
        need(done.returncode == 124, "the run gave", done)
        cage.run = project.runs()[0]["run"]
        need(cage.is_ready(), "the animal never came on stage")
        cage.check_empty("after the time-out")
        need(cage.step()["state"] == "timed-out", "the step is", cage.step())

    return work


def after_its_end(animal):
    """The step's own process exits 0 and leaves others behind: it has succeeded, they are ended and reported."""

    def work(project):
        cage = Cage(project, animal)
        done = project.command("crash/zoo")
        need(done.returncode == 0, "the run gave", done)
        cage.run = project.runs()[0]["run"]
        cage.check_empty("after the step")
        need(cage.step()["state"] == "succeeded", "the step is", cage.step())
        need("left running" in (cage.step()["detail"] or ""), "what was ended is not reported:", cage.step())
        need(project.ledger() == ["first", "after"], "the ledger says", project.ledger())

    return work


def after_kill(animal, resumed_empty=True, called=False):
    """Direct children are gone at once, by the parent-death signal; `resume` ends the others before it decides."""

    def work(project):
        cage = Cage(project, animal, called=called)
        cage.start()
        before = project.ledger()
        direct = children_of(cage.engine.pid)
        need(direct, "the engine has no children")
        kill(cage.engine)
        first = min(direct)
        wait_for(lambda: not is_alive(first, direct[first]), "the direct child to die with its engine")
        refused = project.command("resume", cage.run)
        need(refused.returncode == 4, "resume gave", refused)
        if resumed_empty:
            cage.check_empty("after resume has said that the step is in doubt")
        need(project.ledger() == before, "something was run:", project.ledger())
        done = project.command("resume", cage.run, "--assume", "not-done")
        need(done.returncode == 0, "resume gave", done)
        need(project.ledger() == [*before, "after"], "the ledger says", project.ledger())
        for pid in processes_with(cage.tag):
            os.kill(pid, signal.SIGKILL)

    return work


def experiments():
    for animal in [*STAYING, NAMELESS]:
        yield f"cancel {animal}", after_cancel(animal)
        yield f"timeout {animal}", after_timeout(animal)
        yield f"kill {animal}", after_kill(animal, resumed_empty=animal != NAMELESS)
    for animal in ("double-fork-and-stay", "new-session"):
        yield f"kill in a call {animal}", after_kill(animal, called=True)
    yield "term stopped", after_signal("stopped", signal.SIGTERM, 143)
    yield "hup ignores-term", after_signal("ignores-term", signal.SIGHUP, 129)
    for animal in ("ignores-term", "storm", "stopped"):
        yield f"ctrl-c {animal}", after_interrupt(animal, 1)
        yield f"ctrl-c twice {animal}", after_interrupt(animal, 2)
    for animal in LEAVING:
        yield f"end {animal}", after_its_end(animal)


if __name__ == "__main__":
    main("zoo", list(experiments()), jobs=4)
