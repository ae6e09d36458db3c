"""PagerDuty, Events API v2 (https://developer.pagerduty.com/docs/send-alert-event)."""

import json
import re

from stubs.server import Receiver

PAYLOAD = "summary source severity timestamp component group class custom_details".split()
EVENT = "routing_key event_action dedup_key payload client client_url links images".split()


class PagerDuty(Receiver):
    KEY = "canarypagerdutyroutingkey0123456"

    def __init__(self):
        super().__init__()
        self.alerts = {}
        self.events = []

    def answer(self, request):
        self.need(request.method == "POST" and request.path == "/v2/enqueue", "not found", 404)
        self.need(len(request.body) <= 512 * 1024, "the event is larger than 512 KB", 413)
        event = request.json
        self.only(event, EVENT, "event")
        self.need(event.get("routing_key") == self.KEY, "Invalid routing key")
        self.need(len(event.get("dedup_key", "")) <= 255, "dedup_key is longer than 255")
        action = event.get("event_action")
        self.need(action in ("trigger", "acknowledge", "resolve"), f"event_action {action}")
        if action == "trigger":
            self.check_payload(event["payload"])
        else:
            self.need(event.get("dedup_key"), f"{action} needs a dedup_key")
        self.events.append(event)
        self.alerts[event["dedup_key"]] = action
        answer = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return 202, {"Content-Type": "application/json"}, json.dumps(answer)

    def check_payload(self, payload):
        self.only(payload, PAYLOAD, "payload")
        for name in ("summary", "source", "severity"):
            self.need(isinstance(payload.get(name), str) and payload[name], f"payload.{name} is missing")
        self.need(len(payload["summary"]) <= 1024, "summary is longer than 1024")
        self.need(payload["severity"] in ("critical", "error", "warning", "info"), "severity")
        self.need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", payload["timestamp"]), "timestamp")
        self.need(isinstance(payload.get("custom_details", {}), dict), "custom_details")
