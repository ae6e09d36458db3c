#!/usr/bin/env python3
"""Bad input: every mistake is refused with exit 2 before anything runs, with the place and the mend.

A table of mistakes in runbooks, configuration and command lines; then files that are cut, shuffled and scribbled over at
random, of which the program may say whatever it likes, as long as it says it and exits 0, 1 or 2.

    bad_input.py [--mutants N] [--seed N] [WORD..]     (N: 500 unless said)
"""

import argparse
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

from harness import SOURCE, in_a_project, need, report

HEAD = 'runbook "T" {}\nparam "level" { default = "all", choices = { "all", "unit" } }\nstep "First" { run = "echo ran >> ledger" }\n'


def step(keys):
    """A step on line 4, after one that would leave a trace."""
    return HEAD + f'step "Build" {{ {keys} }}\n'


# name: (text of the runbook, line of the mistake, what the message says, what the mend says)
RUNBOOKS = {
    "wrong key": (step('rnu = "make"'), 4, "unknown key `rnu`", "did you mean `run`"),
    "wrong key of the header": ('runbook "T" { prioritty = "high" }\n', 1, "prioritty", "did you mean `priority`"),
    "wrong key of a parameter": ('runbook "T" {}\nparam "a" { defualt = 1 }\n', 2, "defualt", "did you mean `default`"),
    "wrong key of retry": (step('run = "make", retry = { tmes = 3 }'), 4, "tmes", "did you mean `times`"),
    "wrong key of limits": (step('run = "make", limits = { memry = "1GB" }'), 4, "memry", "did you mean `memory`"),
    "wrong type": (step('run = "make", always = "yes"'), 4, "true or false", ""),
    "wrong type of run": (step("run = 7"), 4, "`run`", ""),
    "wrong type of env": (step('run = "make", env = "A=1"'), 4, "`env`", ""),
    "wrong unit": (step('run = "make", timeout = "10 parsecs"'), 4, "10 parsecs", "30s"),
    "wrong size": (step('run = "make", limits = { memory = "2 apples" }'), 4, "2 apples", "512MB"),
    "no unit in an expression": (HEAD + 'param "rate" { type = "percent", default = "5%" }\nstep "B" { run = "make", check = "rate < 5" }\n', 5, "percentage", "5%"),
    "syntax of an expression": (step('run = "make", check = "rate >"'), 4, "expected a value", ""),
    "unknown name in an expression's text": (step('run = { "echo", "$levle" }'), 4, "$levle", "did you mean"),
    "two bodies": (step('run = "make", call = "a/b"'), 4, "both `run` and `call`", ""),
    "no body": (step(""), 4, "does nothing", ""),
    "missing comma": (HEAD + 'step "B" {\n  run = "make"\n  check = "true"\n}\n', 6, "near 'check'", "missing comma"),
    "missing brace": (HEAD + 'step "B" {\n  run = "make",\n', None, "near <eof>", "missing"),
    "missing quote": (HEAD + 'step "B" { run = "make }\n', 4, "unfinished string", "quote"),
    "text without quotes": (HEAD + "step(Build) { run = 'make' }\n", 4, "unknown name `Build`", "quotes"),
    "unknown statement": (HEAD + 'stp "B" { run = "make" }\n', 4, "stp", "did you mean `step`"),
    "two steps of one id": (HEAD + 'step "first" { run = "make" }\n', 4, "same id", "id"),
    "unknown verb": (HEAD + 'step "B" { run = tests.rn { level = "unit" } }\n', 4, "has no `rn`", "did you mean"),
    "unknown option of a verb": (HEAD + 'step "B" { run = tests.run { levle = "unit" } }\n', 4, "levle", "did you mean"),
    "a verb that nobody called": (HEAD + 'step "B" { run = tests.run }\n', 4, "is a verb", "call it"),
    "missing program": (step('run = { "no-such-program", "--now" }'), 4, "no-such-program", "install"),
    "unknown secret": (step('run = "make", secret = "NO_SUCH"'), 4, "NO_SUCH", "secrets"),
    "unknown runbook called": (step('call = "no/such"'), 4, "no runbook no/such", ""),
    "wrong parameter of a call": (step('call = "crash/called", with = { wrod = "x" }'), 4, "wrod", "word"),
    "missing parameter of a call": (step('call = "crash/called"'), 4, "word", ""),
    "calls itself": (step('call = "crash/bad"'), 4, "calls itself", ""),
    "cyclic call": (step('call = "crash/there"'), 4, "crash/there -> crash/bad", "take one of the calls out"),
    "loops forever": (HEAD + "while true do end\n", 4, "stopped", "endless loop"),
    "loops forever and catches it": (HEAD + "while true do pcall(function() while true do end end) end\n", 4, "stopped", "endless"),
    "loops in C": (HEAD + 'local s = ("a"):rep(2000000)\nlocal x = s:find(("a*"):rep(40) .. "b")\n', None, "bad", ""),
    "allocates without end": (HEAD + 'local t = {}\nwhile true do t[#t + 1] = ("x"):rep(100000) .. #t end\n', None, "not enough memory", "without end"),
    "one huge string": (HEAD + 'local s = ("x"):rep(1 << 40)\n', 4, "", ""),
    "recurses": (HEAD + "local function f(n) return 1 + f(n + 1) end\nf(1)\n", 4, "stack overflow", "without end"),
    "raises": (HEAD + 'error("no such host: db")\n', 4, "no such host", ""),
    "bytecode": (b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n", None, "", ""),
    "zero bytes": (b'runbook "T" {}\n\x00\x00\x00\n', None, "", ""),
    "not UTF-8": (b'runbook "T\xff\xfe" {}\nstep "A" { run = "echo ran >> ledger" }\nstp\n', None, "", ""),
    "empty": ("", None, "runbook", ""),
    "no header": ('step "A" { run = "echo ran >> ledger" }\n', None, "runbook", ""),
}

HELPERS = {
    "crash/called": 'runbook "Called" {}\nparam "word" { required = true }\nstep "A" { run = "echo ran >> ledger" }\n',
    "crash/there": 'runbook "There" {}\nstep "Back" { call = "crash/bad" }\n',
}

# name: (runbook.yaml, line:column of the mistake or "", what it says)
CONFIGURATIONS = {
    "wrong key": ("project: t\nlevles: {}\n", "2:1", "did you mean"),
    "wrong type": ("project: t\nlevels: 7\n", "2:9", "levels"),
    "wrong unit": ("project: t\nlogs: { max_size: 10parsecs }\n", "2:19", "10parsecs"),
    "wrong runner": ("project: t\nlevels:\n  unit: { runner: pytset, command: x }\n", "3:19", "pytest"),
    "tab": ("project: t\nlevels:\n\tunit: {}\n", "3:1", ""),
    "open bracket": ("project: [t\n", "", ""),
    "two documents": ("project: t\n---\nproject: u\n", "", ""),
    "an alias of itself": ("project: &a [*a]\n", "", ""),
    "a billion laughs": ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)), "", ""),
    "deep": ("project: " + "[" * 100_000 + "\n", "", ""),
    "not UTF-8": (b"project: \xff\xfe\n", "", ""),
    "binary": (bytes(range(256)) * 8, "", ""),
}

# name: (arguments, what it says)
COMMANDS = {
    "unknown runbook": (["crash/godo"], "crash/good"),
    "unknown parameter": (["crash/good", "--levle", "unit"], "--level"),
    "unknown parameter, short form": (["crash/good", "levle=unit"], "level"),
    "value that is no choice": (["crash/good", "--level", "smoke"], "unit"),
    "value without its unit": (["crash/good", "--since", "3 fortnights"], "48h"),
    "no value": (["crash/good", "--since"], "--since"),
    "unknown step": (["crash/good", "--from", "frist"], "frist"),
    "missing parameter": (["crash/called"], "--word"),
    "unknown command": (["crsh"], "help"),
    "no such run": (["status", "0123456789"], "recorded"),
}
GOOD = HEAD + 'param "since" { type = "duration", default = "1h" }\n'


def check_refused(done, *words):
    need(done.returncode == 2, "it gave", done)
    need("Sanitizer" not in done.stderr and "runtime error" not in done.stderr, "it broke:", done)
    need(done.stderr.startswith("runbook: ") and not done.stdout, "it says it elsewhere:", done)
    for word in words:
        need(word in done.stderr, f'it does not say "{word}":', done)


def check_untouched(project):
    need(project.ledger() == [], "something was run:", project.ledger())
    need(not project.state.exists(), "the store was made")


def bad_runbook(text, line, *words):
    def work(project):
        for name, helper in HELPERS.items():
            project.runbook(name, helper)
        project.runbook("crash/bad", text)
        done = project.command("crash/bad")
        place = f"bad.lua:{line}:" if line else "bad"
        check_refused(done, place, *filter(None, words))
        check_untouched(project)
        if "while true" in str(text) or ":find" in str(text):
            return  # those take seconds to be stopped
        checked = project.command("check", "crash/bad")
        need(checked.returncode in (0, 2), "check gave", checked)  # programs and the like are warnings there

    return work


def bad_configuration(text, place, *words):
    def work(project):
        project.write("runbook.yaml", text)
        project.runbook("crash/good", GOOD)
        for command in (["crash/good"], ["list"], ["check"]):
            done = project.command(*command)
            need(done.returncode == 2 or command[0] == "list", "it gave", done)
            need("runbook.yaml:" + place in done.stderr + done.stdout, f"it does not say where ({place}):", done)
            for word in filter(None, words):
                need(word in done.stderr + done.stdout, f'it does not say "{word}":', done)
        check_untouched(project)

    return work


def bad_command(args, *words):
    def work(project):
        project.runbook("crash/good", GOOD)
        project.runbook("crash/called", HELPERS["crash/called"])
        check_refused(project.command(*args), *words)
        check_untouched(project)

    return work


def unreadable(project):
    file = project.runbook("crash/bad", GOOD)
    if os.geteuid() == 0:
        file.unlink()
        file.mkdir()  # root may read everything but a folder
    else:
        file.chmod(0)
    check_refused(project.command("crash/bad"), "crash/bad")
    check_untouched(project)


def not_a_file(project):
    os.mkfifo(project.root / "runbooks.fifo")
    (project.root / "runbooks" / "crash").mkdir(parents=True)
    os.mkfifo(project.root / "runbooks" / "crash" / "bad.lua")
    check_refused(project.command("crash/bad", timeout=300), "crash/bad")
    check_untouched(project)


def unreadable_configuration(project):
    (project.root / "runbook.yaml").unlink()
    (project.root / "runbook.yaml").mkdir()
    project.runbook("crash/good", GOOD)
    check_refused(project.command("crash/good"), "runbook.yaml")
    check_untouched(project)


def experiments():
    for name, (text, line, *words) in RUNBOOKS.items():
        yield f"runbook: {name}", bad_runbook(text, line, *words)
    for name, (text, place, *words) in CONFIGURATIONS.items():
        yield f"configuration: {name}", bad_configuration(text, place, *words)
    for name, (args, *words) in COMMANDS.items():
        yield f"command: {name}", bad_command(args, *words)
    yield "unreadable runbook", unreadable
    yield "a pipe for a runbook", not_a_file
    yield "unreadable configuration", unreadable_configuration


def seeds():
    """What is mutated: the bundled runbooks, this project's configuration, the table above."""
    for file in sorted((SOURCE / "runbooks").rglob("*.lua")):
        yield "runbooks/crash/bad.lua", file.read_bytes()
    for file in [SOURCE / ".runbook.yaml", *sorted((SOURCE / "tests" / "unit" / "config").glob("*.yaml"))]:
        if file.exists():
            yield "runbook.yaml", file.read_bytes()
    for text, *_ in RUNBOOKS.values():
        if "loops" not in str(text) and "while true" not in str(text):
            yield "runbooks/crash/bad.lua", text if isinstance(text, bytes) else text.encode()


def mutate(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randrange(len(data) + 1), rng.randrange(1, 20)
        piece = bytes(data[at : at + length])
        kind = rng.randrange(6)
        if kind == 0:
            del data[at : at + length]
        elif kind == 1:
            data[at:at] = piece * rng.choice([2, 3, 50])
        elif kind == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(length))
        elif kind == 3:
            data[at:at] = rng.choice([b"{", b"}", b'"', b"[[", b"]]", b"%", b"$", b"-", b": ", b"\t", b"\n", b"\0", b"&a", b"*a", b"nil"])
        elif kind == 4:
            data = data[: at or len(data)]
        elif data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def one_mutant(project, path, data):
    file = project.write(path, data)
    done = project.command("check", timeout=600)
    if path != "runbook.yaml":
        shown = project.command("show", "crash/bad", timeout=600)
        need(shown.returncode in (0, 2), f"show of {file} gave", shown)
    need(done.returncode in (0, 1, 2), f"check of {file} gave", done)
    need("Sanitizer" not in done.stderr and "runtime error" not in done.stderr, f"check of {file} broke:", done)
    need(done.returncode == 0 or done.stdout or done.stderr, f"check of {file} refuses it and says nothing")
    file.unlink()
    if path == "runbook.yaml":
        project.write(path, "project: crash\n")


def mutants(count, seed):
    rng, pool = random.Random(seed), list(seeds())

    def work(project):
        for _ in range(count):
            path, data = rng.choice(pool)
            one_mutant(project, path, mutate(data, rng))

    return in_a_project(work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("words", nargs="*")
    o = parser.parse_args()
    chosen = [e for e in experiments() if not o.words or any(w in e[0] for w in o.words)]
    with ThreadPoolExecutor(2) as pool:
        failures = pool.map(lambda e: in_a_project(e[1]), chosen)
        outcomes = [failed and f"{title}: {failed}" for (title, _), failed in zip(chosen, failures)]
    count = 0 if o.words else o.mutants
    failed = mutants(count, o.seed)
    return report(f"bad input, {count} mutants", [*outcomes, failed and f"mutants, seed {o.seed}: {failed}"])


if __name__ == "__main__":
    sys.exit(main())
