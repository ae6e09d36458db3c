#!/usr/bin/env python3
"""Storage that fails.

Every experiment breaks something under a real run: the answer is a clear error and exit 5 or 2, no process is left, nothing
that was recorded is lost, and once the fault is gone the run goes on or the next one works.

    storage.py [WORD..]     all experiments, or those whose name has one of the words
"""

import os
import shutil
import sqlite3
import subprocess

from harness import ENVIRON, PROGRAM, Skip, kill, main, need, processes_with, wait_for

STEPS = """
runbook "Steps" {}
step "One" { run = "echo one >> ledger; echo 1" }
step "Two" { run = "touch reached; while test ! -e broken; do sleep 0.02; done; echo two >> ledger" }
step "Three" { run = "echo three >> ledger" }
"""
QUICK = 'runbook "Quick" {}\nstep "One" { run = "echo quick >> ledger" }\n'


def check_refused(done, status, *words):
    need(done.returncode in status, "it gave", done)
    for word in words:
        need(word in done.stderr + done.stdout, f'it does not say "{word}":', done)


def check_works(project, name="crash/quick"):
    project.runbook("crash/quick", QUICK)
    done = project.command(name)
    need(done.returncode == 0, "once the fault is gone, a run gave", done)
    project.integrity()


def break_in_the_middle(project, fault, mend):
    """A run whose storage breaks while step Two is in flight. Then resumed, told the truth of the ledger."""
    project.runbook("crash/steps", STEPS)
    process = project.start("crash/steps")
    try:
        wait_for((project.root / "reached").exists, "step Two")
        fault()
        (project.root / "broken").touch()
        status = process.wait(60)
        said = project.said()
    finally:
        kill(process)
        mend()
    need(status == 5, f"the run exited {status}:", said)
    need("runbook: " in said, "it does not say why:", said)
    document = project.settled()
    run = document["run"]
    need(not processes_with(f"RUNBOOK_MARK={run}/"), "processes are left")
    project.integrity()
    states = {s["id"]: s["state"] for s in document["steps"]}
    need(document["state"] == "interrupted" and states["one"] == "succeeded", "the record says", states)
    ledger = project.ledger()
    truth = "done" if "two" in ledger else "not-done"
    done = project.command("resume", run, "--assume", truth)
    need(done.returncode == 0, "resume gave", done)
    need(project.ledger() == ["one", "two", "three"], "the ledger says", project.ledger())
    return said


def full_disk(project):
    need_root()
    project.state.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "none", str(project.state))
    filler = project.state / "filler"

    def fill():
        try:
            with open(filler, "wb", buffering=0) as f:
                while True:
                    f.write(b"x" * 4096)
        except OSError:
            pass

    try:
        said = break_in_the_middle(project, fill, filler.unlink)
        need("full" in said, "it does not say that the disk is full:", said)
        fill()
        before = project.ledger()
        check_refused(project.command("crash/steps"), (5,), "full")
        need(project.ledger() == before, "something was run on a full disk")
        filler.unlink()
        check_works(project)
    finally:
        unmount(project.state)


def full_from_the_start(project):
    """So small that not even the tables fit."""
    need_root()
    project.state.mkdir()
    project.runbook("crash/quick", QUICK)
    mount("-t", "tmpfs", "-o", "size=16k", "none", str(project.state))
    try:
        check_refused(project.command("crash/quick"), (5,), "full")
    finally:
        unmount(project.state)
    need(project.ledger() == [], "something was run without a record")
    check_works(project)


def read_only_folder(project):
    need_root()
    check_works(project)
    mount("--bind", str(project.state), str(project.state))
    mount("-o", "remount,ro,bind", str(project.state))
    try:
        check_refused(project.command("crash/quick"), (5,), "read-only")
        need(project.ledger() == ["quick"], "something was run without a record")
        need(len(project.runs()) == 1, "what was recorded cannot be read")
    finally:
        unmount(project.state)
    check_works(project)


def folder_of_another(project):
    """A state folder that this user may neither read nor write."""
    need_root()
    project.runbook("crash/quick", QUICK)
    project.state.mkdir(mode=0o700)
    for path in [project.root, *project.root.rglob("*")]:
        if path != project.state:
            path.chmod(0o777 if path.is_dir() else 0o644)
    setpriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = project.command("crash/quick", prefix=setpriv)
    check_refused(done, (2, 5), ".runbook")
    need(project.ledger() == [], "something was run without a record")


def io_error(call, first):
    """Every `call` from the first-th on says EIO. What was written before counts, also where its sync failed."""

    def work(project):
        project.runbook("crash/steps", STEPS.replace("while test ! -e broken; do sleep 0.02; done", "true"))
        inject = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when={first}+"]
        done = project.command("crash/steps", prefix=inject)
        if done.returncode == 0:
            raise Skip(f"the run makes fewer than {first} calls of {call}")
        check_refused(done, (5,), "runbook: ")
        project.integrity()
        document = project.settled()
        ledger = project.ledger()
        if document is None:
            need(ledger == [], "steps were executed but no run is recorded:", ledger)
            return check_works(project)
        need(not processes_with(f"RUNBOOK_MARK={document['run']}/"), "processes are left")
        if document["state"] == "succeeded":  # the last commit was written, but whether it is safe is not known
            return need(ledger == ["one", "two", "three"], "the ledger says", ledger)
        doubtful = [s["id"] for s in document["steps"] if s["state"] == "in-doubt"]
        truth = ["--assume", "done" if doubtful[0] in ledger else "not-done"] if doubtful else []
        done = project.command("resume", document["run"], *truth)
        need(done.returncode == 0, "resume gave", done)
        need(project.ledger() == ["one", "two", "three"], "the ledger says", project.ledger())

    return work


def damaged(damage, *words):
    """A database that is not one any more: nothing is run, nothing is deleted."""

    def work(project):
        check_works(project)
        file = project.state / "state.db"
        checkpoint(file)
        damage(file)
        broken = file.read_bytes()
        before = project.ledger()
        for command in (["crash/quick"], ["history"], ["status"]):
            check_refused(project.command(*command), (2, 5), "state.db", *words)
        need(project.ledger() == before, "something was run without a record")
        need(file.read_bytes() == broken, "the damaged database was changed")
        doctor = project.command("doctor")
        need(doctor.returncode in (0, 1, 2, 5) and "state.db" in doctor.stdout + doctor.stderr, "doctor says", doctor)
        for left in project.state.glob("state.db*"):
            left.rename(project.root / left.name)
        check_works(project)

    return work


def checkpoint(file):
    db = sqlite3.connect(file)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def overwrite_with_text(file):
    file.write_text("this is no database\n" * 500)


def cut_in_half(file):
    os.truncate(file, file.stat().st_size // 2)


def scribble(file):
    """Over every page but the first."""
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)


def newer_database(project):
    check_works(project)
    db = sqlite3.connect(project.state / "state.db")
    db.execute("PRAGMA user_version = 9999")
    db.commit()
    db.close()
    for command in (["crash/quick"], ["history"]):
        check_refused(project.command(*command), (2,), "newer", "--state")
    need(project.ledger() == ["quick"], "something was run")


def database_is_gone(project):
    """Deleted between two commands: a new one is made; what asks for a run of the old one is told."""
    check_works(project)
    run = project.runs()[0]["run"]
    for file in project.state.glob("state.db*"):
        file.unlink()
    check_refused(project.command("status", run), (2, 5), "run")
    check_works(project)
    need(len(project.runs()) == 1, "the new store is not new")


def deleted_under_a_run(project):
    """The state folder goes away while a run is in flight. The run need not succeed; it must end, and say so."""
    project.runbook("crash/steps", STEPS)
    process = project.start("crash/steps")
    wait_for((project.root / "reached").exists, "step Two")
    shutil.rmtree(project.state)
    (project.root / "broken").touch()
    status = process.wait(60)
    need(status in (0, 5), f"the run exited {status}:", project.said())
    check_works(project)


def many_engines(project):
    """Many runs of different runbooks, and readers, on one store at once."""
    count = 12
    for i in range(count):
        project.runbook(f"crash/r{i}", f'runbook "R" {{}}\nfor i = 1, 8 do step("S" .. i) {{ run = "echo r{i}_" .. i .. " >> ledger" }} end\n')
    processes = []
    for i in range(count):
        said = open(project.root / f"said{i}", "wb")
        processes.append(start_saying(project, said, f"crash/r{i}"))
    while any(p.poll() is None for p in processes):
        seen = project.command("history", "--json")
        need(seen.returncode == 0, "a reader was disturbed:", seen)
    for i, process in enumerate(processes):
        need(process.returncode == 0, f"run {i} exited {process.returncode}:", (project.root / f"said{i}").read_text())
    project.integrity()
    runs = project.runs()
    need(len(runs) == count and all(r["state"] == "succeeded" for r in runs), "the history says", runs)
    need(sorted(project.ledger()) == sorted(f"r{i}_{j}" for i in range(count) for j in range(1, 9)), "the ledger is wrong")


def start_saying(project, said, *args):
    with said:
        return subprocess.Popen([PROGRAM, *args], cwd=project.root, env=ENVIRON, stdin=subprocess.DEVNULL, stdout=said, stderr=said)


def need_root():
    if os.geteuid() != 0:
        raise Skip("only root can mount")


def mount(*args):
    done = subprocess.run(["mount", *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"cannot mount: {done.stderr.strip()}")


def unmount(folder):
    subprocess.run(["umount", "-l", str(folder)], check=False)


def experiments():
    yield "disk full in the middle", full_disk
    yield "disk full from the start", full_from_the_start
    yield "folder read-only", read_only_folder
    yield "folder of another user", folder_of_another
    for call in ("pwrite64", "fdatasync"):
        for first in range(1, 13):
            yield f"eio {call} {first}", io_error(call, first)
    yield "damaged: text", damaged(overwrite_with_text, "not a database")
    yield "damaged: cut", damaged(cut_in_half)
    yield "damaged: scribbled", damaged(scribble)
    yield "newer database", newer_database
    yield "database is gone", database_is_gone
    yield "deleted under a run", deleted_under_a_run
    yield "many engines", many_engines


if __name__ == "__main__":
    main("storage", list(experiments()), jobs=4)
