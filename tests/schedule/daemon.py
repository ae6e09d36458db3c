#!/usr/bin/env python3
"""What the real daemon does under a steered clock: clocks that are set, overlapping runs, jitter, switching, editing, two daemons on
one store, a service manager.

    daemon.py [WORD..]
"""

import json
import os
import pathlib
import signal
import socket

from steered import DAY, HOUR, MINUTE, Clock, Daemon, children_of, firings, instant, main, need, wait_for

BEGIN = instant("2026-11-22T08:20:00Z")
NOON = instant("2026-11-22T12:00:00Z")
NOTE = 'step "Note" { run = "echo $RUNBOOK_RUN >> ledger" }\n'
HOLD = 'step "Hold" { run = "touch begun; while [ ! -e go ]; do sleep 0.01; done; echo $RUNBOOK_RUN >> ledger" }\n'


def declare(project, at="every 4h", body=NOTE, header="", **policies):
    more = "".join(f", {key}: {value}" for key, value in policies.items())
    project.write("runbook.yaml", f'project: d\ntimezone: UTC\nschedule:\n  a/b: {{at: "{at}"{more}}}\n')
    project.runbook("a/b", f'runbook "B" {{ {header} }}\n{body}')


def enable(project, clock, word="enable"):
    done = project.command("schedule", word, "a/b", env=clock.environ())
    need(done.returncode == 0, f"`schedule {word}` says", done)


class Served:
    """A daemon over one schedule, which is ended whatever happens."""

    def __init__(self, project, **declared):
        self.project = project
        self.clock = Clock(project.root, BEGIN)
        declare(project, **declared)
        enable(project, self.clock)
        self.daemons = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        (self.project.root / "go").touch()
        for daemon in self.daemons:
            daemon.kill()

    def start(self, seat=0, wait=True, **more):
        daemon = Daemon(self.project, self.clock, seat, **more)
        self.daemons.append(daemon)
        if wait:
            daemon.settle()
        return daemon

    @property
    def daemon(self):
        return self.daemons[0]

    def set(self, to_ms):
        self.clock.set(to_ms)
        self.daemon.settle()

    def until(self, to_ms):
        self.daemon.run_until(to_ms)

    def move_busy(self, to_ms):
        """The daemon has a child, and does not come to rest."""
        self.clock.move(to_ms)

    def story(self):
        """(minutes after BEGIN, state, late, how many)"""
        return [((f["due_ms"] - BEGIN) // MINUTE, f["state"], f["late"], f["count"]) for f in firings(self.project)]

    def wait_for_states(self, *states):
        found = lambda: [f["state"] for f in firings(self.project)]  # noqa: E731
        wait_for(lambda: found() == list(states), f"{states}, and not {found()}")


def expect(story, *expected):
    need(story == list(expected), "it became", story, "and not", list(expected))


# ---- clocks that are set ----


def jump_forward(policy):
    """What the clock jumped over was missed, and is recorded as the policy has it."""

    def work(project):
        with Served(project, missed=policy, catch_up=2) as s:
            s.set(BEGIN + 9 * 365 * DAY + 30 * MINUTE)
            total = 9 * 365 * 6
            last = 220 + (total - 1) * 240
            if policy == "skip":
                expect(s.story(), (last, "skipped", 0, total))
            elif policy == "one":
                expect(s.story(), (last - 240, "skipped", 0, total - 1), (last, "ended", 1, 1))
            else:
                late = [(last - 240, "ended", 1, 1), (last, "ended", 1, 1)]
                expect(s.story(), (last - 480, "skipped", 0, total - 2), *late)
            s.until(s.clock.now + 4 * HOUR)
            need(s.story()[-1] == (last + 240, "ended", 0, 1), "the next one became", s.story()[-1])

    return work


def jump_a_century(project):
    """What was due every minute of a century is one record; finding that out keeps nobody waiting."""
    with Served(project, at="every 1m") as s:
        minutes = 100 * 365 * 24 * 60
        s.set(BEGIN + minutes * MINUTE)
        expect(s.story(), (minutes - 1, "skipped", 0, minutes - 1), (minutes, "ended", 0, 1))
        s.set(BEGIN)
        s.until(BEGIN + 2 * MINUTE)
        expect(s.story(), (1, "ended", 0, 1), (2, "ended", 0, 1), (minutes, "ended", 0, 1))


def jump_back(project):
    with Served(project) as s:
        s.until(NOON + HOUR)
        expect(s.story(), (220, "ended", 0, 1))
        s.set(NOON - HOUR)
        s.until(NOON + 5 * HOUR)
        expect(s.story(), (220, "ended", 0, 1), (460, "ended", 0, 1))
        s.set(NOON - 9 * 365 * DAY)
        need(s.daemon.alarm() == NOON - 9 * 365 * DAY + 4 * HOUR, "it waits for", s.daemon.alarm())
        need(len(project.ledger()) == 2, "the ledger says", project.ledger())
        asked = ("metrics", "query", "runbook_queue_size", "queue=schedule", "--since", "2000-01-01", "--json")
        queue = json.loads(project.command(*asked, env=s.clock.environ()).stdout)["series"]
        need([v for _, v in queue[0]["points"]] == [0, 0], "the queue was", queue)


def ahead_and_back(project):
    """The clock was ahead for years, and daemon and machine were off before: what was due until then is not lost."""
    with Served(project) as s:
        s.daemon.stop()
        s.clock.move(BEGIN + 5 * 365 * DAY)
        s.start()
        s.daemons[1].settle()
        need(len(project.ledger()) == 1, "while it was ahead there ran", project.ledger())
        s.clock.set(NOON + 5 * HOUR)
        s.daemons[1].settle()
        covered = [m for m in s.story() if m[0] <= 520]
        expect(covered, (220, "skipped", 0, 1), (460, "ended", 1, 1))


def seconds(project):
    with Served(project) as s:
        s.until(NOON)
        s.set(NOON - 2000)
        s.until(NOON + MINUTE)
        s.set(NOON + 4 * HOUR + 2000)
        s.set(NOON + 4 * HOUR - 1000)
        s.until(NOON + 5 * HOUR)
        expect(s.story(), (220, "ended", 0, 1), (460, "ended", 0, 1))


def timeout_jump(offset):
    """A clock that jumps while a run goes on neither fires its time-out nor puts it off."""

    def work(project):
        hold = HOLD + 'step "Long" { timeout = "300ms", run = "sleep 300" }\n'
        with Served(project, body=hold, timeout="10m") as s:
            s.move_busy(NOON)
            wait_for((project.root / "begun").exists, "the run")
            s.clock.set(NOON + offset)
            (project.root / "go").touch()
            wait_for(project.ledger, "the first step to end")
            s.daemon.settle()
            first = next(f for f in firings(project) if f["due_ms"] == NOON)
            need((first["state"], first["exit"]) == ("ended", 124), "it became", first)
            steps = {x["id"]: x for x in project.json("status", first["run"])["steps"]}
            states = {name: x["state"] for name, x in steps.items()}
            need(states == {"hold": "succeeded", "long": "timed-out"}, "the steps are", states)
            need(all(0 <= x["duration_ms"] < 100000 for x in steps.values()), "the steps are said to have taken", steps)

    return work


# ---- policies ----


def overlap(policy, expected, runs):
    """The run of 12:00 goes on when that of 16:00 is due."""

    def work(project):
        header = 'overlap = "allow"' if policy == "allow" else ""
        with Served(project, body=HOLD, overlap=policy, header=header) as s:
            s.move_busy(NOON)
            wait_for((project.root / "begun").exists, "the run")
            s.move_busy(NOON + 4 * HOUR)
            wait_for(lambda: len(firings(project)) == 2, "the second due time")
            if policy in ("allow", "skip"):
                s.wait_for_states("running", "running" if policy == "allow" else "skipped")
            (project.root / "go").touch() if policy != "replace" else s.wait_for_states("ended", "running")
            (project.root / "go").touch()
            s.daemon.settle()
            found = [(f["state"], f["exit"]) for f in firings(project)]
            need(found == expected, "they became", found)
            need(len(project.ledger()) == runs, "the ledger says", project.ledger())

    return work


def why(project, clock):
    done = project.command("schedule", "why", "a/b", "--json", env=clock.environ())
    need(done.returncode == 0, "`schedule why` says", done)
    return json.loads(done.stdout)["firings"]


def queue_is_bounded(project):
    """The run of 12:00 goes on over 16:00 and 20:00: one waits, and says for what; the other is skipped, and says why."""
    with Served(project, body=HOLD, overlap="queue") as s:
        s.move_busy(NOON)
        wait_for((project.root / "begun").exists, "the run")
        s.move_busy(NOON + 4 * HOUR)
        s.wait_for_states("running", "planned")
        s.move_busy(NOON + 8 * HOUR)
        s.wait_for_states("running", "planned", "skipped")
        skipped, waiting, running = why(project, s.clock)
        need("1 waited already" in skipped["reason"], "the reason is", skipped)
        need((waiting["waits"]["for"], waiting["waits"]["run"]) == ("run", running["run"]), "it waits for", waiting)
        (project.root / "go").touch()
        s.daemon.settle()
        expect(s.story(), (220, "ended", 0, 1), (460, "ended", 0, 1), (700, "skipped", 0, 1))


def once_leaves_the_queue(project):
    """`schedule once` does not wait for the run of another one: what waits for that is left to the next call."""
    clock = Clock(project.root, BEGIN)
    declare(project, body=HOLD, overlap="queue")
    enable(project, clock)
    once = lambda: project.command("schedule", "once", env=clock.environ())  # noqa: E731
    need(once().returncode == 0, "`schedule once` failed")
    clock.move(NOON)
    first = project.start("schedule", "once", env=clock.environ())
    try:
        wait_for((project.root / "begun").exists, "the run")
        clock.move(NOON + 4 * HOUR)
        need(once().returncode == 0, "the second `schedule once` failed")
        need([f["state"] for f in firings(project)] == ["running", "planned"], "they are", firings(project))
    finally:
        (project.root / "go").touch()
    need(first.wait(60) == 0, "the first `schedule once` says", project.said())
    need([f["state"] for f in firings(project)] == ["ended", "planned"], "the first one took what was not its own")
    need(once().returncode == 0 and len(project.ledger()) == 2, "the third one left", firings(project))


def timeout_of_a_resumed_run(project):
    """The time-out of a schedule holds for its run, whoever goes on with it."""
    body = 'step "Ask" { manual = "Say when." }\nstep "Long" { run = "sleep 600" }\n'
    with Served(project, body=body, timeout="15s") as s:
        s.until(NOON)
        (fired,) = firings(project)
        need(fired["exit"] == 3, "it became", fired)
        done = project.command("approve", fired["run"], env=s.clock.environ())
        need(done.returncode == 0, "`approve` says", done)
        done = project.command("resume", fired["run"], "--no-input", env=s.clock.environ())
        need(done.returncode == 124, "`resume` says", done)


def jitter(project):
    with Served(project, jitter="30m") as s:
        s.until(NOON + 12 * HOUR + HOUR)
        found = firings(project)
        late = [f["start_ms"] - f["due_ms"] for f in found]
        need(all(0 <= x < 30 * MINUTE for x in late) and len(set(late)) == 4, "the jitter is", late)
        need(all(f["started_ms"] == f["start_ms"] and not f["late"] for f in found), "it began otherwise:", found)


def switched(project):
    with Served(project, jitter="30m") as s:
        s.clock.move(NOON)
        s.daemon.settle()
        enable(project, s.clock, "disable")
        s.clock.move(NOON + 9 * HOUR)
        wait_for(lambda: s.daemon.settle() and s.daemon.alarm() > NOON + 999 * DAY, "the daemon to see that it is off")
        enable(project, s.clock)
        wait_for(lambda: s.daemon.settle() and s.daemon.alarm() < NOON + 999 * DAY, "the daemon to see that it is on")
        s.until(NOON + 13 * HOUR)
        expect(s.story(), (220, "skipped", 0, 1), (940, "ended", 0, 1))


def paused(project):
    """What is due while a schedule is paused is recorded, also what waited for its jitter when it was."""
    with Served(project, jitter="30m") as s:
        s.clock.move(NOON)
        s.daemon.settle()
        declare(project, paused="true", jitter="30m")
        s.wait_for_states("skipped")
        s.until(NOON + 5 * HOUR)
        read_again = project.said().count("read again")
        declare(project)
        wait_for(lambda: project.said().count("read again") > read_again, "the edit to be seen")
        s.until(NOON + 9 * HOUR)
        expect(s.story(), (220, "skipped", 0, 1), (460, "skipped", 0, 1), (700, "ended", 0, 1))
        need(all("paused" in f["reason"] for f in firings(project)[:2]), "the reasons are", firings(project))


def edited(project):
    """An edited schedule counts from its edit on; a mistake leaves the other schedules as they are."""
    with Served(project) as s:
        project.runbook("a/c", 'runbook "C" { schedule = "61 * * * *" }\n' + NOTE)
        declare(project, at="every 3h")
        wait_for(lambda: s.daemon.settle() and s.daemon.alarm() == BEGIN + 40 * MINUTE, "the new schedule")
        s.until(NOON + HOUR)
        expect(s.story(), (40, "ended", 0, 1), (220, "ended", 0, 1))
        need("61" in project.said(), "nothing is said of the mistake:", project.said())


def gone(project):
    """A runbook that goes while its firing waits: it is recorded."""
    with Served(project, jitter="30m") as s:
        s.clock.move(NOON)
        s.daemon.settle()
        project.write("runbook.yaml", "project: d\ntimezone: UTC\n")
        (project.root / "runbooks/a/b.lua").unlink()
        s.wait_for_states("skipped")
        s.until(NOON + HOUR)
        expect(s.story(), (220, "skipped", 0, 1))


def once(project):
    """`schedule once`, for cron: starts what is due, waits for it, and a second one finds nothing."""
    clock = Clock(project.root, BEGIN)
    declare(project)
    enable(project, clock)
    for at in (BEGIN, NOON, NOON + MINUTE):
        clock.move(at)
        done = project.command("schedule", "once", "--json", env=clock.environ())
        need(done.returncode == 0 and '"runbook.schedule.once/1"' in done.stdout, "`schedule once` says", done)
    (fired,) = firings(project)
    need((fired["state"], fired["exit"], fired["late"]) == ("ended", 0, 0), "it became", fired)
    need(project.json("status", fired["run"])["runbook"] == "a/b", "its run is another one")
    declare(project, body='step "Fail" { run = "exit 3" }\n')
    clock.move(NOON + 4 * HOUR)
    done = project.command("schedule", "once", env=clock.environ())
    need(done.returncode == 1, "with a run that fails `schedule once` says", done)


# ---- processes ----


def two_daemons(project):
    with Served(project, at="every 15m") as s:
        other = s.start(seat=1)
        for i in range(1, 40):
            s.clock.move(BEGIN + i * 5 * MINUTE)
            if i == 20:
                other.kill()
            for daemon in s.daemons:
                daemon.settle() if daemon.alive() else None
        wait_for(lambda: all(f["state"] == "ended" for f in firings(project)), "all to end")
        expect(s.story(), *[(m, "ended", 0, 1) for m in range(10, 200, 15)])
        need(len(project.ledger()) == len(s.story()), "the ledger says", project.ledger())
        need("exit 75" not in project.said(), "one that came second calls it an end:", project.said())


def two_daemons_catch_up(project):
    """Both begin at once on what was missed: each due time gets its turn, one after the other."""
    with Served(project, missed="all", catch_up=6, overlap="queue") as s:
        s.daemon.stop()
        s.clock.move(BEGIN + DAY)
        pair = [s.start(seat, wait=False) for seat in (0, 1)]
        for _ in range(200):
            for daemon in pair:
                daemon.settle()
            if len(project.ledger()) == 6:
                break
            s.clock.move(s.clock.now + 5000)
        expect(s.story(), *[(m, "ended", 1, 1) for m in range(220, 1440, 240)])
        need([f["exit"] for f in firings(project)] == [0] * 6, "they ended with", [f["exit"] for f in firings(project)])


def outlived(project):
    """A run goes on without the daemon that started it, and its end is recorded; the next daemon knows that it runs."""
    with Served(project, body=HOLD) as s:
        s.move_busy(NOON)
        wait_for((project.root / "begun").exists, "the run")
        s.daemon.kill()
        s.clock.move(NOON + 4 * HOUR)
        s.start()
        expect(s.story(), (220, "running", 0, 1), (460, "skipped", 0, 1))
        (project.root / "go").touch()
        s.wait_for_states("ended", "skipped")


def died(project):
    """The process of a firing is killed: it is recorded, with its run."""
    with Served(project, body=HOLD) as s:
        s.move_busy(NOON)
        wait_for((project.root / "begun").exists, "the run")
        (process,) = children_of(s.daemon.process.pid)
        os.kill(process, signal.SIGKILL)
        s.daemon.settle()
        (lost,) = firings(project)
        need(lost["state"] == "lost", "it became", lost)
        need(project.json("status", lost["run"])["state"] == "interrupted", "its run is not found")


def service_manager(project):
    """The protocol of sd_notify(3): ready, alive twice in each interval of the watchdog, stopping."""
    with Served(project) as s:
        s.daemon.stop()
        path = pathlib.Path(project.root) / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(path))
            listener.settimeout(60)
            daemon = s.start(wait=False, NOTIFY_SOCKET=path, WATCHDOG_USEC=200_000)
            heard = [listener.recv(1000) for _ in range(4)]
            daemon.process.terminate()
            while b"STOPPING=1" not in heard[-1]:
                heard.append(listener.recv(1000))
            need(daemon.process.wait(60) == 0, "it ended with", daemon.process.returncode)
            need(heard[0].startswith(b"READY=1") and all(b"WATCHDOG=1" in h for h in heard[1:-1]), "it said", heard)


YEARS = 9 * 365 * DAY
EXPERIMENTS = [
    ("forward by years, missed: skip", jump_forward("skip")),
    ("forward by years, missed: one", jump_forward("one")),
    ("forward by years, missed: all", jump_forward("all")),
    ("forward by a century, due every minute, and back", jump_a_century),
    ("back by an hour and by years", jump_back),
    ("ahead at the start, and back", ahead_and_back),
    ("back and forward by seconds", seconds),
    ("time-out, forward by years", timeout_jump(YEARS)),
    ("time-out, back by years", timeout_jump(-YEARS)),
    ("time-out, forward by seconds", timeout_jump(2000)),
    ("overlap: skip", overlap("skip", [("ended", 0), ("skipped", -1)], 1)),
    ("overlap: queue", overlap("queue", [("ended", 0), ("ended", 0)], 2)),
    ("overlap: replace", overlap("replace", [("ended", 130), ("ended", 0)], 1)),
    ("overlap: allow", overlap("allow", [("ended", 0), ("ended", 0)], 2)),
    ("overlap: queue holds one", queue_is_bounded),
    ("once, while another one's run goes on", once_leaves_the_queue),
    ("time-out of a run that is resumed", timeout_of_a_resumed_run),
    ("jitter", jitter),
    ("switched off and on", switched),
    ("paused", paused),
    ("edited", edited),
    ("the runbook is gone", gone),
    ("once", once),
    ("two daemons on one store", two_daemons),
    ("two daemons catch up", two_daemons_catch_up),
    ("a run outlives its daemon", outlived),
    ("the process of a firing is killed", died),
    ("service manager", service_manager),
]

if __name__ == "__main__":
    main("daemon", EXPERIMENTS, jobs=4)
