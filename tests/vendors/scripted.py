"""What the servers that speak vendors' interfaces have in common: they record, and fail or go silent as told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Vendor:
    """Answers as its vendor does. `done` is awaited after an effect and before its answer."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path
    done: Callable[[], Awaitable[None]] | None = None
    _failures: deque[web.Response | str] = field(default_factory=deque)

    def fail_next(self, status: int, body: Any = None, **headers: str) -> None:
        """Answer the next request this; header names are written with underscores."""
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        self._failures.append(web.json_response(body, status=status, headers=named))

    def say_next(self, text: str, content_type: str = "text/html") -> None:
        """Answer the next request 200 and this text."""
        self._failures.append(web.Response(text=text, content_type=content_type))

    def lose_next(self, path_has: str = "") -> None:
        """Do what the next request to such a path asks, and lose the answer."""
        self._failures.append(f"lose {path_has}")

    def swallow_next(self) -> None:
        """Do nothing of what the next POST asks, and close its connection."""
        self._failures.append("swallow")

    def hang_next(self) -> None:
        """Never answer the next request, nor do what it asks."""
        self._failures.append("hang")

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers."""
        raise NotImplementedError

    @web.middleware
    async def scripted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Fail as scripted; otherwise let the vendor answer."""
        self.asked.append((request.method, request.path))
        step = self._failures[0] if self._failures else None
        if isinstance(step, web.Response):
            return self._taken(step)
        if step == "hang":
            self._failures.popleft()
            await asyncio.Event().wait()
        if step == "swallow" and request.method == "POST":
            self._failures.popleft()
            assert request.transport
            request.transport.abort()
            return web.Response()
        if (
            isinstance(step, str)
            and step.startswith("lose")
            and request.method == "POST"
            and step.partition(" ")[2] in request.path
        ):
            self._failures.popleft()
            answer = await handler(request)
            assert request.transport
            request.transport.abort()
            return answer
        return await handler(request)

    async def effect(self) -> None:
        """Say that something was done and is about to be answered."""
        if self.done is not None:
            await self.done()

    def _taken(self, step: web.Response) -> web.Response:
        self._failures.popleft()
        return step


AnyVendor = TypeVar("AnyVendor", bound=Vendor)


@asynccontextmanager
async def running(vendor: AnyVendor) -> AsyncIterator[AnyVendor]:
    """Run a vendor on a free port of loopback."""
    app = web.Application(middlewares=[vendor.scripted])
    app.router.add_routes(vendor.routes())
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    vendor.url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield vendor
    finally:
        await runner.cleanup()
