"""Splunk's management port on loopback, as its REST API Reference describes "search/v2/jobs/export".

A form with search, earliest_time, latest_time and output_mode; the answer is one JSON object a line, the newest event
first, values that occur often as lists. 401 and 400 have `messages` of a type and a text ("Error responses").
It knows of SPL what the product sends: `field="value"`, `field IN (…)`, a phrase, and `| head N`.
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

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_SEARCH = re.compile(r"^search (?P<terms>.*) \| head (?P<most>\d+)$", re.DOTALL)
_TERM = re.compile(rf"\s*(?:(\w+) IN \(([^)]*)\)|(\w+)=(?:{_TEXT}|(\S+))|{_TEXT})")


@dataclass
class Splunk:
    """Its events, the token it obeys, what it warns of, and what was asked."""

    url: str = ""
    token: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def write(self, at: float, line: str, **fields: Any) -> None:
        """Keep one event at a time in unix seconds."""
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        self.events.append({"_time": stamp, "_raw": line, **fields})

    async def export(self, request: web.Request) -> web.Response:
        """Run one search."""
        asked = {k: str(v) for k, v in (await request.post()).items()}
        self.asked.append(asked)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return _messages(401, "WARN", "call not properly authenticated")
        search = _SEARCH.match(asked["search"])
        if search is None or _TERM.sub("", search["terms"]).strip():
            return _messages(400, "FATAL", "Error in 'search' command: Unable to parse the search.")
        terms = _TERM.findall(search["terms"])
        within = [event for event in self.events if _within(event, asked)]
        found = [event for event in within if all(_fits(event, term) for term in terms)]
        newest = sorted(found, key=lambda event: str(event["_time"]), reverse=True)[: int(search["most"])]
        said: list[dict[str, Any]] = [{"preview": False, "offset": n, "result": e} for n, e in enumerate(newest)]
        said += [{"preview": False, "messages": self.messages}] if self.messages else []
        said += [{"preview": False, "lastrow": True}] if not newest else []
        return web.Response(text="".join(json.dumps(one) + "\n" for one in said), content_type="application/json")


def _fits(event: dict[str, Any], term: tuple[str, ...]) -> bool:
    listed, values, name, quoted, bare, phrase = term
    if listed:
        return str(event.get(listed, "")).lower() in [v.strip(' "').lower() for v in values.split(",")]
    if name:
        return bare == "*" or str(event.get(name, "")) == _plain(quoted or bare)
    return _plain(phrase).lower() in str(event["_raw"]).lower()


def _within(event: dict[str, Any], asked: dict[str, str]) -> bool:
    at = datetime.fromisoformat(event["_time"]).timestamp()
    return float(asked["earliest_time"]) <= at < float(asked["latest_time"])


def _plain(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written)


def _messages(status: int, kind: str, text: str) -> web.Response:
    return web.json_response({"messages": [{"type": kind, "text": text}]}, status=status)


@asynccontextmanager
async def splunk(token: str = "") -> AsyncIterator[Splunk]:
    """Run one."""
    server = Splunk(token=token)
    async with serving(("POST", "/services/search/v2/jobs/export", server.export)) as server.url:
        yield server
