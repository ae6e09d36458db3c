"""A workflow of Microsoft Teams that posts what its webhook gets: an Adaptive Card in a message of at most 28 KB
(https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook)."""

from stubs.server import Receiver

BLOCKS = {
    "TextBlock": "type text weight size wrap spacing color fontType isSubtle".split(),
    "RichTextBlock": "type inlines".split(),
    "FactSet": "type facts".split(),
    "Container": "type style items".split(),
}


class Teams(Receiver):
    PATH = "/workflows/canary-teams-workflow/triggers/manual/paths/invoke"

    def __init__(self):
        super().__init__()
        self.cards = []

    def check_block(self, block):
        kind = block.get("type")
        self.need(kind in BLOCKS, f"unknown element {kind}")
        self.only(block, BLOCKS[kind], kind)
        if kind == "TextBlock":
            self.need(isinstance(block["text"], str), "text of a TextBlock")
        elif kind == "RichTextBlock":
            for run in block["inlines"]:
                self.only(run, ("type", "text", "fontType"), "TextRun")
        elif kind == "FactSet":
            for fact in block["facts"]:
                self.only(fact, ("title", "value"), "fact")
        else:
            styles = (None, "default", "emphasis", "good", "attention", "warning", "accent")
            self.need(block.get("style") in styles, "style")
            for item in block["items"]:
                self.check_block(item)

    def answer(self, request):
        self.need(request.path == self.PATH, "not found", 404)
        self.need(len(request.body) <= 28 * 1024, "larger than 28 KB", 413)
        self.need(request.headers["Content-Type"].startswith("application/json"), "content type", 415)
        body = request.json
        self.only(body, ("type", "attachments"), "message")
        self.need(body["type"] == "message" and len(body["attachments"]) == 1, "one attachment")
        attachment = body["attachments"][0]
        self.only(attachment, ("contentType", "contentUrl", "content"), "attachment")
        self.need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "contentType")
        card = attachment["content"]
        self.only(card, ("$schema", "type", "version", "body", "msteams"), "card")
        self.need(card["type"] == "AdaptiveCard" and card["version"] in ("1.0", "1.2", "1.3", "1.4", "1.5"), "card")
        for block in card["body"]:
            self.check_block(block)
        self.cards.append(card)
        return 202, {}, ""
