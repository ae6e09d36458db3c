"""Alerts of a real Prometheus Alertmanager (Debian's prometheus-alertmanager) on loopback."""

import calendar
import contextlib
import json
import shutil
import subprocess
import time
import urllib.request

import pytest
from channels import Delivery, event, hostile_message, message, recovery
from stubs.smtp import free_port, wait_until

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
CONFIG = "route:\n  receiver: none\nreceivers:\n  - name: none\n"


class Alertmanager:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path):
        with DIRECT.open(self.url + path, timeout=60) as answer:
            return answer.read()

    def ready(self):
        with contextlib.suppress(OSError):
            return self.get("/-/ready")

    def alerts(self):
        return json.loads(self.get("/api/v2/alerts"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    program = shutil.which("prometheus-alertmanager")
    if not program:
        pytest.skip("prometheus-alertmanager is not installed")
    folder, port = tmp_path_factory.mktemp("alertmanager"), free_port()
    (folder / "config.yml").write_text(CONFIG)
    arguments = [f"--config.file={folder}/config.yml", f"--storage.path={folder}/data", "--cluster.listen-address="]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen([program, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    made = Alertmanager(port)
    try:
        wait_until(made.ready, "alertmanager")
        yield made
    finally:
        running.terminate()
        running.wait(60)


def channel(server, **changes):
    return {"am": {"type": "alertmanager", "url": server.url + "/", "labels": {"team": "qa"}, **changes}}


def seconds_until(when):
    return calendar.timegm(time.strptime(when[:19], "%Y-%m-%dT%H:%M:%S")) - time.time()


def alert(server, key):
    return [a for a in server.alerts() if a["labels"]["key"] == key]


def test_a_matter_is_one_alert_that_a_recovery_resolves(server, tmp_path):
    failed, again = event(key="run:one"), event(key="run:one", priority="critical", title="Worse")
    delivery = Delivery(tmp_path)
    sent = delivery.send(channel(server), message("am", failed, key="m1"), message("am", again, key="m2"))
    assert [r["sent"] for r in sent] == ["accepted"] * 2
    (found,) = alert(server, "run:one")
    assert found["status"]["state"] == "active"
    assert found["labels"] == {
        "alertname": "run.failed", "severity": "high", "key": "run:one", "team": "qa",
        "runbook": "daily/morning-health-check", "project": "shop",
    }
    assert found["annotations"]["summary"] == "[critical] Worse"
    assert "7.5% against 2%" in found["annotations"]["description"]
    over = message("am", recovery(key="run:one"), key="m3", memory=sent[-1]["memory"])
    assert delivery.send(channel(server), over)[0] == {
        "number": 0, "sent": "accepted", "error": None, "retry_after": 0, "memory": {},
    }
    wait_until(lambda: not alert(server, "run:one"), "the alert to be over")


def test_an_alert_holds_until_it_is_resolved(server, tmp_path):
    Delivery(tmp_path).send(channel(server, holds="2h"), message("am", event(key="run:two")))
    (found,) = alert(server, "run:two")
    assert 6900 < seconds_until(found["endsAt"]) < 7300


def test_a_label_that_is_secret_is_remembered_nowhere(server, tmp_path):
    secret, delivery = channel(server, labels={"team": "qa", "site": "env:SITE"}), Delivery(tmp_path)
    env = {"SITE": "canary-of-a-label"}
    sent = delivery.send(secret, message("am", event(key="run:secret"), key="m1"), env=env)[0]
    assert "canary" not in str(sent) and sent["memory"]["labels"]["site"] == "***"
    (found,) = alert(server, "run:secret")
    assert found["labels"]["site"] == "canary-of-a-label"
    over = message("am", recovery(key="run:secret"), key="m2", memory=sent["memory"])
    assert delivery.send(secret, over, env=env)[0]["sent"] == "accepted"
    wait_until(lambda: not alert(server, "run:secret"), "the alert to be over")


def test_what_is_only_said_is_over_soon(server, tmp_path):
    said = event(event="message", status="info", key="message:1")
    Delivery(tmp_path).send(channel(server), message("am", said))
    (found,) = alert(server, "message:1")
    assert 60 < seconds_until(found["endsAt"]) < 310


def test_hostile_texts_are_taken(server, tmp_path):
    assert Delivery(tmp_path).send(channel(server), hostile_message("am"))[0]["sent"] == "accepted"


def test_two_matters_with_long_keys_stay_two(server, tmp_path):
    long = "run:long" + "x" * 400
    Delivery(tmp_path).send(channel(server), *[message("am", event(key=long + end), key="m" + end) for end in "ab"])
    assert len([a for a in server.alerts() if a["labels"]["key"].startswith("run:long")]) == 2


def test_what_it_refuses_is_dead(server, tmp_path):
    result = Delivery(tmp_path).send(channel(server, labels={"no-label": "x"}), message("am"))[0]
    assert result["sent"] == "dead" and "HTTP 400" in result["error"], result
