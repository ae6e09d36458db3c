"""Discord's webhooks (https://docs.discord.com/developers/resources/webhook#execute-webhook) and the limits of embeds
(https://docs.discord.com/developers/resources/message#embed-object-embed-limits)."""

import json
import urllib.parse

from stubs.server import Receiver, units

EMBED = "title type description url timestamp color footer image thumbnail author fields".split()


class Discord(Receiver):
    PATH = "/api/webhooks/123/canary-discord-token"

    def __init__(self):
        super().__init__()
        self.messages = []

    def check_length(self, text, most, where):
        self.need(isinstance(text, str) and 0 < units(text) <= most, f"{where}: 1 to {most} characters")
        return units(text)

    def check_embed(self, embed):
        self.only(embed, EMBED, "embed")
        total = 0
        for name, most in (("title", 256), ("description", 4096)):
            if name in embed:
                total += self.check_length(embed[name], most, name)
        fields = embed.get("fields", [])
        self.need(len(fields) <= 25, "more than 25 fields")
        for field in fields:
            self.only(field, ("name", "value", "inline"), "field")
            total += self.check_length(field["name"], 256, "field name")
            total += self.check_length(field["value"], 1024, "field value")
        if "footer" in embed:
            total += self.check_length(embed["footer"]["text"], 2048, "footer")
        return total

    def answer(self, request):
        url = urllib.parse.urlsplit(request.path)
        self.need(url.path == self.PATH, "Unknown Webhook", 404, json.dumps({"code": 10015, "message": "Unknown Webhook"}))
        body = request.json
        self.only(body, "content username avatar_url tts embeds allowed_mentions components flags".split(), "message")
        self.need(body.get("content") or body.get("embeds"), "an empty message")
        if "content" in body:
            self.check_length(body["content"], 2000, "content")
        self.need(len(body.get("embeds", [])) <= 10, "more than 10 embeds")
        self.need(sum(self.check_embed(e) for e in body.get("embeds", [])) <= 6000, "embeds of more than 6000 characters")
        self.need(body.get("allowed_mentions") == {"parse": []}, "somebody may be mentioned")
        self.messages.append(body)
        wait = urllib.parse.parse_qs(url.query).get("wait") == ["true"]
        return (200, {}, json.dumps({"id": str(len(self.messages))})) if wait else (204, {}, "")
