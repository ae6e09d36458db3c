"""Schedules against systemd's calendar events, in zones with and without summer time. What the two do when clocks are
changed differs (systemd passes over skipped times), so days of a change are left out; those are checked minute by minute
in tests/unit/schedule_calendar_test.c."""

import datetime
import json
import os
import re
import shutil
import subprocess
import zoneinfo

import pytest

RUNBOOK = os.environ.get("RUNBOOK", "")
PAIRS = [
    ("0 8 * * *", "*-*-* 08:00:00"),
    ("0 18 * * *", "*-*-* 18:00:00"),
    ("0 */4 * * *", "*-*-* 00/4:00:00"),
    ("every 15m", "*-*-* *:00/15:00"),
    ("weekdays at 8:30", "Mon..Fri *-*-* 08:30:00"),
    ("sat,sun at noon", "Sat,Sun *-*-* 12:00:00"),
    ("first monday at 09:00", "Mon *-*-01..07 09:00:00"),
    ("second monday at 09:00", "Mon *-*-08..14 09:00:00"),
    ("third monday at 09:00", "Mon *-*-15..21 09:00:00"),
    ("fourth monday", "Mon *-*-22..28 00:00:00"),
    ("0 9 * * MON#5", "Mon *-*-29..31 09:00:00"),
    ("last friday at 17:00", "Fri *-*~07/1 17:00:00"),
    ("last day at 6pm", "*-*~01 18:00:00"),
    ("0 6 L-2 * *", "*-*~03 06:00:00"),
    ("1st and 15th of january, july at 6:00", "*-01,07-01,15 06:00:00"),
    ("0 0 29 2 *", "*-02-29 00:00:00"),
    ("5-20/5 9-17 * mar-oct mon,wed", "Mon,Wed *-03..10-* 09..17:05,10,15,20:00"),
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
BASE = "2026-02-20T00:00:00Z"
COUNT = 60


def ours(expression, zone):
    words = ["schedule", "next", expression, "--tz", zone, "--from", BASE, "--count", str(COUNT), "--json"]
    done = subprocess.run([RUNBOOK, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [datetime.datetime.fromisoformat(t) for t in json.loads(done.stdout)["times"]]


def theirs(event, zone):
    base = "2026-02-20 00:00:00 UTC"
    command = ["systemd-analyze", "calendar", f"--base-time={base}", f"--iterations={COUNT}", f"{event} {zone}"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    times = re.findall(r"(?:elapse|#\d+|\(in UTC\)): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
    there = [datetime.datetime.fromisoformat(t).replace(tzinfo=datetime.timezone.utc) for t in times]
    return [t.astimezone(zoneinfo.ZoneInfo(zone)) for t in there]


def clocks_change_on(moment, zone):
    there = zoneinfo.ZoneInfo(zone)
    hours = [(moment + datetime.timedelta(hours=h)).astimezone(there).utcoffset() for h in range(-30, 31)]
    return len(set(hours)) > 1


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("expression, event", PAIRS)
def test_as_systemd_has_it(expression, event, zone):
    a, b = ours(expression, zone), theirs(event, zone)
    until = min(a[-1], b[-1])
    plain = [[t.timestamp() for t in times if t <= until and not clocks_change_on(t, zone)] for times in (a, b)]
    assert plain[0] == plain[1] and len(plain[0]) > 8
