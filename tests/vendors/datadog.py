"""A local server that answers metric queries as Datadog does.

Source: docs.datadoghq.com/api/latest: "Authentication" (DD-API-KEY and DD-APPLICATION-KEY, 403), "Metrics > Query
timeseries points" (v1), "Rate Limits" (429 with X-RateLimit-Limit, -Period, -Remaining, -Reset, -Name).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.local import serving

KEYS = {"DD-API-KEY": "api-key-1", "DD-APPLICATION-KEY": "app-key-1"}


@dataclass
class Datadog:
    """Knows one metric of two hosts; refuses the next calls as a test says."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    limited: int = 0
    reset: int = 0

    async def query(self, request: web.Request) -> web.Response:
        """Answer one query."""
        if any(request.headers.get(name) != value for name, value in KEYS.items()):
            return web.json_response({"errors": ["Forbidden"]}, status=403)
        self.asked.append(dict(request.query))
        if self.limited > 0:
            self.limited -= 1
            return web.json_response({"errors": ["Rate limit exceeded"]}, status=429, headers=self._limits())
        query = request.query["query"]
        if "{" not in query:
            return web.json_response({"errors": [f"Error parsing query: unable to parse {query}"]}, status=400)
        return web.json_response(_answer(query, int(request.query["from"]), int(request.query["to"])))

    def _limits(self) -> dict[str, str]:
        reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(self.reset)}
        return {"X-RateLimit-Limit": "100", "X-RateLimit-Period": "3600", "X-RateLimit-Name": "metrics_query", **reset}


def _answer(query: str, start: int, end: int) -> dict[str, Any]:
    moments = {"from_date": start * 1000, "to_date": end * 1000}
    if "no.data" in query:
        return {"status": "ok", "res_type": "time_series", "query": query, "series": [], **moments}
    if "too.long" in query:
        return {"status": "error", "error": "Query timed out", "series": [], **moments}
    series = [
        {
            "metric": "trace.http.errors",
            "scope": f"host:{host},service:checkout",
            "tag_set": [f"host:{host}", "service:checkout"],
            "interval": 60,
            "length": 2,
            "pointlist": [[start * 1000, 0.25], [end * 1000, None]],
        }
        for host in ("a", "b")
    ]
    return {"status": "ok", "res_type": "time_series", "query": query, "series": series, **moments}


@asynccontextmanager
async def datadog() -> AsyncIterator[Datadog]:
    """Run one."""
    server = Datadog()
    app = web.Application()
    app.router.add_get("/api/v1/query", server.query)
    async with serving(app) as server.url:
        yield server
