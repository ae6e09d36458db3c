"""A wall clock that a test steers (steered_clock.c), and the real daemon under it."""

import ctypes
import datetime
import mmap
import os
import pathlib
import signal
import sqlite3
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from harness import PROGRAM, Skip, Violation, children_of, in_a_project, main, need, report, wait_for  # noqa: E402, F401

CLOCK = os.environ.get("STEERED_CLOCK_SO", "")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DAEMON, FIRE = 1, 2


class Seat(ctypes.Structure):
    _fields_ = [("alarm_ms", ctypes.c_int64), ("idle_version", ctypes.c_int64)]


class Page(ctypes.Structure):
    _fields_ = [
        ("now_ms", ctypes.c_int64),
        ("version", ctypes.c_int64),
        ("sets", ctypes.c_int64),
        ("steps", ctypes.c_int64 * 3),
        ("seats", Seat * 4),
    ]


class Clock:
    """The page in a file of its own below the project."""

    def __init__(self, root, now_ms):
        if not CLOCK:
            raise Skip("STEERED_CLOCK_SO does not name the steered clock")
        if b"__asan_init" in pathlib.Path(PROGRAM).read_bytes():
            raise Skip("a preloaded clock and AddressSanitizer do not go together")
        self.path = pathlib.Path(root) / "clock"
        self.library = pathlib.Path(root) / "clock.so"  # LD_PRELOAD takes no spaces, which a build folder may have
        self.library.symlink_to(pathlib.Path(CLOCK).resolve())
        self.path.write_bytes(bytes(ctypes.sizeof(Page)))
        with open(self.path, "r+b") as file:
            self.page = Page.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(Page)))
        self.page.now_ms = now_ms

    def environ(self, seat=0, **more):
        base = {"LD_PRELOAD": str(self.library), "STEERED_CLOCK": str(self.path), "STEERED_SEAT": str(seat)}
        return {**base, **{name: str(value) for name, value in more.items()}}

    @property
    def now(self):
        return self.page.now_ms

    def move(self, to_ms):
        """Time goes by."""
        self.page.now_ms = to_ms
        self.page.version += 1

    def set(self, to_ms):
        """Somebody sets the clock."""
        self.page.now_ms = to_ms
        self.page.sets += 1
        self.page.version += 1


class Daemon:
    def __init__(self, project, clock, seat=0, **more):
        self.clock, self.seat = clock, clock.page.seats[seat]
        self.seat.idle_version = -1
        self.process = project.start("schedule", "run", env=clock.environ(seat, **more))
        self.project = project

    def alive(self):
        return self.process.poll() is None

    def settle(self, seconds=120, may_die=False):
        """Waits until it has seen the clock and has nothing to do. False when it died, which only a killed one may."""
        end = time.monotonic() + seconds
        version = self.clock.page.version
        while self.seat.idle_version != version:
            if not self.alive():
                need(may_die and self.process.returncode == -signal.SIGKILL, "the daemon ended:", self.project.said())
                return False
            if time.monotonic() > end:
                raise Violation(f"the daemon is not idle after {seconds}s: {self.project.said()}")
            time.sleep(0.0003)
        return True

    def alarm(self):
        return self.seat.alarm_ms

    def run_until(self, end_ms):
        """Goes from due time to due time, as fast as the daemon can."""
        self.settle()
        while self.alarm() <= end_ms:
            self.clock.move(max(self.alarm(), self.clock.now))
            self.settle()
        self.clock.move(max(end_ms, self.clock.now))
        self.settle()

    def stop(self):
        self.process.terminate()
        need(self.process.wait(60) == 0, "the daemon was stopped and said:", self.project.said())

    def kill(self):
        self.process.kill()
        self.process.wait()


FIELDS = "runbook due_ms first_ms count state reason decided_ms start_ms started_ms ended_ms late run exit"


def firings(project, runbook=None):
    """Every record of the store, as a list of maps in the order of due times."""
    db = sqlite3.connect(f"file:{project.state}/state.db?mode=ro", uri=True)
    try:
        names = FIELDS.split()
        rows = db.execute(f"SELECT {', '.join(names)} FROM schedule_firings ORDER BY runbook, due_ms").fetchall()
    finally:
        db.close()
    found = [dict(zip(names, row)) for row in rows]
    return [f for f in found if runbook in (None, f["runbook"])]


def instant(text):
    """2026-03-29T00:00:00Z in milliseconds."""
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
