"""A local server that speaks the part of Notion's API that runbooks need, as developers.notion.com/reference says.

"Query a data source" (2025-09-03) and "Query a database" (2022-06-28), "Retrieve block children", "Pagination"
(`start_cursor`, `has_more`, `next_cursor`), "Versioning" (400 without Notion-Version), "Request limits" (429 with
Retry-After), "Status codes" (error objects with `code`).
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "ntn-test-token"
SOURCE = "248104cd477e80afbc30000bd28de8f9"
Json = dict[str, Any]


def text(words: str, href: str = "", **annotations: bool) -> Json:
    """Return one piece of rich text."""
    return {"type": "text", "plain_text": words, "href": href or None, "annotations": annotations}


def block(kind: str, *rich: Json | str, children: list[Json] | None = None, **fields: Any) -> Json:
    """Return one block; its children are answered by its id."""
    told = {"rich_text": [text(r) if isinstance(r, str) else r for r in rich], **fields}
    return {"object": "block", "type": kind, kind: told, "has_children": bool(children), "_children": children or []}


def row(page: str, title: str, **properties: Json) -> Json:
    """Return one row of the database; `properties` by their names."""
    name = {"id": "title", "type": "title", "title": [text(title)]}
    url = f"https://www.notion.so/{page}"
    return {"object": "page", "id": page, "url": url, "in_trash": False, "properties": {"Name": name, **properties}}


@dataclass
class Notion:
    """The database's rows, the pages' blocks by page, and every request as method, path and version."""

    url: str = ""
    rows: list[Json] = field(default_factory=list)
    pages: dict[str, list[Json]] = field(default_factory=dict)
    page_size: int = 100
    asked: list[tuple[str, str]] = field(default_factory=list)
    _limits: deque[int] = field(default_factory=deque)

    def limit_next(self, seconds: int) -> None:
        """Answer the next request 429 and ask to wait."""
        self._limits.append(seconds)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one request."""
        version = request.headers.get("Notion-Version", "")
        self.asked.append((f"{request.method} {request.path}", version))
        if self._limits:
            return _error(429, "rate_limited", **{"Retry-After": str(self._limits.popleft())})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "unauthorized")
        if not version:
            return _error(400, "missing_version")
        old, new = f"/v1/databases/{SOURCE}/query", f"/v1/data_sources/{SOURCE}/query"
        if request.path == (new if version == "2025-09-03" else old) and request.method == "POST":
            body = await request.json()
            return self._listed(self.rows, body.get("page_size", 100), body.get("start_cursor", ""))
        block_id = request.path.removeprefix("/v1/blocks/").removesuffix("/children")
        if block_id in self.pages and request.method == "GET":
            size, cursor = int(request.query.get("page_size", 100)), request.query.get("start_cursor", "")
            return self._listed([self._known(block_id, n, b) for n, b in enumerate(self.pages[block_id])], size, cursor)
        return _error(404, "object_not_found")

    def _known(self, parent: str, number: int, child: Json) -> Json:
        """Give a block an id, under which its own children are asked for."""
        name = f"{parent}.{number}"
        self.pages[name] = child["_children"]
        return {**{k: v for k, v in child.items() if k != "_children"}, "id": name}

    def _listed(self, items: list[Json], size: int, cursor: str) -> web.Response:
        start = int(cursor.removeprefix("cursor-")) if cursor else 0
        end = start + min(size, self.page_size)
        more = end < len(items)
        following = f"cursor-{end}" if more else None
        listed = {"object": "list", "results": items[start:end], "has_more": more, "next_cursor": following}
        return web.json_response(listed)


def _error(status: int, code: str, **headers: str) -> web.Response:
    body = {"object": "error", "status": status, "code": code, "message": f"as documented: {code}"}
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def notion() -> AsyncIterator[Notion]:
    """Run one on loopback."""
    server = Notion()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
