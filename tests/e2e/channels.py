"""Sends messages through the channels of the built program, without an outbox: see channel_driver.c."""

import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ.get("CHANNEL_DRIVER", str(SOURCE / "build" / "tests" / "channel_driver"))

# What must never be seen but in the header or address that is made for it.
HOSTILE = "<!channel> & <@U1> @everyone *b* _i_ `c` ```d``` | # [x](y) --> \u202e \U0001f525 \x07\x1b[31m %0A::error::"


def event(**changes):
    """A check that failed, with everything that is known about one."""
    made = {
        "event": "run.failed",
        "key": "run:daily/morning-health-check",
        "status": "firing",
        "priority": "high",
        "title": "Morning health check failed",
        "time": 1795000000000,
        "project": "shop",
        "host": "ci-1",
        "runbook": "daily/morning-health-check",
        "run": "01jd8xw3k2m4n5p6q7r8s9t0v1",
        "run_short": "01jd8xw3",
        "step": "Check the failure rate",
        "number": 3,
        "attempt": 2,
        "attempts": 2,
        "state": "failed",
        "error": "tests/test_cart.py:41: failure_rate is 7.5%",
        "output": "collected 412 items\n31 failed, 381 passed\n",
        "checks": [{"expr": "failure_rate < 2%", "value": "7.5%", "threshold": "2%", "result": "not-met"}],
        "next": ["runbook resume 01jd8xw3", "runbook show 01jd8xw3"],
        "to": "Engineering lead",
        "duration_ms": 41250,
    }
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def recovery(**changes):
    gone = dict.fromkeys(("error", "checks", "next", "output"))
    return event(event="run.recovered", status="resolved", title="Morning health check succeeds again", **{**gone, **changes})


def message(channel, *events, key="01jd8message1", **changes):
    events = list(events) or [event()]
    made = {
        "channel": channel,
        "key": key,
        "group": events[-1]["key"],
        "priority": events[-1]["priority"],
        "subject": events[-1]["title"],
        "events": events,
        "count": len(events),
        "created": 1795000000000,
    }
    made.update(changes)
    return made


def hostile_event():
    """Texts that are far too long and full of what each receiver takes for markup."""
    line = HOSTILE + " \U0001f600é" * 20 + "\n"
    return event(
        title=HOSTILE + "T" * 3000,
        text=line * 400,
        error=line * 200,
        output=line * 1000,
        checks=[{"expr": "`a` < 2%", "value": HOSTILE, "threshold": "2%", "result": "false"}] * 40,
        next=["runbook resume 01jd8xw3 '" + HOSTILE + "'"] * 30,
        step=line,
    )


def long_message(channel):
    """Everything that a message may hold, at a length that no receiver takes; nothing in it is escaped."""
    long = event(
        title="T" * 5000,
        text="some words " * 4000,
        error="an error " * 4000,
        output="one line of an output\n" * 4000,
        checks=[{"expr": "e" * 500, "value": "1", "threshold": "2", "result": "not-met"}] * 200,
        next=["runbook resume 01jd8xw3 " + "n" * 600] * 100,
        step="s" * 1000,
        runbook="r" * 1000,
        to="c" * 1000,
    )
    return message(channel, *[event(title="E" * 1000)] * 19, long, count=300, subject="S" * 5000)


def hostile_message(channel):
    return message(channel, *[event(title=HOSTILE * 20)] * 19, hostile_event(), count=300, subject=HOSTILE * 100)


class Delivery:
    def __init__(self, root):
        self.root = root
        self.said = ""

    def drive(self, channels, messages, env, net=None, secrets=None, **asked):
        patient = {"connect_timeout": "2m", "timeout": "2m"}  # a busy machine is not what is looked at here
        config = {"project": "t", "channels": channels, "net": {**patient, **(net or {})}, "secrets": secrets}
        config = {name: value for name, value in config.items() if value}
        done = subprocess.run(
            [DRIVER, str(self.root)],
            input=json.dumps({"config": config, "messages": messages, **asked}),
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(env or {})},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.said += done.stdout + done.stderr
        assert "AddressSanitizer" not in done.stderr and "runtime error:" not in done.stderr, done.stderr
        assert done.returncode == 0, done.stderr
        self.err = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def send(self, channels, *messages, env=None, **asked):
        return self.drive(channels, list(messages), env, **asked)

    def preview(self, channels, one, env=None):
        return self.drive(channels, [one], env, preview=True)[0]["preview"]


def documented(channel):
    """The message of which docs/notifications.md shows previews."""
    shown = dict.fromkeys(("host", "run", "attempt", "attempts", "state", "to", "duration_ms"))
    return message(channel, event(**shown, error=None, next=["runbook resume 01jd8xw3"]))
