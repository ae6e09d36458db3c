"""Black-box tests: the built program, run as a user runs it, in projects made for the purpose."""

import json
import os
import pathlib
import signal
import subprocess
import time

import documents
import pytest
from terminal import Terminal

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("RUNBOOK", str(SOURCE / "build" / "runbook"))


def under_asan():
    """Whether the program is built with AddressSanitizer, which takes no library that is loaded before it."""
    return b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()


class Result:
    """What a command did: exit status, both streams, and the JSON document, held to its schema, where there is one."""

    def __init__(self, done):
        self.exit = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return documents.validate(json.loads(self.out))

    def __repr__(self):
        return f"exit {self.exit}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Project:
    """A folder with a runbook.yaml and runbooks, and the program to run in it."""

    def __init__(self, root):
        self.root = root
        self.terminals = []
        self.home = root.parent / "home"
        self.home.mkdir(exist_ok=True)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "USER": "tester",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environ[name] = os.environ[name]

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def runbook(self, name, text):
        return self.write(f"runbooks/{name}.lua", text)

    def command(self, *args):
        return [PROGRAM, *args]

    def run(self, *args, timeout=120, env=None, cwd=None, stdin=subprocess.DEVNULL):
        done = subprocess.run(
            self.command(*args),
            cwd=cwd or self.root,
            env={**self.environ, **(env or {})},
            stdin=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
        result = Result(done)
        assert "AddressSanitizer" not in result.err and "runtime error:" not in result.err, result
        return result

    def ok(self, *args, **options):
        result = self.run(*args, **options)
        assert result.exit == 0, result
        return result

    def start(self, *args, env=None):
        return subprocess.Popen(
            self.command(*args),
            cwd=self.root,
            env={**self.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    def terminal(self, *args, env=None, columns=80):
        environ = {**self.environ, "TERM": "xterm-256color", **(env or {})}
        made = Terminal(self.command(*args), self.root, environ, columns)
        self.terminals.append(made)
        return made

    def last_run(self):
        """The newest run, as `status RUN --json` tells it."""
        return self.ok("status", self.ok("history", "--json").json["runs"][0]["run"], "--json").json

    def ledger(self):
        file = self.root / "ledger"
        return file.read_text().split() if file.exists() else []


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    made = Project(root)
    made.write("runbook.yaml", "project: t\n")
    yield made
    for terminal in made.terminals:
        terminal.close()


def wait_for(condition, what, seconds=60):
    """Waits until condition() is true: for events that another process brings about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds}s for {what}")


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
