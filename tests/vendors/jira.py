"""A local server that speaks Jira Cloud's REST API v3, as developer.atlassian.com describes it.

"Issues > Create issue" (201 with id, key and self; 400 with errorMessages and errors), "Issue search > Search for
issues using JQL enhanced search", "Search and reconcile" (a new issue is found late), "Basic auth for REST APIs",
"Atlassian Document Format" (a text node is never empty), "Rate limiting" (429 with Retry-After).
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.scripted import Json, Vendor

USER, TOKEN = "bot@example.org", "jira-token-123"
_JQL = re.compile(r'project = "(\w+)" AND labels = "([\w-]+)"')


@dataclass
class JiraServer(Vendor):
    """One site. `late` is how many searches do not yet see what was made."""

    projects: tuple[str, ...] = ("OPS",)
    issues: list[Json] = field(default_factory=list)
    late: int = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the two methods."""
        return [web.post("/rest/api/3/issue", self._create), web.get("/rest/api/3/search/jql", self._search)]

    async def _create(self, request: web.Request) -> web.Response:
        if refused := _unknown(request):
            return refused
        fields = (await request.json())["fields"]
        if errors := self._wrong(fields):
            return web.json_response({"errorMessages": [], "errors": errors}, status=400)
        number = len(self.issues) + 1
        key = f"{fields['project']['key']}-{number}"
        self.issues.append({"key": key, "fields": fields})
        await self.effect()
        body = {"id": str(10_000 + number), "key": key, "self": f"{self.url}/rest/api/3/issue/{10_000 + number}"}
        return web.json_response(body, status=201)

    async def _search(self, request: web.Request) -> web.Response:
        if refused := _unknown(request):
            return refused
        bounded = _JQL.fullmatch(request.query["jql"])
        assert bounded, request.query["jql"]
        found = [i for i in self.issues if bounded[2] in i["fields"]["labels"]]
        if found and self.late > 0:
            self.late -= 1
            found = []
        return web.json_response({"issues": [{"id": "1", "key": i["key"]} for i in found], "isLast": True})

    def _wrong(self, fields: Json) -> Json:
        if fields["project"]["key"] not in self.projects:
            return {"project": "valid project is required"}
        if "\n" in fields["summary"] or not 0 < len(fields["summary"]) <= 255:
            return {"summary": "The summary is invalid because it contains newline characters or is too long."}
        if fields["description"].get("version") != 1 or "" in texts(fields["description"]):
            return {"description": "Operation value must be an Atlassian Document"}
        return {}


def texts(node: Any) -> list[str]:
    """Return the texts of a document's text nodes, in order."""
    own = [str(node["text"])] if node.get("type") == "text" else []
    return own + [t for child in node.get("content", []) for t in texts(child)]


def _unknown(request: web.Request) -> web.Response | None:
    expected = f"Basic {b64encode(f'{USER}:{TOKEN}'.encode()).decode()}"
    if request.headers.get("Authorization") == expected:
        return None
    return web.Response(status=401, text="Client must be authenticated to access this resource.")
