"""idle_daemon.py PROGRAM FOLDER SECONDS: `runbook schedule run` in a new project in FOLDER, with twenty schedules that are on
and not due for long. Prints how often it was woken in so many seconds, all its threads together, and the KiB of memory that
it holds."""

import os
import pathlib
import socket
import subprocess
import sys
import time


def make_project(program, root):
    (root / "runbooks" / "idle").mkdir(parents=True)
    (root / "runbook.yaml").write_text("project: idle\ntimezone: Europe/Berlin\n")
    later = time.localtime(time.time() + 40 * 86400)
    for i in range(20):
        header = f'runbook "Idle {i}" {{ schedule = "{i} 5 {later.tm_mday} {later.tm_mon} *" }}\n'
        (root / "runbooks" / "idle" / f"r{i}.lua").write_text(header + 'step "One" { run = "true" }\n')
    names = [f"idle/r{i}" for i in range(20)]
    subprocess.run([program, "schedule", "enable", *names, "-q"], cwd=root, check=True, stdout=subprocess.DEVNULL)


def start(program, root):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(root / "notify"))
    listener.settimeout(60)
    environ = {**os.environ, "NOTIFY_SOCKET": str(root / "notify")}
    daemon = subprocess.Popen([program, "schedule", "run", "-q"], cwd=root, env=environ)
    while b"READY=1" not in listener.recv(1000):
        pass
    return daemon


def figure(text, name):
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))


def switches(pid):
    """Every waking ends in a switch to something else, of its own will or not."""
    texts = [task.read_text() for task in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]
    return sum(figure(t, "voluntary_ctxt_switches:") + figure(t, "nonvoluntary_ctxt_switches:") for t in texts)


def asleep(pid):
    """How often it was woken once nothing has happened for a second."""
    before = -1
    while (now := switches(pid)) != before:
        before = now
        time.sleep(1)
    return now


def main(program, folder, seconds):
    root = pathlib.Path(folder)
    make_project(program, root)
    daemon = start(program, root)
    try:
        before = asleep(daemon.pid)
        time.sleep(float(seconds))
        after = switches(daemon.pid)
        memory = figure(pathlib.Path(f"/proc/{daemon.pid}/status").read_text(), "VmRSS:")
    finally:
        daemon.terminate()
        daemon.wait()
    print(after - before, memory)


main(*sys.argv[1:])
