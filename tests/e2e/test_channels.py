"""Channels to receivers that cannot be had in a test, against stubs that enforce what is documented: limits, fields,
authentication, limits of rate and failures. What is true of all of them is proved for each."""

import email.utils
import time

import documents
import pytest
from channels import HOSTILE, Delivery, event, hostile_message, long_message, message, recovery
from stubs.discord import Discord
from stubs.github import GitHub
from stubs.pagerduty import PagerDuty
from stubs.server import Receiver, serving
from stubs.slack import Slack
from stubs.teams import Teams


class Hook(Receiver):
    """Takes any JSON."""

    def answer(self, request):
        documents.validate(request.json, "runbook.message/1")
        return 204, {}, ""


KEY = "canary-hook-signing-key"


def slack_webhook(stub):
    return {"type": "slack", "webhook": "env:SECRET"}, stub.url + Slack.WEBHOOK


def slack_token(stub):
    return {"type": "slack", "token": "env:SECRET", "channel": "#ops", "api": stub.url + "/api"}, Slack.TOKEN


def github(stub):
    return {"type": "github", "repository": GitHub.REPOSITORY, "token": "env:SECRET", "api": stub.url}, GitHub.TOKEN


def pagerduty(stub):
    return {"type": "pagerduty", "routing_key": "env:SECRET", "api": stub.url}, PagerDuty.KEY


def discord(stub):
    return {"type": "discord", "webhook": "env:SECRET"}, stub.url + Discord.PATH


def teams(stub):
    return {"type": "teams", "webhook": "env:SECRET"}, stub.url + Teams.PATH


def webhook(stub):
    return {"type": "webhook", "url": stub.url + "/hook", "secret": "env:SECRET"}, KEY


CASES = {
    "slack-webhook": (Slack, slack_webhook),
    "slack-token": (Slack, slack_token),
    "github": (GitHub, github),
    "pagerduty": (PagerDuty, pagerduty),
    "discord": (Discord, discord),
    "teams": (Teams, teams),
    "webhook": (Hook, webhook),
}


class Case:
    def __init__(self, root, stub, options, secret):
        self.delivery, self.stub, self.options, self.secret = Delivery(root), stub, options, secret

    def send(self, *messages, **asked):
        return self.delivery.send({"c": self.options}, *messages, env={"SECRET": self.secret}, **asked)

    def send_one(self, one=None, **asked):
        return self.send(one or message("c"), **asked)[0]


@pytest.fixture(params=CASES)
def case(request, tmp_path):
    make, options = CASES[request.param]
    with serving(make()) as stub:
        yield Case(tmp_path, stub, *options(stub))


def body_of(request):
    return request.body.decode()


# ---- what is true of every channel ----


def test_it_arrives_and_says_what_a_tired_person_needs(case):
    assert case.send_one()["sent"] == "accepted"
    assert case.stub.problems == []
    body = body_of(case.stub.requests[-1])
    for part in ("Morning health check failed", "01jd8xw3", "Check the failure rate", "7.5%", "31 failed", "runbook resume 01jd8xw3"):
        assert part in body.replace("\\\\", "").replace("\\", ""), part


@pytest.mark.parametrize("made", [hostile_message, long_message])
def test_texts_stay_within_the_limits_and_say_that_they_are_cut(case, made):
    assert case.send_one(made("c"))["sent"] == "accepted"
    assert case.stub.problems == []
    if not isinstance(case.stub, Hook):
        assert "[cut]" in case.stub.requests[-1].body.decode().replace("\\\\", "")


def test_every_attempt_carries_the_same_key(case):
    case.stub.faults = [(503, {}, "later"), "reset"]
    for attempt in range(3):
        case.send_one(message("c", attempts=attempt))
    assert case.stub.problems == []
    keys = {r.headers["Idempotency-Key"] for r in case.stub.requests}
    assert keys == {"01jd8message1"}


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_receiver_that_is_busy_is_tried_again_when_it_says(case, status):
    case.stub.faults = [(status, {"Retry-After": "7"}, "not now")]
    result = case.send_one()
    assert (result["sent"], result["retry_after"]) == ("retry", 7000), result
    assert f"HTTP {status}" in result["error"]


def test_a_retry_after_may_be_a_date(case):
    at = email.utils.formatdate(time.time() + 1000, usegmt=True)
    case.stub.faults = [(503, {"Retry-After": at}, "")]
    result = case.send_one()
    assert result["sent"] == "retry" and 800000 <= result["retry_after"] <= 1001000, result


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_a_person_mends_in_the_settings_waits_for_it(case, status):
    case.stub.faults = [(status, {}, "who are you")] * 2
    result = case.send_one()
    assert result["sent"] == "retry" and "who are you" in result["error"], result


@pytest.mark.parametrize("status", [400, 410, 422])
def test_what_is_refused_is_dead_and_says_why(case, status):
    case.stub.faults = [(status, {}, "no such thing")] * 2
    result = case.send_one()
    assert result["sent"] == "dead" and "no such thing" in result["error"], result


def test_a_redirect_is_not_followed(case):
    case.stub.faults = [(302, {"Location": case.stub.url + "/elsewhere"}, "")]
    assert case.send_one()["sent"] == "dead"
    assert len(case.stub.requests) == 1


def test_a_connection_that_breaks_is_tried_again(case):
    case.stub.faults = ["reset"]
    assert case.send_one()["sent"] == "retry"


def test_a_receiver_that_is_down_is_tried_again(case):
    options = {k: v.replace(case.stub.url, "http://127.0.0.1:1") for k, v in case.options.items()}
    secret = case.secret.replace(case.stub.url, "http://127.0.0.1:1")
    result = case.delivery.send({"c": options}, message("c"), env={"SECRET": secret})[0]
    assert result["sent"] == "retry", result


def test_many_are_under_way_at_once(case):
    sent = case.send(*[message("c", event(key=f"k{i}"), key=f"m{i}") for i in range(40)], parallel=True)
    assert [r["sent"] for r in sent] == ["accepted"] * 40, sent
    assert case.stub.problems == []
    assert len({r.headers["Idempotency-Key"] for r in case.stub.requests}) == 40


# ---- secrets ----


def test_a_secret_is_seen_only_where_it_belongs(case):
    """Also when the text of a message holds it, when the receiver repeats it, and when it is refused."""
    leak = message("c", event(output=f"curl {case.secret}\n", error=case.secret, title=f"sent to {case.secret}"))
    case.send_one(leak)
    case.stub.faults = [(400, {}, f"bad {case.secret}")] * 2
    assert case.send_one(leak)["sent"] == "dead"
    case.stub.faults = [(503, {}, case.secret)]
    assert case.send_one(leak)["sent"] == "retry"
    assert case.secret not in case.delivery.said
    for request in case.stub.requests:
        if isinstance(case.stub, PagerDuty):
            assert body_of(request).count(case.secret) == 1
        else:
            assert case.secret not in body_of(request)
        shown = [name for name, value in request.headers.items() if case.secret in value]
        assert shown in ([], ["Authorization"]), shown


def test_what_is_secret_to_one_channel_is_not_told_by_another(case, tmp_path):
    (tmp_path / "key").write_text("canary-of-another-channel\n")
    other = {"type": "pagerduty", "routing_key": "file:key"}
    leak = message("c", event(output="key is canary-of-another-channel and canary-of-the-project\n"))
    env = {"SECRET": case.secret, "MINE": "canary-of-the-project"}
    sent = case.delivery.send({"c": case.options, "pager": other}, leak, env=env, secrets={"mine": {"env": "MINE"}})
    assert sent[0]["sent"] == "accepted"
    assert "key is" in body_of(case.stub.requests[-1]) and "canary-of" not in body_of(case.stub.requests[-1])


def test_a_preview_looks_up_no_secret_and_connects_to_nobody(case):
    text = case.delivery.preview({"c": case.options}, message("c"), env={"SECRET": case.secret})
    assert case.secret not in text and "Morning health check failed" in text.replace("\\", "")
    assert case.stub.requests == []


# ---- one by one ----


@pytest.fixture
def one(request, tmp_path):
    make, options = CASES[request.param]
    with serving(make()) as stub:
        yield Case(tmp_path, stub, *options(stub))


def only(name):
    return pytest.mark.parametrize("one", [name], indirect=True)


@only("slack-token")
def test_slack_keeps_a_matter_in_a_thread_until_it_is_over(one):
    one.send(
        message("c", key="m1"),
        message("c", event(title="still so"), key="m2"),
        message("c", recovery(), key="m3"),
        message("c", key="m4"),
    )
    assert one.stub.problems == []
    first, second, over, again = one.stub.messages
    assert second["thread_ts"] == over["thread_ts"] == first["ts"]
    assert over["reply_broadcast"] is True
    assert "thread_ts" not in first and "thread_ts" not in again


@only("slack-token")
@pytest.mark.parametrize("error, sent", [("ratelimited", "retry"), ("internal_error", "retry"), ("not_in_channel", "retry"), ("no_text", "dead")])
def test_slack_says_no_with_200(one, error, sent):
    one.stub.faults = [(200, {"Retry-After": "3"}, '{"ok": false, "error": "%s"}' % error)]
    result = one.send_one()
    assert result["sent"] == sent and error in result["error"]
    assert result["retry_after"] == (3000 if sent == "retry" else 0)


@only("slack-webhook")
def test_slack_mentions_nobody(one):
    one.send_one(message("c", event(title=HOSTILE, text=HOSTILE)))
    header, *blocks = one.stub.messages[0]["blocks"]
    assert header["text"]["type"] == "plain_text"  # no markup in there
    assert "&lt;!channel&gt;" in str(blocks) and "<!channel>" not in str(blocks)
    assert str(blocks).count("'verbatim': True") == str(blocks).count("'mrkdwn'")  # nor does a plain @here
    assert "<!channel>" not in one.stub.messages[0]["text"]


@only("pagerduty")
def test_pagerduty_triggers_acknowledges_and_resolves_one_alert(one):
    seen = event(event="incident.acknowledged", status="info")
    one.send(message("c", key="m1"), message("c", key="m2"), message("c", seen, key="m3"), message("c", recovery(), key="m4"))
    assert one.stub.problems == []
    assert [e["event_action"] for e in one.stub.events] == ["trigger", "trigger", "acknowledge", "resolve"]
    assert len({e["dedup_key"] for e in one.stub.events}) == 1
    assert one.stub.events[0]["payload"]["severity"] == "error"


def long_matters():
    """Two that differ behind what a receiver has room for, in the middle of characters of two bytes."""
    return [event(key="run:" + "\u00e9" * 700 + end, title=f"Matter {end}") for end in "ab"]


@only("pagerduty")
def test_pagerduty_keeps_two_matters_with_long_keys_apart(one):
    a, b = long_matters()
    one.send(message("c", a, key="m1"), message("c", b, key="m2"), message("c", recovery(key=a["key"]), key="m3"))
    assert one.stub.problems == []
    keys = [e["dedup_key"] for e in one.stub.events]
    assert keys[0] == keys[2] != keys[1] and all(key.startswith("run:\u00e9") and len(key) == 255 for key in keys)


@only("github")
def test_github_keeps_two_matters_with_long_keys_apart(one):
    a, b = long_matters()
    one.send(message("c", a, key="m1"), message("c", b, key="m2"))
    one.send_one(message("c", recovery(key=a["key"]), key="m3"))  # nothing is remembered: by its mark
    assert one.stub.problems == []
    assert [(issue["title"], issue["state"]) for issue in one.stub.issues] == [
        ("[high] Matter a", "closed"), ("[high] Matter b", "open"),
    ]


@only("pagerduty")
def test_pagerduty_is_not_told_of_notes(one):
    assert one.send_one(message("c", event(event="incident.noted", status="info")))["sent"] == "accepted"
    assert one.stub.requests == []


@only("discord")
def test_discord_says_in_its_json_how_long_to_wait(one):
    one.stub.faults = [(429, {"Retry-After": "65"}, '{"message": "You are being rate limited.", "retry_after": 64.57}')]
    result = one.send_one()
    assert (result["sent"], result["retry_after"]) == ("retry", 64570)


@only("teams")
def test_teams_keeps_what_matters_when_it_must_cut(one):
    one.send_one(hostile_message("c"))
    card = one.stub.cards[0]
    assert len(one.stub.requests[0].body) <= 28 * 1024
    assert any("runbook resume 01jd8xw3" in str(block) for block in card["body"])


# ---- GitHub ----


@only("github")
def test_github_makes_one_issue_comments_on_it_and_closes_it(one):
    one.send(message("c", key="m1"), message("c", key="m2"), message("c", recovery(), key="m3"), message("c", key="m4"))
    assert one.stub.problems == []
    first, second = one.stub.issues
    assert first["state"] == "closed" and first["labels"] == ["runbook"] and len(first["comments"]) == 2
    assert second["state"] == "open" and second["comments"] == []


@only("github")
def test_github_finds_its_issue_when_nothing_is_remembered(one):
    one.send_one(message("c", key="m1"))
    one.send_one(message("c", event(key="run:other"), key="m2"))
    one.send_one(message("c", key="m3"))
    assert [len(i["comments"]) for i in one.stub.issues] == [1, 0]


@only("github")
def test_github_makes_no_second_issue_or_comment_when_the_answer_was_lost(one):
    empty = (200, {}, "[]")
    one.stub.faults = [empty, "reset"]
    assert one.send_one(message("c", key="m1"))["sent"] == "retry"
    assert one.send_one(message("c", key="m1", attempts=1))["memory"] == {"number": 1}
    assert len(one.stub.issues) == 1 and one.stub.issues[0]["comments"] == []
    memory = {"number": 1}
    one.stub.faults = ["reset"]
    assert one.send_one(message("c", key="m2", memory=memory))["sent"] == "retry"
    assert one.send_one(message("c", key="m2", memory=memory, attempts=1))["sent"] == "accepted"
    assert len(one.stub.issues[0]["comments"]) == 1


@only("github")
def test_github_begins_again_when_somebody_has_deleted_the_issue(one):
    one.send_one(message("c", key="m1"))
    one.stub.issues[0]["deleted"] = True
    result = one.send_one(message("c", key="m2", memory={"number": 1}))
    assert result["memory"]["number"] == 2
    assert one.send_one(message("c", recovery(), key="m3", memory={"number": 1}))["sent"] == "accepted"


@only("github")
@pytest.mark.parametrize(
    "headers, body, low, high",
    [
        ({"Retry-After": "30"}, "", 30, 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "LATER"}, "", 800, 1001),
        ({}, "You have exceeded a secondary rate limit", 60, 60),
    ],
)
def test_github_tells_its_limits_by_403(one, headers, body, low, high):
    later = str(int(time.time()) + 1000)
    one.stub.faults = [(403, {k: v.replace("LATER", later) for k, v in headers.items()}, body)]
    result = one.send_one()
    assert result["sent"] == "retry" and low * 1000 <= result["retry_after"] <= high * 1000, result


@only("github")
def test_github_mentions_nobody(one):
    one.send_one(message("c", event(title="x", text="@octocat see #1 <img src=x>")))
    body = one.stub.issues[0]["body"]
    assert "@\u200boctocat" in body and "#\u200b1" in body and "<img" not in body


@only("github")
def test_github_takes_no_quoted_mark_for_its_own(one):
    stolen = "<!-- runbook:fingerprint=run%3Aother --> <!-- runbook:key=m9 -->"
    one.send_one(message("c", event(output=stolen), key="m1"))
    one.send_one(message("c", event(key="run:other", output=stolen), key="m2"))
    assert [len(i["comments"]) for i in one.stub.issues] == [0, 0]
    one.send_one(message("c", key="m9", attempts=1))
    assert [len(i["comments"]) for i in one.stub.issues] == [1, 0]


# ---- webhook ----


@only("webhook")
def test_a_webhook_is_signed(one):
    import hashlib
    import hmac

    one.send_one()
    request = one.stub.requests[0]
    stamp = request.headers["X-Runbook-Timestamp"]
    assert abs(int(stamp) - time.time()) < 600
    signed = hmac.new(KEY.encode(), stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Runbook-Signature"] == "sha256=" + signed
    document = request.json
    assert document["key"] == "01jd8message1" and document["events"][0]["checks"][0]["value"] == "7.5%"


def test_a_webhook_takes_secrets_into_its_headers(tmp_path):
    with serving(Hook()) as stub:
        hook = {"type": "webhook", "url": "file:url", "headers": {"Authorization": "env:TOKEN", "X-Team": "qa"}}
        (tmp_path / "url").write_text(stub.url + "/from-file\n")
        Delivery(tmp_path).send({"c": hook}, message("c"), env={"TOKEN": "Bearer canary"})
    (request,) = stub.requests
    assert request.path == "/from-file"
    assert request.headers["Authorization"] == "Bearer canary" and request.headers["X-Team"] == "qa"


class Mirror(Hook):
    def answer(self, request):
        return 500, {}, f"you sent {request.headers['Authorization']}"


@pytest.mark.parametrize("written", ["Bearer canary-in-a-header", "env:TOKEN"])
def test_what_a_receiver_says_of_a_secret_header_is_not_shown(tmp_path, written):
    delivery = Delivery(tmp_path)
    with serving(Mirror()) as stub:
        hook = {"type": "webhook", "url": stub.url + "/x", "headers": {"Authorization": written}}
        delivery.send({"c": hook}, message("c"), env={"TOKEN": "Bearer canary-in-a-header"})
        assert stub.requests[0].headers["Authorization"] == "Bearer canary-in-a-header"
    assert "you sent ***" in delivery.said and "canary" not in delivery.said
