#!/usr/bin/env python3
"""Limits: what takes too much memory, processor time, wall time or room for its output is stopped, says which limit it
was, and leaves nothing behind.

    limits.py [WORD..]
"""

import re
import uuid

from harness import main, need, processes_with

# Each stays below a minute by itself, so that a failing limit does not hang.
HUNGRY = "b = []\nimport time\nfor _ in range({mb}):\n    b.append(bytearray(1 << 20)); time.sleep(0.002)\ntime.sleep(30)\n"
BUSY = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: pass\n"


def stopped(keys, script, status, state, *words, extra=""):
    """A step with these keys, running script (Python), ends the run with this status, and says why."""

    def work(project):
        tag = f"limit-{uuid.uuid4().hex}"
        project.write("script.py", script)
        project.runbook(
            "crash/limit",
            f'runbook "Limit" {{{extra}}}\nstep "One" {{ run = {{ "python3", "script.py", "{tag}" }}, {keys} }}\n'
            'step "Two" { run = "touch two" }\n',
        )
        done = project.command("crash/limit")
        need(done.returncode == status, "the run gave", done)
        document = project.document()
        step = document["steps"][0]
        need(document["state"] == state and step["state"] == state, "the run and its step are", document["state"], step["state"])
        for word in words:
            need(re.search(word, (step["error"] or document["reason"]) + done.stdout), f'it does not say "{word}":', done)
        need(not processes_with(tag), "processes are left")
        need(not (project.root / "two").exists(), "the run went on")

    return work


def processes(count, mb):
    """So many hungry processes at once."""
    return (
        "import os, time\n"
        f"for _ in range({count}):\n"
        "    if os.fork() == 0:\n"
        + "".join(f"        {line}\n" for line in HUNGRY.format(mb=mb).splitlines())
        + "        os._exit(0)\n"
        "time.sleep(30)\n"
    )


def within(project):
    """What stays within all of its limits is let alone."""
    project.runbook(
        "crash/limit",
        'runbook "Limit" { timeout = "1m" }\n'
        'step "One" { limits = { memory = "500MB", memory_process = "200MB", cpu = "10s", output = "1MB" }, timeout = "30s",\n'
        '  run = { "python3", "-c", "b = bytearray(50 << 20); print(len(b))" } }\n',
    )
    done = project.command("crash/limit")
    need(done.returncode == 0, "the run gave", done)


def output_is_bounded(project):
    """Head and tail are kept, what was dropped between them is counted, and nobody runs out of room."""
    size, lines = 200_000, 300_000
    project.runbook(
        "crash/flood",
        'runbook "Flood" {}\n'
        f'step "One" {{ limits = {{ output = "{size}B" }}, run = "seq 1 {lines}" }}\n',
    )
    done = project.command("crash/flood")
    need(done.returncode == 0, "the run gave", done)
    run = project.runs()[0]["run"]
    shown = project.command("logs", run, "1").stdout.splitlines()
    need(shown[0] == "1" and shown[-1] == str(lines), "head and tail are", shown[0], shown[-1])
    kept = sum(len(line) + 1 for line in shown if line.isdigit())
    total = sum(len(str(i)) + 1 for i in range(1, lines + 1))
    need(kept <= size, f"{kept} bytes were kept")
    told = [re.sub(r"(?<=\d)[ ,_](?=\d)", "", line) for line in shown if not line.isdigit()]
    need(told, "what was dropped is not told")
    need(any(str(total - kept) in line for line in told), f"{total - kept} bytes were dropped; it says", told)
    on_disk = sum(f.stat().st_size for f in (project.state / "logs").rglob("*") if f.is_file())
    need(on_disk <= 2 * size + 200_000, f"{on_disk} bytes are on disk")


def the_configuration_bounds_output_too(project):
    project.write("runbook.yaml", "project: crash\nlogs: { max_size: 100KB }\n")
    project.runbook("crash/flood", 'runbook "Flood" {}\nstep "One" { run = "seq 1 300000" }\n')
    done = project.command("crash/flood")
    need(done.returncode == 0, "the run gave", done)
    on_disk = sum(f.stat().st_size for f in (project.state / "logs").rglob("*.log*") if f.is_file())
    need(on_disk <= 300_000, f"{on_disk} bytes are on disk")


EXPERIMENTS = [
    ("memory of a process", stopped('limits = { memory_process = "60MB" }', HUNGRY.format(mb=400), 1, "failed", "limits.memory_process", "60MB")),
    ("memory of the tree", stopped('limits = { memory = "120MB" }', processes(4, 60), 1, "failed", r"limits.memory\b", "120MB")),
    ("memory of one in the tree", stopped('limits = { memory_process = "80MB" }', processes(3, 200), 1, "failed", "limits.memory_process", "80MB")),
    ("processor time", stopped('limits = { cpu = "1s" }', BUSY, 1, "failed", "limits.cpu", "1s")),
    ("time of the step", stopped('timeout = "500ms"', "import time; time.sleep(30)", 124, "timed-out", "500ms|0.5s")),
    ("time of the run", stopped("", "import time; time.sleep(30)", 124, "timed-out", "time", extra=' timeout = "500ms" ')),
    ("within", within),
    ("output", output_is_bounded),
    ("output by configuration", the_configuration_bounds_output_too),
]

if __name__ == "__main__":
    main("limits", EXPERIMENTS, jobs=2)
