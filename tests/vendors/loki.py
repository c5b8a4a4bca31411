"""Grafana Loki on loopback, as grafana.com/docs/loki/latest/reference/loki-http-api describes it.

Sections: "Query logs within a range of time" (streams of [nanoseconds, line]; limit; direction; start included, end
not) and "Authentication" (X-Scope-OrgID). Errors are plain text: 400 with a parse error or a limit that is too high.
It knows of LogQL what the product sends: equal labels, `|=`, and one label filter by a pattern.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.vendors.serving import serving

MOST = 5000
_QUERY = re.compile(
    r'^\{(?P<labels>(?:\w+="(?:[^"\\]|\\.)*"(?:, ?)?)+)\}'
    r'(?: \|= "(?P<text>(?:[^"\\]|\\.)*)")?(?: \| (?P<label>\w+)=~"(?P<pattern>(?:[^"\\]|\\.)*)")?$'
)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass
class Loki:
    """Its lines by their labels, the tenant that owns them, and what was asked."""

    url: str = ""
    tenant: str = ""
    lines: list[tuple[dict[str, str], int, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def write(self, at: float, line: str, **labels: str) -> None:
        """Keep one line at a time in unix seconds."""
        self.lines.append((labels, round(at * 1e6) * 1000, line))

    async def query_range(self, request: web.Request) -> web.Response:
        """Answer one query."""
        asked = dict(request.query)
        self.asked.append(asked)
        if request.headers.get("X-Scope-OrgID", "") != self.tenant:
            return web.Response(status=401, text="no org id\n")
        if int(asked["limit"]) > MOST:
            said = (
                f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({asked['limit']} > {MOST})"
            )
            return web.Response(status=400, text=said)
        query = _QUERY.fullmatch(asked["query"])
        if query is None:
            return web.Response(status=400, text="parse error at line 1, col 5: syntax error: unexpected IDENTIFIER\n")
        found = [one for one in self.lines if _matches(one, query, asked)]
        newest = sorted(found, key=lambda one: one[1], reverse=asked["direction"] == "backward")
        return web.json_response(_answer(newest[: int(asked["limit"])]))


def _matches(one: tuple[dict[str, str], int, str], query: re.Match[str], asked: dict[str, str]) -> bool:
    labels, at, line = one
    wanted = {name: json.loads(f'"{value}"') for name, value in _LABEL.findall(query["labels"])}
    if not int(asked["start"]) <= at < int(asked["end"]) or any(labels.get(n, "") != v for n, v in wanted.items()):
        return False
    if query["text"] and json.loads(f'"{query["text"]}"') not in line:
        return False
    return not query["label"] or bool(re.fullmatch(json.loads(f'"{query["pattern"]}"'), labels.get(query["label"], "")))


def _answer(found: list[tuple[dict[str, str], int, str]]) -> dict[str, object]:
    streams: dict[str, dict[str, object]] = {}
    values: dict[str, list[list[str]]] = {}
    for labels, at, line in found:
        key = json.dumps(labels, sort_keys=True)
        streams[key] = {"stream": labels, "values": values.setdefault(key, [])}
        values[key].append([str(at), line])
    data = {"resultType": "streams", "result": list(streams.values()), "stats": {"summary": {}}}
    return {"status": "success", "data": data}


@asynccontextmanager
async def loki(tenant: str = "") -> AsyncIterator[Loki]:
    """Run one."""
    server = Loki(tenant=tenant)
    async with serving(("GET", "/loki/api/v1/query_range", server.query_range)) as server.url:
        yield server
