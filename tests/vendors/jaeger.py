"""Jaeger's query service on loopback, as jaegertracing.io/docs, "APIs", and its own page's answers show it.

GET /api/traces/{trace-id}: `data` with spans and processes, `errors` null; 404 with `data` null and the error's
code and text for a trace it does not keep.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.serving import serving


@dataclass
class Jaeger:
    """Its traces: spans and processes."""

    url: str = ""
    traces: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def trace(self, request: web.Request) -> web.Response:
        """Answer for one trace."""
        found = self.traces.get(request.match_info["id"])
        base: dict[str, Any] = {"total": 0, "limit": 0, "offset": 0}
        if found is None:
            errors = [{"code": 404, "msg": "trace not found"}]
            return web.json_response({**base, "data": None, "errors": errors}, status=404)
        return web.json_response({**base, "data": [found], "errors": None})


@asynccontextmanager
async def jaeger() -> AsyncIterator[Jaeger]:
    """Run one."""
    server = Jaeger()
    async with serving(("GET", "/api/traces/{id}", server.trace)) as server.url:
        yield server
