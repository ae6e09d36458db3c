"""Canaries: a secret that a step prints, in any common encoding and split anywhere, is seen nowhere."""

import base64
import json
import shlex
import urllib.parse

import pytest

SECRET = "c4nary/\"'$ +&%=wheel-7"

PRINT = """
import os, sys, time
secret = os.environ["canary"]
import base64, json, shlex, urllib.parse
forms = {
    "plain": secret,
    "base64": base64.b64encode(secret.encode()).decode(),
    "base64 in the middle": base64.b64encode(b"user:" + secret.encode()).decode(),
    "base64url": base64.urlsafe_b64encode(secret.encode()).decode(),
    "hex": secret.encode().hex(),
    "HEX": secret.encode().hex().upper(),
    "url": urllib.parse.quote(secret, safe=""),
    "form": urllib.parse.quote_plus(secret),
    "json": json.dumps(secret),
    "shell": shlex.quote(secret),
}
for stream in (1, 2):
    for name, text in forms.items():
        for cut in range(0, len(text) + 1, 3):
            line = ("%s [%s]\\n" % (name, text)).encode()
            at = len(name) + 2 + cut
            os.write(stream, line[:at])
            os.write(stream, line[at:])
sys.exit(int(os.environ.get("CODE", "0")))
"""


def traces():
    """What must be found nowhere: every form of the secret, and long pieces of each."""
    raw = SECRET.encode()
    forms = [
        SECRET,
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        base64.b64encode(b"user:" + raw).decode().rstrip("=")[8:],
        raw.hex(),
        raw.hex().upper(),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        shlex.quote(SECRET)[1:-1],
    ]
    pieces = {form[i : i + 12] for form in forms for i in range(0, len(form) - 11)}
    return {p for p in pieces if len(set(p)) > 6}


TRACES = traces() | {"second-canary-value", "third-canary-value"}


def assert_clean(text, where):
    found = sorted(p for p in TRACES if p in text)
    assert not found, (where, found)


FILE = """
runbook "S" {}
step "Print" { secret = "canary", run = "python3 print.py", capture = { leak = "plain %[([^\\n]*)%]" }, on_fail = "continue" }
step "Fail" { secret = "canary", run = [[CODE=3 python3 print.py]], on_fail = "continue" }
step "Note" { secret = "canary", on_fail = "continue", run = function(ctx)
  local said = ctx:exec([[printf %s "$canary"]]).out
  ctx:note("it is " .. said)
  ctx:log("log " .. said)
  ctx:set("fact", said)
  error("failed with " .. said)
end }
step "Other" { secret = { "other", "third" }, run = [[echo "other is $other, third is $third"; false]] }
"""


@pytest.fixture
def canary(project):
    project.write(
        "runbook.yaml",
        "secrets:\n  canary: { env: SHOP_CANARY }\n  other: { file: other.txt }\n  third: { command: cat third.txt }\n",
    )
    project.write("other.txt", "second-canary-value\n")
    project.write("third.txt", "third-canary-value\n")
    project.write("print.py", PRINT)
    project.runbook("demo/s", FILE)
    project.environ["SHOP_CANARY"] = SECRET
    return project


def assert_nowhere_recorded(project):
    for file in (project.root / ".runbook").rglob("*"):
        if file.is_file():
            text = file.read_bytes().decode(errors="replace")
            assert_clean(text, file)


def test_not_on_the_screen_nor_in_what_is_recorded(canary):
    for args in (["demo/s"], ["demo/s", "-v"], ["demo/s", "--json"]):
        result = canary.run(*args)
        assert result.exit == 1
        assert_clean(result.out + result.err, args)
        assert "***" in result.out
    assert_nowhere_recorded(canary)


def test_not_on_a_terminal(canary):
    for args in (["demo/s"], ["demo/s", "-v"]):
        terminal = canary.terminal(*args, columns=200)
        assert terminal.end() == 1
        assert_clean(terminal.raw, args)


def test_not_in_anything_that_is_looked_at_later(canary):
    canary.run("demo/s")
    run = canary.last_run()["run"]
    for args in (["status", run], ["status", run, "--json"], ["logs", run], ["logs", run, "--json"], ["history", "--json"],
                 ["show", "demo/s"], ["demo/s", "-n"], ["check"], ["doctor"]):
        result = canary.run(*args)
        assert_clean(result.out + result.err, args)
    assert "***" in canary.ok("logs", run).out


def test_the_step_itself_gets_it(canary):
    canary.runbook("demo/t", "runbook \"T\" {}\nstep \"Use\" { secret = \"canary\", run = [[printf %s \"$canary\" | wc -c]] }\n")
    canary.ok("demo/t")
    assert canary.ok("logs", canary.last_run()["run"], "1").out.strip() == str(len(SECRET))


def test_a_secret_that_cannot_be_had_stops_before_the_step(canary):
    del canary.environ["SHOP_CANARY"]
    result = canary.run("demo/s", "--json", "--only", "print")
    assert result.exit == 1 and "canary" in result.json["steps"][0]["error"], result
