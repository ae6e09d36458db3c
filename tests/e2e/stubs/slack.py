"""Slack: an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) and
chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage), with Block Kit's limits
(https://docs.slack.dev/reference/block-kit/blocks)."""

import json
import re

from stubs.server import Receiver, Refused, units

ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
DATE = re.compile(r"<!date\^\d+\^[^|>]+\|[^>]+>")


class Slack(Receiver):
    WEBHOOK = "/services/T000/B000/canaryXXXXwebhook"
    TOKEN = "xoxb-canary-slack-token"

    def __init__(self):
        super().__init__()
        self.messages = []

    def check_text(self, text, most, where):
        self.need(isinstance(text, str) and text, f"no_text in {where}")
        self.need(units(text) <= most, f"{where} is longer than {most}")

    def check_markup(self, text, most, where):
        self.check_text(text, most, where)
        bare = DATE.sub("", text)
        self.need("<" not in bare and ">" not in bare, f"markup in {where}: {bare[:80]}")
        self.need(not ENTITY.search(bare), f"unescaped & in {where}")

    def check_object(self, o, most, where):
        self.need(o["type"] in ("mrkdwn", "plain_text"), f"type of {where}")
        self.only(o, ("type", "text", "verbatim" if o["type"] == "mrkdwn" else "emoji"), where)
        check = self.check_markup if o["type"] == "mrkdwn" else self.check_text
        check(o["text"], most, where)

    def check_block(self, block):
        kind = block.get("type")
        if kind == "header":
            self.only(block, ("type", "text", "block_id"), "header")
            self.need(block["text"]["type"] == "plain_text", "a header is plain_text")
            self.check_object(block["text"], 150, "header")
        elif kind == "section":
            self.only(block, ("type", "text", "fields", "block_id"), "section")
            self.need("text" in block or "fields" in block, "an empty section")
            if "text" in block:
                self.check_object(block["text"], 3000, "section")
            fields = block.get("fields", [])
            self.need(len(fields) <= 10, "more than 10 fields")
            for field in fields:
                self.check_object(field, 2000, "field")
        elif kind == "context":
            self.only(block, ("type", "elements", "block_id"), "context")
            self.need(1 <= len(block["elements"]) <= 10, "elements of context")
            for element in block["elements"]:
                self.check_object(element, 3000, "context")
        else:
            self.need(False, f"unknown block {kind}")
        self.need(len(block.get("block_id", "")) <= 255, "block_id is too long")

    def check_body(self, body):
        self.check_markup(body.get("text"), 40000, "text")
        blocks = body.get("blocks", [])
        self.need(len(blocks) <= 50, "more than 50 blocks")
        for block in blocks:
            self.check_block(block)
        ids = [block["block_id"] for block in blocks if "block_id" in block]
        self.need(len(ids) == len(set(ids)), "two blocks with one block_id")

    def webhook(self, request):
        body = request.json
        self.only(body, ("text", "blocks", "thread_ts", "unfurl_links", "unfurl_media"), "webhook")
        self.check_body(body)
        self.messages.append(body)
        return 200, {"Content-Type": "text/html"}, "ok"

    def post_message(self, request):
        if request.headers["Authorization"] != "Bearer " + self.TOKEN:
            return 200, {}, json.dumps({"ok": False, "error": "invalid_auth"})
        body = request.json
        known = "channel text blocks thread_ts reply_broadcast unfurl_links unfurl_media metadata"
        self.only(body, known.split(), "chat.postMessage")
        if body["channel"] not in ("C1", "#ops"):
            return 200, {}, json.dumps({"ok": False, "error": "channel_not_found"})
        self.check_body(body)
        if "metadata" in body:
            self.only(body["metadata"], ("event_type", "event_payload"), "metadata")
        threads = {m["ts"] for m in self.messages}
        self.need(body.get("thread_ts") in threads | {None}, "a thread that does not exist")
        self.need(not body.get("reply_broadcast") or body.get("thread_ts"), "reply_broadcast without a thread")
        message = {**body, "ts": f"1700000000.{len(self.messages):06d}"}
        self.messages.append(message)
        return 200, {}, json.dumps({"ok": True, "channel": "C1", "ts": message["ts"], "message": {}})

    def answer(self, request):
        self.need(request.method == "POST", "method_not_allowed", 405)
        self.need(request.headers["Content-Type"].startswith("application/json"), "invalid content type")
        try:
            if request.path == self.WEBHOOK:
                return self.webhook(request)
            if request.path == "/api/chat.postMessage":
                return self.post_message(request)
        except Refused as refused:
            if request.path != self.WEBHOOK:
                self.problems.append(str(refused))
                return 200, {}, json.dumps({"ok": False, "error": "invalid_blocks"})
            refused.body = "invalid_blocks"
            raise
        raise Refused(404, "no_service", "no_service")
