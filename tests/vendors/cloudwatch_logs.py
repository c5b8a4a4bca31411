"""CloudWatch Logs on loopback, as its API reference describes StartQuery, GetQueryResults and StopQuery.

The AWS JSON 1.1 protocol: POST /, the operation in X-Amz-Target, errors as 400 with `__type` ("Common errors").
It knows of Logs Insights what the product sends: `like`, `in`, sort by time, and limit.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.vendors.serving import serving

Json = dict[str, Any]
_LIKE = re.compile(r'filter (@\w+) like "((?:[^"\\]|\\.)*)"')
_IN = re.compile(r"filter (\w+) in \[([^\]]*)\]")


@dataclass
class CloudWatchLogs:
    """Its events by group, how often a query is still running when it is asked for, and what was called."""

    url: str = ""
    running: int = 1
    status: str = "Complete"
    refuse: list[tuple[str, str]] = field(default_factory=list)
    events: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    called: list[tuple[str, Json]] = field(default_factory=list)
    _queries: dict[str, Json] = field(default_factory=dict)

    def write(self, group: str, at: float, line: str, stream: str) -> None:
        """Keep one event at a time in unix seconds."""
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        self.events.setdefault(group, []).append({"@timestamp": stamp, "@message": line, "@logStream": stream})

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        operation, body = request.headers["X-Amz-Target"].partition(".")[2], json.loads(await request.read())
        self.called.append((operation, body))
        if self.refuse:
            return _error(*self.refuse.pop(0))
        answers = {"StartQuery": self._start, "GetQueryResults": self._results, "StopQuery": self._stop}
        answer = answers[operation](body)
        return answer if isinstance(answer, web.Response) else _json(answer)

    def _start(self, body: Json) -> Json | web.Response:
        if body["logGroupNames"][0] not in self.events:
            return _error("ResourceNotFoundException", f"Log group '{body['logGroupNames'][0]}' does not exist")
        query_id = f"12ab3456-12ab-123a-789e-{len(self._queries):012d}"
        self._queries[query_id] = body
        return {"queryId": query_id}

    def _results(self, body: Json) -> Json:
        if self.running:
            self.running -= 1
            return {"results": [], "status": "Running", "statistics": {"recordsMatched": 0.0}}
        asked = self._queries[body["queryId"]]
        within = [e for e in self.events[asked["logGroupNames"][0]] if _within(e, asked)]
        found = [e for e in within if _fits(e, asked["queryString"])]
        newest = sorted(found, key=lambda e: e["@timestamp"], reverse=True)[: asked["limit"]]
        rows = [[*({"field": k, "value": v} for k, v in e.items()), {"field": "@ptr", "value": "Cm0"}] for e in newest]
        matched = {"recordsMatched": float(len(found)), "recordsScanned": 9.0, "bytesScanned": 900.0}
        return {"results": rows if self.status == "Complete" else [], "status": self.status, "statistics": matched}

    def _stop(self, _: Json) -> Json:
        return {"success": True}


def _within(event: dict[str, str], asked: Json) -> bool:
    at = datetime.fromisoformat(event["@timestamp"]).replace(tzinfo=UTC).timestamp()
    return bool(asked["startTime"] <= at <= asked["endTime"])


def _fits(event: dict[str, str], query: str) -> bool:
    for name, text in _LIKE.findall(query):
        if re.sub(r"\\(.)", r"\1", text) not in event[name]:
            return False
    fields = json.loads(event["@message"]) if event["@message"].startswith("{") else {}
    return all(f'"{fields.get(name)}"' in words for name, words in _IN.findall(query))


def _error(kind: str, message: str) -> web.Response:
    return _json({"__type": kind, "message": message}, 400)


def _json(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, content_type="application/x-amz-json-1.1")


@asynccontextmanager
async def cloudwatch_logs() -> AsyncIterator[CloudWatchLogs]:
    """Run one."""
    server = CloudWatchLogs()
    async with serving(("POST", "/", server.handle)) as server.url:
        yield server
