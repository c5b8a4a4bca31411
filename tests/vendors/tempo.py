"""Grafana Tempo on loopback, as grafana.com/docs/tempo/latest/api_docs describes it.

Sections: "Query" (`batches`, 404 for a trace it does not keep) and "Query V2" (`trace.resourceSpans`, `status`).
Ids are base64 and 64-bit numbers texts, as protobuf's JSON writes them.
"""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.serving import serving


@dataclass
class Tempo:
    """Its traces as resource spans, and how whole the second version's answer is."""

    url: str = ""
    status: str = "COMPLETE"
    traces: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    async def first(self, request: web.Request) -> web.Response:
        """Answer /api/traces/<id>."""
        self.asked.append(request)
        found = self.traces.get(request.match_info["id"])
        return web.json_response({"batches": found}) if found else web.Response(status=404, text="trace not found")

    async def second(self, request: web.Request) -> web.Response:
        """Answer /api/v2/traces/<id>."""
        self.asked.append(request)
        found = self.traces.get(request.match_info["id"])
        if not found:
            return web.Response(status=404)
        said = {"status": "PARTIAL", "message": "trace exceeds max size"} if self.status == "PARTIAL" else {}
        return web.json_response({"trace": {"resourceSpans": found}, "metrics": {"inspectedBytes": "9"}, **said})


def resource(service: str, *spans: dict[str, Any]) -> dict[str, Any]:
    """Return one service's spans."""
    named = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resource": named, "scopeSpans": [{"scope": {"name": "test"}, "spans": list(spans)}]}


def span(span_id: str, start: float, seconds: float, parent: str = "", **fields: Any) -> dict[str, Any]:
    """Return one span as Tempo writes it; ids are 16 hexadecimal digits."""
    up = {"parentSpanId": base64.b64encode(bytes.fromhex(parent)).decode()} if parent else {}
    begin = round(start * 1e6) * 1000
    times = {"startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + round(seconds * 1e9))}
    own = base64.b64encode(bytes.fromhex(span_id)).decode()
    return {"spanId": own, "name": "GET /", "kind": "SPAN_KIND_SERVER", **times, **up, **fields}


@asynccontextmanager
async def tempo() -> AsyncIterator[Tempo]:
    """Run one."""
    server = Tempo()
    routes = (("GET", "/api/traces/{id}", server.first), ("GET", "/api/v2/traces/{id}", server.second))
    async with serving(*routes) as server.url:
        yield server
