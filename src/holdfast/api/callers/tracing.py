"""First inside the door: every request gets one trace id, on every log line, in the answer and in the incident."""

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.api.problems import Problem

log = structlog.get_logger()

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def trace_id_of(traceparent: str) -> str:
    """Return the trace id of a W3C `traceparent` header, or a new one when it is missing or malformed."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return found.group(1) if found else secrets.token_hex(16)


def current_trace_id() -> str:
    """Return the trace id of the request being answered."""
    return str(structlog.contextvars.get_contextvars().get("trace_id", ""))


class Tracing:
    """Binds the trace id, writes one log line a request, and answers 500 with a problem when a route breaks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = trace_id_of(Headers(scope=scope).get("traceparent", ""))
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            await _Exchange(scope, send, trace_id).run(self._app, receive)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send, trace_id: str) -> None:
        self._scope = scope
        self._send = send
        self._trace_id = trace_id
        self._status = 0
        self._began = time.perf_counter()

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        try:
            await app(self._scope, receive, self._say)
        except Exception:
            log.exception("request_broke", method=self._scope["method"], path=self._scope["path"])
            if self._status:
                raise
            await Problem(500, "It is logged under this trace id.").answer()(self._scope, receive, self._say)
        finally:
            took = round((time.perf_counter() - self._began) * 1000, 1)
            log.info("request", method=self._scope["method"], path=self._scope["path"], status=self._status, ms=took)

    async def _say(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["traceparent"] = f"00-{self._trace_id}-{secrets.token_hex(8)}-01"
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)
