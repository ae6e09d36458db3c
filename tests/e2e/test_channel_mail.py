"""E-mail by real SMTP servers: what a mail looks like, threads, log-in over STARTTLS, and what servers refuse."""

import tempfile

import pytest
from channels import HOSTILE, Delivery, event, hostile_message, message, recovery
from stubs import smtp

MAIL = {"type": "email", "from": "Runbook Ä <runbook@example.org>", "to": ["team@example.org", "Ann <ann@example.org>"]}


@pytest.fixture
def server():
    with smtp.keeping() as keeper:
        yield keeper


@pytest.fixture
def delivery(tmp_path):
    return Delivery(tmp_path)


def channel(server, **changes):
    return {"mail": {**MAIL, "smtp": f"smtp://127.0.0.1:{server.port}", **changes}}


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def test_a_mail_has_both_forms_and_says_what_is_needed(server, delivery):
    assert delivery.send(channel(server), message("mail"))[0]["sent"] == "accepted"
    sender, recipients, mail = server.mails[0]
    assert sender == "runbook@example.org" and recipients == ["team@example.org", "ann@example.org"]
    assert mail["Subject"] == "[high] Morning health check failed"
    assert mail["From"] == "Runbook Ä <runbook@example.org>"
    assert mail["To"].addresses[1].display_name == "Ann"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Importance"] == "high"
    assert mail["Message-ID"] == "<01jd8message1@example.org>"
    for form in (text_of(mail), html_of(mail)):
        for part in ("Check the failure rate", "7.5% against 2%", "31 failed", "runbook resume 01jd8xw3"):
            assert part in form


def test_subjects_of_any_language_arrive_as_they_are(server, delivery):
    title = "Prüfung schlägt fehl: " + "ünïcödé \U0001f525 " * 12
    delivery.send(channel(server), message("mail", event(title=title)))
    assert server.mails[0][2]["Subject"] == "[high] " + title.strip()


def test_no_text_adds_a_header_or_markup(server, delivery):
    title = "x\r\nBcc: evil@example.org\r\n\r\nbody " + HOSTILE
    delivery.send(channel(server), message("mail", event(title=title, text="<script>alert(1)</script>")))
    sender, recipients, mail = server.mails[0]
    assert recipients == ["team@example.org", "ann@example.org"] and mail["Bcc"] is None
    assert "<script>" not in html_of(mail) and "&lt;script&gt;" in html_of(mail)


def test_hostile_texts_are_cut(server, delivery):
    assert delivery.send(channel(server), hostile_message("mail"))[0]["sent"] == "accepted"
    mail = server.mails[0][2]
    assert "[cut]" in text_of(mail) and len(text_of(mail)) < 200000


def test_a_matter_is_one_thread_until_it_is_over(server, delivery):
    seen = event(event="incident.acknowledged", status="info")
    sent = [message("mail", key="m0"), message("mail", seen, key="m1"), message("mail", key="m2")]
    delivery.send(channel(server), *sent, message("mail", recovery(), key="m3"), message("mail", key="m4"))
    first, second, third, over, again = [mail for _, _, mail in server.mails]
    assert first["In-Reply-To"] is None and again["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"] and third["In-Reply-To"] == second["Message-ID"]
    assert over["References"].split() == [m["Message-ID"] for m in (first, second, third)]
    assert third["Subject"] == "Re: " + first["Subject"]


def test_the_end_of_the_log_is_attached(server, delivery):
    log = delivery.root / "step.log"
    log.write_text("first\n" + "line\n" * 100000 + "the last line\n")
    delivery.send(channel(server), message("mail", event(log="step.log")))
    delivery.send(channel(server, attach_log="false"), message("mail", event(log="step.log")))
    (attached,) = list(server.mails[0][2].iter_attachments())
    content = attached.get_content()
    assert attached.get_filename() == "step.log"
    assert content.rstrip().endswith("the last line") and "first" not in content and len(content) < 300000
    assert list(server.mails[1][2].iter_attachments()) == []


def test_a_log_of_any_bytes_is_attached(server, delivery):
    (delivery.root / "step.log").write_bytes(b"first\n" + b"\xff\xfe\x00x\n" * 4000000 + b"the last line\n")
    delivery.send(channel(server), message("mail", event(log="step.log")))
    (attached,) = list(server.mails[0][2].iter_attachments())
    content = attached.get_content()
    assert content.startswith("[cut]") and content.rstrip().endswith("\ufffdx\nthe last line")


def test_the_end_of_a_log_of_any_length_is_attached(server, delivery):
    with (delivery.root / "step.log").open("wb") as log:
        log.seek(100 << 20)
        log.write(b"\n" + b"line\n" * 100000 + b"the last line\n")
    delivery.send(channel(server), message("mail", event(log="step.log")))
    (attached,) = list(server.mails[0][2].iter_attachments())
    content = attached.get_content()
    assert content.startswith("[cut]") and content.rstrip().endswith("line\nthe last line") and len(content) < 300000


def test_a_secret_stays_out_of_the_attached_log(server, delivery):
    (delivery.root / "step.log").write_text("PASSWORD=canary-of-another-channel\nthe last line\n")
    other = {"hook": {"type": "webhook", "url": "http://127.0.0.1:1/", "secret": "env:PASSWORD"}}
    env = {"PASSWORD": "canary-of-another-channel"}
    delivery.send({**channel(server), **other}, message("mail", event(log="step.log")), env=env)
    (attached,) = list(server.mails[0][2].iter_attachments())
    content = attached.get_content()
    assert "the last line" in content and "canary" not in content


def test_a_repetition_is_the_same_mail(server, delivery):
    delivery.send(channel(server), message("mail"))
    delivery.send(channel(server), message("mail", attempts=1))
    assert server.mails[0][2]["Message-ID"] == server.mails[1][2]["Message-ID"]


@pytest.mark.parametrize("answer, sent", [("451 try later", "retry"), ("550 no such user", "dead"), ("421 bye", "retry")])
def test_what_the_server_refuses(server, delivery, answer, sent):
    server.answer = answer
    result = delivery.send(channel(server), message("mail"))[0]
    assert result["sent"] == sent and answer[:3] in result["error"], result


def test_a_server_that_is_down_is_tried_again(delivery):
    down = {"mail": {**MAIL, "smtp": "smtp://127.0.0.1:1"}}
    assert delivery.send(down, message("mail"))[0]["sent"] == "retry"


def test_a_password_never_goes_over_an_open_line(server, delivery):
    options = channel(server, user="runbook", password="env:PW")
    result = delivery.send(options, message("mail"), env={"PW": "canary-password"})[0]
    assert result["sent"] == "retry" or result["sent"] == "dead"
    assert server.mails == [] and "canary-password" not in delivery.said


def test_a_preview_shows_the_mail(server, delivery):
    text = delivery.preview(channel(server, user="u", password="env:PW"), message("mail"), env={"PW": "canary-password"})
    assert "Subject: [high] Morning health check failed" in text and "canary" not in text
    assert server.mails == []


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"to": ["nobody"]}, '"nobody" is no address'),
        ({"user": "u"}, "`user` and `password`"),
        ({"smtp": "https://mail.example.org"}, "needs `smtp` as smtp://host:port"),
    ],
)
def test_wrong_options_are_told(server, delivery, changes, error):
    with pytest.raises(AssertionError, match=error.replace("(", "\\(")):
        delivery.send(channel(server, **changes), message("mail"))


# ---- postfix ----


@pytest.fixture(scope="module")
def postfix():
    with tempfile.TemporaryDirectory(prefix="rbk-postfix-") as folder, smtp.postfix(folder) as server:
        yield server


def drive(delivery, postfix, password, **changes):
    options = {**MAIL, "smtp": f"smtp://localhost:{postfix.port}", "user": postfix.USER, "password": "env:PW", **changes}
    config = {"mail": options}
    return delivery.drive(config, [message("mail")], {"PW": password}, net={"ca_file": str(postfix.config / "cert.pem")})[0]


def test_postfix_takes_a_mail_over_starttls_with_a_password(delivery, postfix):
    result = drive(delivery, postfix, postfix.PASSWORD)
    assert result["sent"] == "accepted", (result, (postfix.folder / "log").read_text()[-6000:])
    mail = postfix.mail()
    assert mail["Subject"] == "[high] Morning health check failed"
    assert "ESMTPSA" in mail["Received"]
    assert postfix.PASSWORD not in delivery.said


def test_postfix_refuses_a_wrong_password(delivery, postfix):
    result = drive(delivery, postfix, "canary-wrong-password")
    assert result["sent"] in ("dead", "retry") and "canary" not in delivery.said, result


def test_a_certificate_that_nobody_vouches_for_is_refused(delivery, postfix):
    options = {**MAIL, "smtp": f"smtp://localhost:{postfix.port}", "user": postfix.USER, "password": "env:PW"}
    result = delivery.send({"mail": options}, message("mail"), env={"PW": postfix.PASSWORD})[0]
    assert result["sent"] in ("retry", "dead") and "certificate" in result["error"].lower(), result
