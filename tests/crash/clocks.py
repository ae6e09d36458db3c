#!/usr/bin/env python3
"""Clocks that jump: time-outs count on the monotonic clock, and a wall clock that goes mad for years does not lose a run.

    clocks.py [WORD..]
"""

import time
from pathlib import Path

from harness import PROGRAM, Skip, main, need

FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def clock_jumps(offset):
    """The wall clock jumps while a step with a time-out runs: it neither fires nor is it put off."""

    def work(project):
        if not FAKETIME:
            raise Skip("libfaketime is not installed")
        if b"__asan_init" in Path(PROGRAM).read_bytes():
            raise Skip("libfaketime and AddressSanitizer do not go together")
        stamp = project.write("clock", "+0d")
        fake = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(stamp),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
        project.runbook(
            "crash/clock",
            'runbook "Clock" { timeout = "10m" }\n'
            f'step "One" {{ timeout = "40s", run = "echo {offset} > clock; sleep 0.3; echo one >> ledger" }}\n'
            'step "Two" { timeout = "3s", run = "echo two >> ledger; sleep 300" }\n',
        )
        began = time.monotonic()
        done = project.command("crash/clock", env=fake)
        took = time.monotonic() - began
        need(done.returncode == 124 and took < 100, f"after {took:.1f}s the run gave", done)
        need(project.ledger() == ["one", "two"], "the ledger says", project.ledger())
        document = project.document()
        states = {s["id"]: s["state"] for s in document["steps"]}
        need(states == {"one": "succeeded", "two": "timed-out"}, "the steps are", states)
        need(0 <= document["duration_ms"] < 100000, "the run is said to have taken", document["duration_ms"])
        for step in document["steps"]:
            need(0 <= step["duration_ms"] < 100000, "a step is said to have taken", step["duration_ms"])
        second = project.command("crash/clock", env=fake)
        need(second.returncode == 124, "the next run gave", second)
        runs = project.runs()
        need(len({r["run"] for r in runs}) == 2, "the runs are", runs)
        times = [r["started"] for r in runs]
        need(times == sorted(times, reverse=True), "the history is not newest first:", times)

    return work



if __name__ == "__main__":
    main("clocks", [(f"jump by {offset}", clock_jumps(offset)) for offset in ("+9y", "-9y", "+3h", "-2s")], jobs=4)
