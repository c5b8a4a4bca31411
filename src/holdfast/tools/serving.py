"""How a tool server stands as a process of its own: over stdio to its parent, or over HTTP to whoever has the token."""

import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.domain.noun import Noun
from holdfast.tools.settling import settle_soon
from holdfast.tools.toolserver import ToolServer

HEALTH = "/healthz"
METRICS = "/metrics"


class Place(Noun):
    """Where a server listens. Without a token it answers on loopback alone; with a certificate it speaks TLS."""

    host: str = "127.0.0.1"
    port: int = 8100
    token: str = ""
    certificate: Path | None = None
    key: Path | None = None
    allowed_hosts: tuple[str, ...] = ()


def serve_stdio(server: ToolServer) -> None:
    """Answer the parent over standard input and output until it closes them."""

    async def stand() -> None:
        async with server.standing():
            settle_soon()
            await server.run_stdio_async()

    anyio.run(stand)


def serve_http(server: ToolServer, place: Place) -> None:
    """Answer over streamable HTTP at `/mcp` until stopped.

    Raises:
        ValueError: when it would listen beyond loopback without a token, or has a certificate without its key.
        OSError: when a certificate or key cannot be read.
    """
    if (place.certificate is None) is not (place.key is None):
        raise ValueError("tls: a certificate and its key belong together")
    if not place.token and place.host not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError(f"token: needed to listen on {place.host}; without one only loopback is allowed")
    config = uvicorn.Config(
        application(server, place), host=place.host, port=place.port, log_level="warning",
        ssl_certfile=place.certificate, ssl_keyfile=place.key,
    )  # fmt: skip

    async def stand() -> None:
        async with server.standing():
            settle_soon()
            await uvicorn.Server(config).serve()

    anyio.run(stand)


def application(server: ToolServer, place: Place) -> ASGIApp:
    """Return the ASGI application: the MCP endpoint behind the token, and a health route in front of it."""
    own = f"[{place.host}]" if ":" in place.host else place.host
    hosts = [f"{own}:{place.port}", f"localhost:{place.port}", *place.allowed_hosts]
    security = TransportSecuritySettings(allowed_hosts=hosts)
    app: Starlette = server.streamable_http_app(stateless_http=True, transport_security=security)
    app.add_route(HEALTH, _healthy(server))
    app.add_route(METRICS, _metrics(server))
    return _Guarded(app, place.token)


def _healthy(server: ToolServer) -> Callable[[Any], Awaitable[JSONResponse]]:
    async def healthy(_: Any) -> JSONResponse:  # Starlette awaits it
        return JSONResponse({"server": server.name, "version": server.version, "status": "ok"})

    return healthy


def _metrics(server: ToolServer) -> Callable[[Any], Awaitable[Response]]:
    """The server's own counters, behind the token like its tools."""

    async def metrics(_: Any) -> Response:  # Starlette awaits it
        return Response(generate_latest(server.metrics), media_type=CONTENT_TYPE_LATEST)

    return metrics


class _Guarded:
    """Lets a request through when it bears the token; the health route needs none."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == HEALTH or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("a bearer token is needed", 401, {"WWW-Authenticate": "Bearer"})
        await refusal(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        if not self._expected:
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._expected)
