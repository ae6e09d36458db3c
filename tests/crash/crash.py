#!/usr/bin/env python3
"""Kills a run and looks at what is left.

Every round: a fresh project with a six-step runbook, whose steps write one word each to a ledger (append-only, written by
the steps themselves, not by the engine); the engine is killed with SIGKILL somewhere; then

 - the database passes integrity_check,
 - `status` shows no step twice, and what it calls succeeded stands in the ledger exactly once,
 - a step that was in flight and is not idempotent is in-doubt, never silently repeated or skipped,
 - `resume`, told the truth of the ledger, completes the run with exit 0,
 - afterwards every step that is not idempotent stands in the ledger exactly once.

    crash.py syscalls [--every N]   at every system call of the engine (strace fault injection), or every Nth
    crash.py random [--count N]     at N random instants (default 2000)

Prints one line at the end and exits 1 on any violation.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("RUNBOOK", str(SOURCE / "build" / "runbook"))
RUNBOOK = """
runbook "Six steps" {}
step "One" { run = "echo one >> ledger" }
step "Two" { run = { "sh", "-c", "echo two >> ledger; echo value=7" }, capture = { value = "value=(%d+)" }, check = "value == 7" }
step "Three" { run = function(ctx) assert(ctx:exec "echo three >> ledger") end }
parallel "Four" {
  step "Four a" { run = "echo four_a >> ledger" },
  step "Four b" { run = "echo four_b >> ledger" },
}
step "Five" { run = "echo five >> ledger", idempotent = true }
step "Six" { run = "echo six $value >> ledger" }
"""
ONCE = ["one", "two", "three", "four_a", "four_b", "six"]
STATES = ("one", "two", "three", "four_a", "four_b", "five", "six")
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "USER": "crash", "LANG": "C.UTF-8"}


class Violation(Exception):
    pass


class Round:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        (self.root / "runbooks" / "crash").mkdir(parents=True)
        (self.root / "runbook.yaml").write_text("project: crash\n")
        (self.root / "runbooks" / "crash" / "six.lua").write_text(RUNBOOK)

    def command(self, *args):
        return subprocess.run(
            [PROGRAM, *args], cwd=self.root, env=ENVIRON, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )

    def ledger(self):
        file = self.root / "ledger"
        return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []

    def document(self):
        listed = self.command("history", "--json")
        if listed.returncode != 0:
            raise Violation(f"history failed: {listed.stdout}{listed.stderr}")
        runs = json.loads(listed.stdout)["runs"]
        if not runs:
            return None
        shown = self.command("status", runs[0]["run"], "--json")
        if shown.returncode != 0:
            raise Violation(f"status failed: {shown.stdout}{shown.stderr}")
        return json.loads(shown.stdout)

    def check_integrity(self):
        file = self.root / ".runbook" / "state.db"
        if not file.exists() or file.stat().st_size == 0:
            return
        db = sqlite3.connect(file)
        answer = db.execute("PRAGMA integrity_check").fetchall()
        db.close()
        if answer != [("ok",)]:
            raise Violation(f"integrity: {answer}")

    def settled(self):
        """The document once the kernel has dropped the dead engine's lock. A child that was between its birth and its exec
        still holds a copy, for as long as it takes to see that its parent is gone."""
        end = time.monotonic() + 2
        while True:
            document = self.document()
            if document is None or document["state"] != "running" or time.monotonic() > end:
                return document

    def steps(self, document):
        found = {}
        for step in document["steps"]:
            if step["id"] in found:
                raise Violation(f"step {step['id']} is listed twice")
            found[step["id"]] = step
        return found

    def check_states(self, document):
        """What is recorded agrees with the ledger. Returns the steps in doubt."""
        ledger, doubtful = self.ledger(), []
        if document["state"] not in ("interrupted", "succeeded"):
            raise Violation(f"the run is {document['state']}")
        for name, step in self.steps(document).items():
            if name not in STATES:
                continue
            written = ledger.count(name)
            if step["state"] == "succeeded" and (written < 1 if name == "five" else written != 1):
                raise Violation(f"{name} is recorded as succeeded and stands {written} times in the ledger")
            if step["state"] == "in-doubt":
                doubtful.append(name)
            if step["state"] == "pending" and written and name != "five":
                raise Violation(f"{name} is pending but was executed")
        return doubtful

    def resume_to_the_end(self):
        """Resumes, telling the truth of the ledger about steps in doubt, until the run has succeeded."""
        for _ in range(10):
            document = self.settled()
            if document is None:
                if self.ledger():
                    raise Violation("steps were executed but no run is recorded")
                done = self.command("crash/six")
                if done.returncode != 0:
                    raise Violation(f"a fresh run failed: {done.stdout}{done.stderr}")
                continue
            doubtful = self.check_states(document)
            if document["state"] == "succeeded":
                return
            self.resume_once(document, doubtful)
        raise Violation("resume does not come to an end")

    def resume_once(self, document, doubtful):
        ledger = self.ledger()
        truths = {name in ledger for name in doubtful}
        args = ["resume", document["run"]]
        if doubtful:
            refused = self.command(*args)
            if refused.returncode != 4 or self.ledger() != ledger:
                raise Violation(f"resume in doubt gave {refused.returncode}: {refused.stdout}{refused.stderr}")
        if len(truths) == 2:
            return self.resume_split(document, doubtful)
        if truths:
            args += ["--assume", "done" if truths.pop() else "not-done"]
        self.finish(document["run"], self.command(*args))

    def finish(self, run, done):
        """A step taken as done has not captured its fact: the run asks for it, and is told."""
        if done.returncode == 3:
            answered = self.command("approve", run, "--answer", "value=7")
            if answered.returncode != 0:
                raise Violation(f"approve gave {answered.returncode}: {answered.stdout}{answered.stderr}")
            done = self.command("resume", run)
        if done.returncode != 0:
            raise Violation(f"resume gave {done.returncode}: {done.stdout}{done.stderr}")

    def resume_split(self, document, doubtful):
        """Two parallel steps in doubt with different truths: both are retold to the ledger as not done."""
        keep = [line for line in (self.root / "ledger").read_text().splitlines() if line.split()[0] not in doubtful]
        (self.root / "ledger").write_text("".join(line + "\n" for line in keep))
        self.finish(document["run"], self.command("resume", document["run"], "--assume", "not-done"))

    def verify(self):
        self.check_integrity()
        self.resume_to_the_end()
        self.check_integrity()
        ledger = self.ledger()
        for name in ONCE:
            if ledger.count(name) != 1:
                raise Violation(f"{name} stands {ledger.count(name)} times in the ledger: {ledger}")


def in_a_project(work):
    """Runs work(round) in a fresh project; returns a violation's text or None, and keeps the folder of a violation."""
    root = tempfile.mkdtemp(prefix="rbk-crash-")
    try:
        work(Round(root))
    except Violation as v:
        return f"{v}  (kept: {root})"
    except (subprocess.TimeoutExpired, ValueError) as v:
        return f"{type(v).__name__}: {v}  (kept: {root})"
    shutil.rmtree(root, ignore_errors=True)
    return None


def system_calls():
    """How often the engine makes each system call in one undisturbed run."""
    counts = {}

    def trace(r):
        log = r.root / "trace"
        subprocess.run(
            ["strace", "-qq", "-o", log, PROGRAM, "crash/six"], cwd=r.root, env=ENVIRON, check=True, stdout=subprocess.DEVNULL
        )
        for line in log.read_text(errors="replace").splitlines():
            match = re.match(r"(\w+)\(", line)
            if match:
                counts[match[1]] = counts.get(match[1], 0) + 1
        (r.root / "trace").unlink()

    failed = in_a_project(trace)
    if failed:
        sys.exit(failed)
    return counts


def kill_at(name, index):
    def work(r):
        inject = f"inject={name}:signal=KILL:when={index}"
        subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", inject, PROGRAM, "crash/six"],
            cwd=r.root,
            env=ENVIRON,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )
        r.verify()

    failed = in_a_project(work)
    return failed and f"killed at {name} #{index}: {failed}"


def kill_after(seconds):
    def work(r):
        process = subprocess.Popen(
            [PROGRAM, "crash/six"], cwd=r.root, env=ENVIRON, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        r.verify()

    failed = in_a_project(work)
    return failed and f"killed after {seconds * 1000:.2f} ms: {failed}"


def usual_seconds():
    durations = []

    def work(r):
        begin = time.monotonic()
        done = r.command("crash/six")
        durations.append(time.monotonic() - begin)
        if done.returncode != 0:
            raise Violation(f"the undisturbed run failed: {done.stdout}{done.stderr}")

    for _ in range(3):
        failed = in_a_project(work)
        if failed:
            sys.exit(failed)
    return max(durations)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["syscalls", "random"])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    o = parser.parse_args()
    seed = o.seed if o.seed is not None else random.randrange(1 << 32)
    rng = random.Random(seed)
    with ThreadPoolExecutor(o.jobs) as pool:
        if o.mode == "syscalls":
            points = [(name, i) for name, n in sorted(system_calls().items()) for i in range(1, n + 1)]
            points = points[seed % o.every :: o.every]
            results = list(pool.map(lambda p: kill_at(*p), points))
        else:
            longest = usual_seconds() * 1.1
            results = list(pool.map(kill_after, [rng.uniform(0, longest) for _ in range(o.count)]))
    violations = [r for r in results if r]
    for violation in violations:
        print(violation)
    print(f"crash {o.mode}: {len(results)} kills, {len(violations)} violations (seed {seed})")
    return 1 if violations or not results else 0


if __name__ == "__main__":
    sys.exit(main())
