"""Channels of this machine: GitHub Actions' annotations and summary, the terminal, the desktop, a command, a file."""

import contextlib
import json
import os
import pty
import re
import subprocess
import termios

import documents
import pytest
from channels import HOSTILE, Delivery, event, hostile_message, message, recovery
from conftest import wait_for

ACTIONS = {"gh": {"type": "github-actions"}}


@pytest.fixture
def delivery(tmp_path):
    return Delivery(tmp_path)


def annotations(delivery, *messages, env=None):
    """What a runner would take for commands, as (command, properties, text)."""
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(delivery.root / "summary.md"), **(env or {})}
    assert all(r["sent"] == "accepted" for r in delivery.send(ACTIONS, *messages, env=environ))
    return re.findall(r"^::(\w+) ([^:]*)::(.*)$", delivery.err, re.MULTILINE)


# ---- GitHub Actions ----


def test_a_failure_is_an_annotation_at_its_place_and_a_summary(delivery):
    ((command, properties, text),) = annotations(delivery, message("gh"))
    assert command == "error"
    assert properties == "file=tests/test_cart.py,line=41,title=[high] Morning health check failed"
    assert text.startswith("tests/test_cart.py:41: failure_rate is 7.5%25")
    summary = (delivery.root / "summary.md").read_text()
    assert summary.startswith("### \\[high\\] Morning health check failed") and "31 failed" in summary


def test_priorities_are_levels(delivery):
    events = [event(priority=p) for p in ("critical", "high", "medium", "low")] + [recovery()]
    found = annotations(delivery, *[message("gh", e) for e in events])
    assert [command for command, _, _ in found] == ["error", "error", "warning", "notice", "notice"]


def test_no_text_becomes_a_command_of_its_own(delivery):
    found = annotations(delivery, message("gh", event(title="a,b:c\n::error::x", error="one\r\n::set-env name=A::b\n" + HOSTILE)))
    assert len(found) == 1
    assert len(delivery.err.splitlines()) == 1
    assert "a%2Cb%3Ac" in delivery.err


def test_the_summary_stays_small(delivery):
    annotations(delivery, hostile_message("gh"))
    assert (delivery.root / "summary.md").stat().st_size < 400_000
    assert len(delivery.err) < 60_000


def test_elsewhere_it_says_nothing(delivery):
    assert delivery.send(ACTIONS, message("gh"))[0]["sent"] == "accepted"
    assert delivery.err == "" and not (delivery.root / "summary.md").exists()


# ---- people ----


@pytest.mark.parametrize("stopped", [False, True])
def test_the_bell_rings_on_the_terminal(delivery, stopped):
    """The driver has a terminal of its own, which it does not use for anything else. One that is stopped (Ctrl-S) holds
    up nobody."""
    ours, its = pty.openpty()
    if stopped:
        termios.tcflow(its, termios.TCOOFF)
    command = [os.environ["CHANNEL_DRIVER"], str(delivery.root)]
    asked = '{"config": {"project": "t", "channels": {"b": {"type": "bell"}}}, "messages": [%s]}'
    one = '{"channel": "b", "key": "k", "group": "g", "priority": "low", "subject": "s", "count": 1, "events": [{"title": "T\\u001b[31m"}]}'

    def take_terminal():
        os.setsid()
        os.close(os.open(os.ttyname(its), os.O_RDWR))

    done = subprocess.run(command, input=asked % one, text=True, capture_output=True, preexec_fn=take_terminal, timeout=60)
    assert '"sent":"accepted"' in done.stdout, done
    if stopped:
        termios.tcflow(its, termios.TCOON)
        os.write(its, b"nothing else")
    assert os.read(ours, 1000) == (b"nothing else" if stopped else b"\x07runbook: T[31m\r\n")
    os.close(ours)
    os.close(its)


def test_annotations_wait_for_no_reader_that_has_stopped(delivery):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b"x" * 65536):
            pass
    os.set_blocking(writer, True)
    asked = json.dumps({"config": {"project": "t", "channels": ACTIONS}, "messages": [message("gh")]})
    environ = {"PATH": os.environ["PATH"], "GITHUB_ACTIONS": "true"}
    command = [os.environ["CHANNEL_DRIVER"], str(delivery.root)]
    done = subprocess.run(command, input=asked, text=True, stdout=subprocess.PIPE, stderr=writer, env=environ, timeout=60)
    assert json.loads(done.stdout)["sent"] == "retry" and "standard error" in done.stdout
    os.close(reader)
    os.close(writer)


def test_without_a_terminal_the_bell_is_silent(delivery):
    assert delivery.send({"b": {"type": "bell"}}, message("b"))[0]["sent"] == "accepted"


def test_a_desktop_gets_a_notification(delivery):
    program = delivery.root / "notify-send"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/told"\n')
    program.chmod(0o755)
    environ = {"PATH": f"{delivery.root}:/usr/bin:/bin", "DISPLAY": ":99"}
    delivery.send({"d": {"type": "desktop"}}, message("d"), env=environ)
    words = (delivery.root / "told").read_text().splitlines()
    assert words[1:4] == ["--urgency=critical", "--", "[high] Morning health check failed"]


# ---- programs ----


def test_a_command_that_fails_is_tried_again_with_its_last_line(delivery):
    commands = {"c": {"type": "command", "command": ["sh", "-c", "echo first; echo the disk is full >&2; exit 9"]}}
    result = delivery.send(commands, message("c"))[0]
    assert (result["sent"], result["error"]) == ("retry", "exit code 9: the disk is full")


def test_many_files_are_appended_to_at_once(delivery):
    files = {"f": {"type": "file", "path": "events.jsonl"}}
    delivery.send(files, *[message("f", hostile_message("f")["events"][-1], key=f"k{i}") for i in range(20)], parallel=True)
    keys = {json.loads(line)["key"] for line in (delivery.root / "events.jsonl").read_text().splitlines()}
    assert keys == {f"k{i}" for i in range(20)}


# ---- from a runbook ----


def test_a_step_sends_its_message_once_and_without_secrets(project):
    project.write("runbook.yaml", "project: t\nchannels: { log: { type: file, path: sent.jsonl } }\n")
    project.runbook("t/tell", """runbook "Tell" {}
param "token" { type = "string", secret = true }
step "Tell" {
  run = function(ctx)
    for _ = 1, 2 do
      ctx:perform(notify.send { channel = "log", subject = "Hello", text = "with $token", key = "k $token", priority = "low" })
    end
  end,
}
""")
    project.ok("t/tell", "--token", "canary-of-a-run")
    sent = project.root / "sent.jsonl"
    wait_for(lambda: sent.exists() and sent.read_text().endswith("\n"), "the message")
    (line,) = sent.read_text().splitlines()
    (told,) = documents.validate(json.loads(line))["events"]
    assert (told["title"], told["text"], told["key"]) == ("Hello", "with ***", "message:k ***")
    assert told["run"].startswith(told["run_short"]) and told["runbook"] == "t/tell"
    for file in (project.root / ".runbook").rglob("*"):
        assert not file.is_file() or b"canary-of-a-run" not in file.read_bytes(), file


# ---- check ----


def test_check_holds_channels_to_their_types_and_looks_up_no_secret(project):
    project.write("runbook.yaml", "project: t\nchannels:\n"
                                  "  chat: { type: slack, webhok: 'env:NOT_THERE' }\n"
                                  "  good: { type: slack, webhook: 'env:NOT_THERE', rate: 1/s }\n"
                                  "  hook: { type: webhook, url: 'https://a.example', secret: canary-in-the-file }\n")
    result = project.run("check", "--json")
    assert result.exit == 2
    told = [(p["message"], p["hint"]) for p in result.json["problems"]]
    assert told == [
        ("channels.chat: slack has no option `webhok`", "did you mean `webhook`?"),
        ("channels.hook.secret is a secret", "write env:NAME or file:PATH; the value itself never stands in this file"),
    ]
    assert "canary" not in result.out and result.json["problems"][0]["file"].endswith("/runbook.yaml")


def test_check_refuses_hosts_that_are_not_ascii(project):
    project.write("runbook.yaml", "project: t\nchannels: { c: { type: webhook, url: 'https://b\u00fccher.example/x' } }\n")
    (problem,) = project.run("check", "--json").json["problems"]
    assert problem["severity"] == "error" and "not written in ASCII" in problem["message"] and "xn--" in problem["hint"]
    environ = {"HOOK": "https://\uff11\uff12\uff17.0.0.1/x"}
    project.write("runbook.yaml", "project: t\nchannels: { c: { type: webhook, url: 'env:HOOK' } }\n")
    sent = project.run("notify", "test", "c", env=environ)
    assert sent.exit == 1 and "NOT delivered" in sent.err and "not written in ASCII" in sent.err


def test_check_warns_of_secrets_that_stand_in_the_file(project):
    project.write("runbook.yaml", """project: t
channels:
  chat: { type: slack, webhook: "https://proxy.example/canary" }
  team:
    type: teams
    webhook: "env:NOT_THERE"
  hook: { type: webhook, url: "https://hooks.slack.com/services/canary", headers: { Authorization: canary, X-Team: qa } }
  relay: { type: webhook, url: "https://me:canary@a.example/x" }
  post: { type: command, command: [curl, "Authorization: Bearer ghp_canary"] }
  trial: { type: discord, webhook: "http://127.0.0.1:9/x" }
  alerts: { type: alertmanager, url: "https://a.example", labels: { token: none } }
""")
    result = project.ok("check", "--json")
    told = [(p["severity"], p["line"], p["column"], p["message"].split()[0], p["hint"].split(" and ")[-1]) for p in result.json["problems"]]
    assert told == [
        ("warning", 3, 24, "channels.chat.webhook", 'write webhook: "env:CHAT_WEBHOOK"'),
        ("warning", 7, 85, "channels.hook.headers.Authorization", 'write Authorization: "env:HOOK_AUTHORIZATION"'),
        ("warning", 7, 26, "channels.hook.url", 'write url: "env:HOOK_URL"'),
        ("warning", 8, 27, "channels.relay.url", 'write url: "env:RELAY_URL"'),
        ("warning", 9, 42, "channels.post.command.2", "put it into an environment variable that the program reads by itself"),
    ]
    assert "canary" not in result.out + project.ok("check").out + project.ok("doctor").out
