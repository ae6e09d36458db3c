#!/usr/bin/env python3
"""The real daemon, under a steered clock, goes through a year of the bundled schedules and of the handbook's whole rhythm; each
due time starts a process that carries out a run. What became of them is compared with due_model.py: every due time fired once,
on time, at its millisecond, and nothing else did.

    year.py [--zone ZONE] [--from 2026-01-01] [--days 365]
"""

import argparse
import json
import sys

from due_model import due_times
from steered import DAY, Clock, Daemon, Skip, firings, in_a_project, instant, need, report

RHYTHM = {
    "rhythm/morning": "0 8 * * *",
    "rhythm/evening": "0 18 * * *",
    "rhythm/every-four-hours": "0 */4 * * *",
    "rhythm/half-past-two": "daily at 2:30",
    "rhythm/monday": "monday at 9:00",
    "rhythm/wednesday": "wednesday at 9:00",
    "rhythm/friday": "friday at 9:00",
    "rhythm/first": "first monday at 09:00",
    "rhythm/second": "second monday at 09:00",
    "rhythm/third": "0 9 * * MON#3",
    "rhythm/fourth": "fourth monday at 09:00",
}


def bundled(project, clock):
    rows = project.command("schedule", "list", "--json", env=clock.environ())
    need(rows.returncode == 0, "`schedule list` says", rows)
    return {row["runbook"]: row["written"] for row in json.loads(rows.stdout)["schedules"]}


def declare(project, clock):
    """The bundled runbooks keep their names and schedules; what they do is not what is looked at here."""
    schedules = bundled(project, clock)
    need(len(schedules) >= 10, "the bundled runbooks are not found:", schedules)
    schedules.update(RHYTHM)
    for name, text in schedules.items():
        project.runbook(name, f'runbook "R" {{ schedule = "{text}" }}\nstep "Note" {{ run = "true" }}\n')
    done = project.command("schedule", "enable", "--all", env=clock.environ())
    need(done.returncode == 0, "`schedule enable --all` says", done)
    return schedules


def compare(project, name, expected):
    found = firings(project, name)
    times = [f["due_ms"] for f in found]
    need(times == expected, f"{name} differs:", sorted(set(times) ^ set(expected))[:5], len(times), len(expected))
    for f in found:
        on_time = f["started_ms"] == f["start_ms"] == f["decided_ms"] == f["due_ms"] and not f["late"]
        need(f["state"] == "ended" and f["exit"] == 0 and f["count"] == 1 and on_time, "it did not go as it should:", f)
    return len(found)


def go(options, counted):
    def work(project):
        begin = instant(options.begin + "T00:00:00Z")
        end = begin + options.days * DAY
        clock = Clock(project.root, begin)
        project.write("runbook.yaml", f"project: year\ntimezone: {options.zone}\n")
        schedules = declare(project, clock)
        daemon = Daemon(project, clock)
        try:
            daemon.run_until(end)
            daemon.stop()
        finally:
            daemon.kill()
        for name, text in schedules.items():
            counted.append(compare(project, name, due_times(text, options.zone, begin, end)))
        need(sum(counted) == len(firings(project)), "there are firings of nobody")

    return work


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--zone", default="Europe/Berlin")
    parser.add_argument("--from", dest="begin", default="2026-01-01")
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    counted = []
    try:
        outcome = in_a_project(go(options, counted), prefix="rbk-year-")
    except Skip as reason:
        print(f"year: skipped: {reason}")
        return 0
    return report(f"year in {options.zone}", [outcome], f"simulation of {sum(counted)} firings")


if __name__ == "__main__":
    sys.exit(main())
