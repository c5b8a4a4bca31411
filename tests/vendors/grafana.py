"""A local server that passes questions on to a data source as Grafana does.

Source: grafana.com/docs, HTTP API: "Authentication API" (service account tokens, X-Grafana-Org-Id), "Data source API >
Data source proxy calls" (the data source's own answer and status come back), errors as `{"message": …}`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from aiohttp import web

from tests.vendors.local import serving

TOKEN = "glsa_test"
UID = "prom-main"


@dataclass
class Grafana:
    """One organisation (1), one data source, which lies at `upstream`."""

    upstream: str
    url: str = ""

    async def proxy(self, request: web.Request) -> web.Response:
        """Pass one call on."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"message": "Invalid API key"}, status=401)
        if request.headers.get("X-Grafana-Org-Id", "1") != "1":
            return web.json_response({"message": "You do not have access to this organization"}, status=403)
        if request.match_info["uid"] != UID:
            return web.json_response({"message": "Unable to find datasource"}, status=404)
        return await self._passed_on(request)

    async def _passed_on(self, request: web.Request) -> web.Response:
        async with httpx2.AsyncClient() as http:
            got = await http.request(
                request.method,
                f"{self.upstream}/{request.match_info['path']}",
                params=dict(request.query),
                content=await request.read(),
                headers={"Content-Type": request.headers.get("Content-Type", "")},
            )
        return web.Response(status=got.status_code, body=got.content, content_type="application/json")


@asynccontextmanager
async def grafana(upstream: str) -> AsyncIterator[Grafana]:
    """Run one before a data source."""
    server = Grafana(upstream)
    app = web.Application()
    app.router.add_route("*", "/api/datasources/proxy/uid/{uid}/{path:.*}", server.proxy)
    async with serving(app) as server.url:
        yield server
