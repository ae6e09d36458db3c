"""Every zone of the system, every change of its clocks from 2000 to 2037: the engine against Python's zoneinfo
and against glibc."""

import datetime
import os
import pathlib
import subprocess
import zoneinfo

import pytest

DUMP = os.environ.get("ZONE_DUMP", "")
GLIBC = os.environ.get("ZONE_GLIBC", "")
SYSTEM = pathlib.Path("/usr/share/zoneinfo")
UTC = datetime.timezone.utc
ONCE, NEVER, TWICE = 0, 1, 2
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def zone_names():
    names = zoneinfo.available_timezones() if SYSTEM.is_dir() else set()
    return sorted(n for n in names if (SYSTEM / n).is_file())


def seconds(moment):
    return int((moment - EPOCH).total_seconds())


def check_at(zone, words):
    at, offset, _, name = int(words[0]), int(words[1]), words[2], words[3]
    there = datetime.datetime.fromtimestamp(at, zone)
    assert (int(there.utcoffset().total_seconds()), there.tzname()) == (offset, name), (zone, at)


def instants(zone, fields):
    """The reading with fold 0 and fold 1, and which of the two really shows it."""
    found = []
    for fold in (0, 1):
        there = datetime.datetime(*fields, tzinfo=zone, fold=fold)
        at = seconds(there.astimezone(UTC))
        back = datetime.datetime.fromtimestamp(at, zone)
        if back.replace(tzinfo=None, fold=0) == datetime.datetime(*fields) and at not in found:
            found.append(at)
    return found


def end_of_gap(zone, fields):
    """The first second at which the clocks show more than a reading that they never show."""
    low = seconds(datetime.datetime(*fields, tzinfo=UTC)) - 30 * 3600
    high = low + 60 * 3600
    while high - low > 1:
        mid = (low + high) // 2
        shown = datetime.datetime.fromtimestamp(mid, zone).replace(tzinfo=None)
        low, high = (low, mid) if shown > datetime.datetime(*fields) else (mid, high)
    return high


def check_reading(zone, words):
    numbers = [int(w) for w in words]
    fields, kind, first, second = numbers[:6], *numbers[6:]
    found = instants(zone, fields)
    if not found:
        assert (kind, first, second) == (NEVER, end_of_gap(zone, fields), first), (zone, fields)
    else:
        assert (kind, first, second) == (TWICE if len(found) == 2 else ONCE, found[0], found[-1]), (zone, fields)


def check(line, zone):
    kind, *words = line.split()
    if kind == "zone":
        return zoneinfo.ZoneInfo(words[0]), 0
    if kind == "at":
        check_at(zone, words)
        return zone, 0
    check_reading(zone, words)
    return zone, 1


@pytest.mark.skipif(not DUMP, reason="ZONE_DUMP does not name the program zone_dump")
@pytest.mark.skipif(not zone_names(), reason="there are no zone files here: install tzdata")
def test_every_change_of_every_zone():
    names = zone_names()
    done = subprocess.run([DUMP], input="\n".join(names), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    zone, readings = None, 0
    for line in done.stdout.splitlines():
        zone, more = check(line, zone)
        readings += more
    assert readings > 50 * len(names)


@pytest.mark.skipif(not GLIBC, reason="ZONE_GLIBC does not name the program zone_glibc")
@pytest.mark.skipif(not zone_names(), reason="there are no zone files here: install tzdata")
def test_every_change_of_every_zone_as_glibc_has_it():
    names = zone_names()
    done = subprocess.run([GLIBC], input="\n".join(names), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.split()
    assert words[0::2] == ["compared", "differences"] and int(words[1]) > 2000 * len(names)
