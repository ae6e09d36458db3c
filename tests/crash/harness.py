"""What the programs of this folder share: a project in a folder of its own, the built program in it, the ledger that its
steps write, the database as SQLite sees it, the processes as /proc sees them, and the last line of every program."""

import json
import os
import pathlib
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
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "USER": "crash", "LANG": "C.UTF-8"}
ENVIRON.update((k, v) for k, v in os.environ.items() if k.endswith("SAN_OPTIONS"))
# Leaks cannot be looked for under strace; every other suite does.
ENVIRON["ASAN_OPTIONS"] = ENVIRON.get("ASAN_OPTIONS", "") + ":detect_leaks=0"


class Violation(Exception):
    """A promise that was not kept."""


class Skip(Exception):
    """This machine does not allow the experiment."""


def need(condition, text, *details):
    if not condition:
        raise Violation(" ".join([text, *map(describe, details)]))


def describe(thing):
    if isinstance(thing, subprocess.CompletedProcess):
        return f"[exit {thing.returncode}] {thing.stdout}{thing.stderr}"
    return str(thing)


class Project:
    """A folder with a configuration and runbooks."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.state = self.root / ".runbook"
        self.write("runbook.yaml", "project: crash\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            file.write_bytes(text)
        else:
            file.write_text(text)
        return file

    def runbook(self, name, text):
        return self.write(f"runbooks/{name}.lua", text)

    def command(self, *args, env=None, prefix=(), timeout=600):
        return subprocess.run(
            [*prefix, PROGRAM, *args],
            cwd=self.root,
            env={**ENVIRON, **(env or {})},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *args, env=None, prefix=()):
        """In the background, what it says going to a file that `said` reads."""
        with open(self.root / "said", "wb") as said:
            return subprocess.Popen(
                [*prefix, PROGRAM, *args],
                cwd=self.root,
                env={**ENVIRON, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def said(self):
        return (self.root / "said").read_text(errors="replace")

    def ledger(self):
        file = self.root / "ledger"
        return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []

    def json(self, *args):
        done = self.command(*args, "--json")
        need(done.returncode == 0, f"`{' '.join(args)}` failed:", done)
        return json.loads(done.stdout)

    def runs(self):
        return self.json("history")["runs"]

    def document(self):
        """The newest run as `status RUN --json` tells it, None without any."""
        runs = self.runs()
        return self.json("status", runs[0]["run"]) if runs else None

    def settled(self):
        """The document once the kernel has dropped a dead engine's lock. A child that was between its birth and its exec
        still holds a copy, for as long as it takes to see that its parent is gone."""
        end = time.monotonic() + 30
        while True:
            document = self.document()
            if document is None or document["state"] != "running" or time.monotonic() > end:
                return document

    def integrity(self):
        file = self.state / "state.db"
        if not file.exists() or file.stat().st_size == 0:
            return
        db = sqlite3.connect(file)
        answer = db.execute("PRAGMA integrity_check").fetchall()
        db.close()
        need(answer == [("ok",)], "integrity:", answer)


def in_a_project(work, prefix="rbk-crash-", make=Project):
    """work(project) in a fresh folder. A violation's text or None; the folder of a violation is kept."""
    root = tempfile.mkdtemp(prefix=prefix, dir="/tmp")
    try:
        work(make(root))
    except Violation as v:
        return f"{v}  (kept: {root})"
    except (subprocess.TimeoutExpired, ValueError, KeyError, OSError) as v:
        return f"{type(v).__name__}: {v}  (kept: {root})"
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
    shutil.rmtree(root, ignore_errors=True)
    return None


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise Violation(f"waited {seconds}s for {what}")


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def children_of(pid):
    """The direct children that live: pid -> start time, by which each is known for good."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found[int(entry.parent.name)] = fields[19]
    return found


def is_alive(pid, started):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == started and fields[0] != "Z"


def processes_with(text):
    """Who carries a text in its arguments or its environment, the dead excepted."""
    found, wanted = [], text.encode()
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (entry / "environ").read_bytes() or wanted in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def report(name, outcomes, note=""):
    """Prints what went wrong and one line at the end; the exit status. An outcome is a violation's text or None."""
    violations = [o for o in outcomes if o]
    for violation in violations:
        print(violation)
    print(f"{name}: {len(outcomes)} {note or 'experiments'}, {len(violations)} violations", flush=True)
    return 1 if violations or not outcomes else 0


def experiment(title, work):
    """'ok', 'skip' or 'FAIL', and the text for the end. Prints a line."""
    began = time.monotonic()
    try:
        failed = in_a_project(work)
    except Skip as reason:
        print(f"skip  {title}: {reason}", flush=True)
        return "skip", None
    state = "FAIL" if failed else "ok"
    print(f"{state:<5} {title}  {time.monotonic() - began:.1f}s", flush=True)
    return state, failed and f"{title}: {failed}"


def main(name, experiments, jobs=1):
    """For programs whose experiments are functions (project) with a title: all, or those whose title has a wanted word.
    With several jobs, so many at once."""
    wanted = sys.argv[1:]
    chosen = [e for e in experiments if not wanted or any(w in e[0] for w in wanted)]
    with ThreadPoolExecutor(jobs) as pool:
        states = list(pool.map(lambda e: experiment(*e), chosen))
    outcomes = [failed for state, failed in states if state != "skip"]
    if states and not outcomes:
        print(f"{name}: everything was skipped")
        sys.exit(0)
    sys.exit(report(name, outcomes))
