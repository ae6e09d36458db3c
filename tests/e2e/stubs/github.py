"""GitHub's REST API for issues (https://docs.github.com/en/rest/issues): what is needed to find, make, comment on and
close one."""

import json
import re
import urllib.parse

from stubs.server import Receiver, Refused


class GitHub(Receiver):
    TOKEN = "ghp_canaryGitHubToken0123456789"
    REPOSITORY = "shop/tests"

    def __init__(self):
        super().__init__()
        self.issues = []

    def check_headers(self, request):
        headers = request.headers
        self.need(headers["Authorization"] == "Bearer " + self.TOKEN, "Bad credentials", 401)
        self.need(headers.get("User-Agent"), "Request forbidden by administrative rules: no User-Agent", 403)
        self.need(headers["Accept"] == "application/vnd.github+json", "Accept", 415)
        self.need(headers["X-GitHub-Api-Version"] == "2022-11-28", "API version")

    def issue(self, number):
        for issue in self.issues:
            if issue["number"] == int(number) and not issue.get("deleted"):
                return issue
        raise Refused(404, "Not Found")

    def shown(self, items, query):
        size = int(query.get("per_page", ["30"])[0])
        self.need(size <= 100, "per_page", 422)
        first = (int(query.get("page", ["1"])[0]) - 1) * size
        return 200, {}, json.dumps(items[first : first + size])

    def list_issues(self, query):
        self.only(query, ("state", "labels", "per_page", "page"), "query")
        label, state = query.get("labels", [None])[0], query.get("state", ["open"])[0]
        fits = [i for i in self.issues if i["state"] == state and (not label or label in i["labels"])]
        return self.shown([i for i in fits if not i.get("deleted")], query)

    def create(self, body):
        self.only(body, ("title", "body", "labels", "assignees", "milestone"), "issue")
        self.need(0 < len(body["title"]) <= 256, "title is too long (maximum is 256 characters)", 422)
        self.need(len(body.get("body", "")) <= 65536, "body is too long (maximum is 65536 characters)", 422)
        issue = {**body, "number": len(self.issues) + 1, "state": "open", "comments": []}
        issue["html_url"] = f"https://github.com/{self.REPOSITORY}/issues/{issue['number']}"
        self.issues.append(issue)
        return 201, {}, json.dumps(issue)

    def comment(self, number, body):
        self.only(body, ("body",), "comment")
        self.need(0 < len(body["body"]) <= 65536, "body is too long (maximum is 65536 characters)", 422)
        self.issue(number)["comments"].append({"id": 1, "body": body["body"]})
        return 201, {}, json.dumps({"id": 1})

    def change(self, number, body):
        self.only(body, ("state", "state_reason", "title", "body", "labels"), "change")
        self.need(body.get("state") in ("open", "closed"), "state", 422)
        issue = self.issue(number)
        issue.update(body)
        return 200, {}, json.dumps(issue)

    def answer(self, request):
        self.check_headers(request)
        url = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(url.query)
        found = re.fullmatch(f"/repos/{self.REPOSITORY}/issues(?:/(\\d+)(/comments)?)?", url.path)
        if not found:
            raise Refused(404, "Not Found")
        number, comments = found.groups()
        if request.method == "GET" and not number:
            return self.list_issues(query)
        if request.method == "GET" and comments:
            return self.shown(self.issue(number)["comments"], query)
        if request.method == "POST" and not number:
            return self.create(request.json)
        if request.method == "POST" and comments:
            return self.comment(number, request.json)
        if request.method == "PATCH" and number and not comments:
            return self.change(number, request.json)
        raise Refused(404, "Not Found")
