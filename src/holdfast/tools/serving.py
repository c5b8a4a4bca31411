"""How a tool server stands as a process of its own: over stdio to its parent, or over HTTP to whoever has the token."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.domain.noun import Noun

HEALTH = "/healthz"


class Place(Noun):
    """Where a server listens. Without a token it answers on loopback alone."""

    host: str = "127.0.0.1"
    port: int = 8100
    token: str = ""
    allowed_hosts: tuple[str, ...] = ()


def serve_stdio(server: MCPServer) -> None:
    """Answer the parent over standard input and output until it closes them."""
    server.run("stdio")


def serve_http(server: MCPServer, place: Place) -> None:
    """Answer over streamable HTTP at `/mcp` until stopped.

    Raises:
        ValueError: when it would listen beyond loopback without a token.
    """
    if not place.token and place.host not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError(f"token: needed to listen on {place.host}; without one only loopback is allowed")
    uvicorn.run(application(server, place), host=place.host, port=place.port, log_level="warning")


def application(server: MCPServer, place: Place) -> ASGIApp:
    """Return the ASGI application: the MCP endpoint behind the token, and a health route in front of it."""
    own = f"[{place.host}]" if ":" in place.host else place.host
    hosts = [f"{own}:{place.port}", f"localhost:{place.port}", *place.allowed_hosts]
    security = TransportSecuritySettings(allowed_hosts=hosts)
    app: Starlette = server.streamable_http_app(stateless_http=True, transport_security=security)
    app.add_route(HEALTH, _healthy(server.name))
    return _Guarded(app, place.token)


def _healthy(name: str) -> Callable[[Any], Awaitable[JSONResponse]]:
    async def healthy(_: Any) -> JSONResponse:  # Starlette awaits it
        return JSONResponse({"server": name, "status": "ok"})

    return healthy


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
