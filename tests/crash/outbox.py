#!/usr/bin/env python3
"""Kills what queues and delivers messages, in front of a receiver that misbehaves, and looks at what arrives.

Commands that publish (`notify send`, and runs that fail, whose rule tells of it) and commands that deliver (`notify
flush`, and the processes that the others start beside themselves) are killed with SIGKILL. The receiver accepts, or answers
500 or 429, accepts and resets the connection, hangs, sends half an answer, or none. In the end it behaves, what is left
is flushed, and then

 - the database passes integrity_check,
 - every message that was ever committed is delivered, and none is delivered that the receiver did not accept,
 - every run that ended as failed was told of exactly once, and every `notify send` that exited 0 is there,
 - no event is left for which the rules were not asked (a run records them, and they are asked afterwards),
 - every repetition has the key and the content of the first attempt, and no two messages share a key.

    outbox.py random [--count N] [--seed N]     N kills (default 2000) at random instants
    outbox.py syscalls [--every N]              at every Nth system call of the commands (strace fault injection)

20,000 of them: outbox.py random --count 20000. Prints one line at the end and exits 1 on any violation.
"""

import argparse
import collections
import json
import os
import random
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time

from harness import in_a_project, need, processes_with, report

ROUND = 100  # kills until what is left is flushed and looked at
FAULTS = ["accept", "accept", "accept", "500", "429", "reset", "hang", "half", "close"]


class Receiver:
    """Reads requests as HTTP/1.1 has them and misbehaves as it is told; keeps every request that it has read whole."""

    def __init__(self, rng):
        self.rng = rng
        self.well = False
        self.faults = FAULTS
        self.lock = threading.Lock()
        self.bodies = collections.defaultdict(list)  # key -> content of each attempt
        self.accepted = set()  # keys for which a whole 200 was written
        self.answers = collections.Counter()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client):
        try:
            with client, client.makefile("rb") as stream:
                while self.answer(client, stream):
                    pass
        except OSError:
            pass

    def answer(self, client, stream):
        """One request; whether the connection goes on."""
        line = stream.readline()
        if not line:
            return False
        headers = {}
        while (line := stream.readline().strip()) and b":" in line:
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get(b"content-length", 0)))
        if len(body) < int(headers.get(b"content-length", 0)):
            return False
        key, document = headers[b"idempotency-key"].decode(), json.loads(body)
        document.pop("attempt")
        with self.lock:
            fault = "accept" if self.well else self.rng.choice(self.faults)
            self.answers[fault] += 1
            self.bodies[key].append(json.dumps(document, sort_keys=True))
        return self.misbehave(client, fault, key)

    def misbehave(self, client, fault, key):
        if fault == "accept":
            with self.lock:
                self.accepted.add(key)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return True
        if fault in ("500", "429"):
            client.sendall(b"HTTP/1.1 %s X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" % fault.encode())
            return True
        if fault == "half":
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        elif fault == "hang":
            client.settimeout(0.05)
            while not self.well:
                try:
                    if not client.recv(1):
                        break
                except TimeoutError:
                    pass
        elif fault == "reset":
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


CONFIGURATION = """project: crash
channels:
  hook: { type: webhook, url: "http://127.0.0.1:%d/", parallel: 4 }
notify:
  rules: [{ on: run.failed, to: hook, group_by: [run] }]
  backoff: { base: 10ms, max: 40ms }
"""
FAILING = 'runbook "F" {}\nstep "No" { run = { "false" } }\n'


class Experiment:
    def __init__(self, project, rng):
        self.project = project
        self.rng = rng
        self.receiver = Receiver(rng)
        self.sent = 0
        self.kills = 0
        self.between = 0  # kills that left an event recorded, and no rule asked
        self.promised = set()  # subjects of sends that exited 0
        project.write("runbook.yaml", CONFIGURATION % self.receiver.port)
        project.runbook("crash/fails", FAILING)

    def command(self):
        """What is killed next: its arguments, and the subject when it is a send."""
        kind = self.rng.random()
        if kind < 0.6:
            self.sent += 1
            return ["notify", "send", "hook", "--subject", f"message {self.sent}", "text"], f"message {self.sent}"
        return (["run", "crash/fails", "-q"], None) if kind < 0.8 else (["notify", "flush"], None)

    def reap_couriers(self):
        for pid in processes_with(f"--state\0{self.project.state}\0notify"):
            try:
                os.kill(pid, signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass

    def rows(self):
        db = sqlite3.connect(self.project.state / "state.db")
        rows = db.execute("SELECT key, state, subject, last_error FROM notify_outbox").fetchall()
        failed = db.execute("SELECT id FROM runs WHERE state = 'failed'").fetchall()
        self.recorded = db.execute("SELECT count(*) FROM notify_events").fetchone()[0]
        db.close()
        return rows, {run for (run,) in failed}

    def settle(self):
        """The receiver behaves; everything is flushed."""
        self.receiver.well = True
        self.reap_couriers()
        for _ in range(20):
            done = self.project.command("notify", "flush")
            need(done.returncode in (0, 75), "`notify flush` failed:", done)  # 75: a courier is at it, slowly
            if done.returncode == 0 and not self.project.json("notify", "list", "--status", "queued")["messages"]:
                break
        self.check()
        self.receiver.well = False

    def count_between(self):
        """Whether the last kill came between the record of an event and the question to the rules."""
        db = sqlite3.connect(self.project.state / "state.db", timeout=60)
        self.between += db.execute("SELECT count(*) FROM notify_events").fetchone()[0] > 0
        db.close()

    def check(self):
        self.project.integrity()
        rows, failed = self.rows()
        receiver = self.receiver
        need(self.recorded == 0, "events were recorded, and no rule was asked:", self.recorded)
        subjects = {subject for _, _, subject, _ in rows}
        keys = [key for key, _, _, _ in rows]
        need(len(set(keys)) == len(keys), "two messages share a key")
        for key, state, subject, error in rows:
            need(state == 2, "not delivered:", key, state, subject, error)
            need(key in receiver.accepted, "delivered, but never accepted:", key, subject)
        for key, bodies in receiver.bodies.items():
            need(key in keys, "sent, but not in the outbox:", key)
            need(len(set(bodies)) == 1, "the attempts of one message differ:", key, *set(bodies))
        need(self.promised <= subjects, "accepted by `notify send`, but lost:", self.promised - subjects)
        told = collections.Counter()
        for bodies in receiver.bodies.values():
            for event in json.loads(bodies[0])["events"]:
                told[event.get("run")] += 1
        for run in failed:
            need(told[run] == 1, "told so often of a failed run:", run, told[run])

    def kill_at_random(self, seconds):
        arguments, subject = self.command()
        process = self.project.start(*arguments)
        time.sleep(self.rng.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        status = process.wait()
        self.kills += status == -signal.SIGKILL
        if arguments[0] == "run":
            self.count_between()
        if status == 0 and subject:
            self.promised.add(subject)


def undisturbed(project):
    began = time.monotonic()
    done = project.command("notify", "send", "hook", "--subject", "message 0", "text")
    need(done.returncode == 0, "the first message failed:", done)
    return time.monotonic() - began


def random_kills(count, seed, counted):
    def work(project):
        experiment = Experiment(project, random.Random(seed))
        experiment.receiver.well = True
        seconds = min(undisturbed(project) * 1.2, 0.5)
        experiment.receiver.well = False
        told = 0
        while experiment.kills < count:
            for _ in range(ROUND):
                experiment.kill_at_random(seconds)
            experiment.settle()
            if experiment.kills // 1000 > told:
                told = experiment.kills // 1000
                print(f"{experiment.kills} kills", flush=True)
        answers = dict(experiment.receiver.answers, unasked=experiment.between)
        counted.append((experiment.kills, answers))

    return in_a_project(work)


# ---- at every system call


def calls_of(project, arguments):
    """How often each system call is made by a command: name -> count."""
    log = project.root / "calls"
    project.command(*arguments, prefix=["strace", "-qq", "-o", str(log)])
    calls = collections.Counter()
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"([a-z_0-9]+)\(", line)
        if found:
            calls[found[1]] += 1
    return calls


def every_system_call(arguments, every, counted):
    def work(project):
        experiment = Experiment(project, random.Random(1))
        experiment.receiver.faults = [f for f in FAULTS if f != "hang"]  # a whole command would wait for it
        undisturbed_calls = calls_of(project, arguments("message 0"))
        places = [(name, n) for name, count in sorted(undisturbed_calls.items()) for n in range(1, count + 1)]
        for i, (name, n) in enumerate(places[::every]):
            if name in ("execve", "exit_group"):
                continue
            inject = f"inject={name}:signal=KILL:when={n}"
            subject = f"message {i + 1}"
            prefix = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", inject]
            done = project.command(*arguments(subject), prefix=prefix)
            experiment.kills += done.returncode < 0 or done.returncode == 137
            if done.returncode == 0 and arguments(subject)[1] == "send":
                experiment.promised.add(subject)
            if arguments(subject)[0] == "run":
                experiment.count_between()
            if i % 20 == 19:
                experiment.settle()
        experiment.settle()
        counted.append((experiment.kills, dict(experiment.receiver.answers, unasked=experiment.between)))

    return in_a_project(work)


COMMANDS = {
    "send": lambda subject: ["notify", "send", "hook", "--subject", subject, "text"],
    "run": lambda subject: ["run", "crash/fails", "-q"],
    "flush": lambda subject: ["notify", "flush"],
}


def main():
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    of_random = modes.add_parser("random")
    of_random.add_argument("--count", type=int, default=2000)
    of_random.add_argument("--seed", type=int, default=int(time.time()))
    of_syscalls = modes.add_parser("syscalls")
    of_syscalls.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    counted = []
    if options.mode == "random":
        print(f"seed {options.seed}", flush=True)
        outcomes = [random_kills(options.count, options.seed, counted)]
    elif subprocess.run(["strace", "-V"], capture_output=True).returncode:
        print("outbox: strace is not there: skipped")
        return 0
    else:
        outcomes = [every_system_call(make, options.every, counted) for make in COMMANDS.values()]
    kills = sum(k for k, _ in counted)
    answers = collections.Counter()
    for _, some in counted:
        answers.update(some)
    print(" ".join(f"{name} {n}" for name, n in sorted(answers.items())))
    return report("outbox", outcomes, f"experiments with {kills} kills")


sys.exit(main())
