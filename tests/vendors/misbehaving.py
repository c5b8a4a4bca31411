"""A local HTTP server that answers as scripted, also as no server should: RFC 9110 and 9112, broken on purpose."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer. `cut` closes the connection in the middle of the body, `hang` never answers at all."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: bool = False
    hang: bool = False

    def raw(self) -> bytes:
        """Return the bytes to send; a body that is no text is sent as JSON."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        content = text.encode()
        length = len(content) + (100 if self.cut else 0)
        head = {"Content-Type": self.content_type, "Content-Length": str(length), "Connection": "close", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{k}: {v}" for k, v in head.items()), "", ""]
        return "\r\n".join(lines).encode() + content


@dataclass(frozen=True)
class Asked:
    """One request as it arrived: header names in lower case, the parameters of address and form together."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Misbehaving:
    """The server: what it was asked, and what it says next on each path."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _replies: dict[str, deque[Reply]] = field(default_factory=dict)

    def script(self, path: str, *replies: Reply) -> None:
        """Answer a path with these in turn; the last one stays. `*` is every path without its own."""
        self._replies[path] = deque(replies)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's only request."""
        try:
            asked = await _read(reader)
            self.asked.append(asked)
            reply = self._next(asked.path)
            if reply.hang:
                await reader.read()  # until the caller gives up
            else:
                writer.write(reply.raw())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _next(self, path: str) -> Reply:
        waiting = self._replies.get(path) or self._replies.get("*") or deque([Reply(404, {"message": "no such path"})])
        return waiting.popleft() if len(waiting) > 1 else waiting[0]


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    form = body.decode("latin-1") if "form-urlencoded" in headers.get("content-type", "") else ""
    found = parse_qs(f"{urlsplit(target).query}&{form}", keep_blank_values=True)
    return Asked(method, urlsplit(target).path, {k: v[-1] for k, v in found.items()}, headers, body)


@asynccontextmanager
async def misbehaving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Misbehaving]:
    """Run one on loopback."""
    server = Misbehaving()
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
