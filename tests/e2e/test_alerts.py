"""From a runbook that finds something wrong to people: the morning check tells Slack, a mail server, GitHub and
PagerDuty, goes on in the same threads, and says when it is over. With everything down for a day nothing is lost, and
nobody is flooded when it comes back."""

import contextlib
import shutil

import pytest
from conftest import under_asan, wait_for
from stubs import smtp
from stubs.github import GitHub
from stubs.pagerduty import PagerDuty
from stubs.server import serving
from stubs.slack import Slack

PYTEST = "/usr/bin/python3 -m pytest -p no:cacheprovider"
SECRETS = (Slack.WEBHOOK, GitHub.TOKEN, PagerDuty.KEY)


class Receivers:
    """Slack, GitHub, PagerDuty and a mail server, on ports that stay the same while they are down."""

    def __init__(self):
        self.slack, self.github, self.pagerduty = Slack(), GitHub(), PagerDuty()
        self.ports = [smtp.free_port() for _ in range(4)]
        self.mails = []
        self.running = contextlib.ExitStack()

    def up(self):
        for stub, port in zip((self.slack, self.github, self.pagerduty), self.ports):
            self.running.enter_context(serving(stub, port))
        keeper = self.running.enter_context(smtp.keeping(self.ports[3]))
        keeper.mails = self.mails
        return self

    def down(self):
        self.running.close()

    def problems(self):
        return self.slack.problems + self.github.problems + self.pagerduty.problems

    def counts(self):
        """Slack messages, mails, issues with their comments, events of PagerDuty."""
        told = sum(1 + len(issue["comments"]) for issue in self.github.issues)
        return [len(self.slack.messages), len(self.mails), told, len(self.pagerduty.events)]


@pytest.fixture
def receivers():
    made = Receivers()
    yield made
    made.down()


def configure(project, receivers, more):
    slack, github, pagerduty, mail = (f"127.0.0.1:{port}" for port in receivers.ports)
    project.write(
        "runbook.yaml",
        "project: shop\n"
        "channels:\n"
        '  chat: { type: slack, webhook: "env:SLACK_URL" }\n'
        f'  mail: {{ type: email, smtp: "smtp://{mail}", from: runbook@example.org, to: [team@example.org] }}\n'
        f'  issues: {{ type: github, repository: {GitHub.REPOSITORY}, token: "env:GH", api: "http://{github}" }}\n'
        f'  pager: {{ type: pagerduty, routing_key: "env:PD", api: "http://{pagerduty}" }}\n'
        "notify:\n"
        "  rules:\n"
        "    - { on: [run.failed, run.recovered], to: [chat, mail, issues, pager] }\n" + more,
    )
    project.environ.update(SLACK_URL=f"http://{slack}{Slack.WEBHOOK}", GH=GitHub.TOKEN, PD=PagerDuty.KEY)


def suite(project, failing):
    project.write("test_all.py", "def test_quick(): pass\n" + "".join(
        f"def test_{i}():\n    assert {i >= failing}\n" for i in range(20)))


def everywhere(receivers, counts):
    wait_for(lambda: receivers.counts() >= counts and min(receivers.counts()) >= min(counts), f"{counts}")
    assert receivers.counts() == counts
    assert receivers.problems() == []


def test_the_morning_check_tells_everybody_once_goes_on_and_says_when_it_is_over(project, receivers):
    receivers.up()
    levels = f"levels:\n  smoke: {{ command: {PYTEST} -k quick }}\n  unit: {{ command: {PYTEST} }}\n"
    configure(project, receivers, levels + "thresholds: { failure_rate: { healthy: 1% } }\n")
    suite(project, 1)

    assert project.run("daily/morning-health-check").exit == 1
    everywhere(receivers, [1, 1, 1, 1])
    (issue,) = receivers.github.issues
    mail = receivers.mails[0][2]
    assert issue["state"] == "open" and "daily/morning-health-check failed" in issue["title"]
    for text in (str(receivers.slack.messages[0]), mail.get_body(("plain",)).get_content(), issue["body"]):
        assert "failure" in text and "4.8%" in text.replace("\\", ""), text
    assert receivers.pagerduty.events[0]["event_action"] == "trigger"

    assert project.run("daily/morning-health-check").exit == 1
    everywhere(receivers, [2, 2, 2, 2])
    assert len(receivers.github.issues) == 1 and receivers.mails[1][2]["In-Reply-To"] == mail["Message-ID"]

    suite(project, 0)
    project.ok("tests", "run", "unit")
    project.ok("daily/morning-health-check")
    everywhere(receivers, [3, 3, 3, 3])
    wait_for(lambda: issue["state"] == "closed", "the issue closed, which is a request of its own after the comment")
    assert len(issue["comments"]) == 2
    assert [e["event_action"] for e in receivers.pagerduty.events] == ["trigger", "trigger", "resolve"]
    assert len({e["dedup_key"] for e in receivers.pagerduty.events}) == 1
    assert "resolved" in receivers.slack.messages[2]["text"]

    kept = b"".join(p.read_bytes() for p in (project.root / ".runbook").rglob("*") if p.is_file())
    for secret in SECRETS:
        assert secret.encode() not in kept and secret not in str(receivers.mails)


def test_after_a_day_with_everything_down_nothing_is_lost_and_nobody_is_flooded(project, receivers):
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    if under_asan():
        pytest.skip("faketime and AddressSanitizer do not go together")  # it hangs before main
    configure(project, receivers, "")
    project.runbook("t/hourly", 'runbook "Hourly" { priority = "high" }\nstep "Fails" { run = "false" }\n')

    def at(hour, *args):
        command = project.command
        project.command = lambda *words: ["faketime", "-f", f"+{hour}h", *command(*words)]
        try:
            return project.run(*args)
        finally:
            project.command = command

    def listed(hour):
        return at(hour, "notify", "list", "--json").json["messages"]

    assert at(0, "t/hourly").exit == 1
    # A message that was not yet tried would take in what follows.
    wait_for(lambda: all(m["attempts"] for m in listed(0)), "the first messages to be tried")
    for hour in range(1, 24):
        assert at(hour, "t/hourly").exit == 1
    waiting = listed(24)
    assert {m["state"] for m in waiting} <= {"queued", "sending"}, waiting
    assert len(waiting) <= 8, "more than two messages for each channel"

    receivers.up()
    at(25, "notify", "flush")
    everywhere(receivers, [2, 2, 2, 2])
    assert {m["state"] for m in listed(25)} == {"delivered"}
    assert len(receivers.github.issues) == 1
    bodies = [receivers.github.issues[0]["body"], *(c["body"] for c in receivers.github.issues[0]["comments"])]
    assert "and 12 more before" in bodies[1]  # 23 in the second message: one told, ten named
