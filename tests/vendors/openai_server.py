"""A scripted OpenAI-compatible endpoint on loopback: it answers, refuses, stalls and lies as a test tells it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

Body = dict[str, Any]
Served = TypeVar("Served", bound="Endpoint")


@dataclass(frozen=True)
class Step:
    """What the endpoint does with one request: answer, hang without a word, or break off in the middle."""

    status: int = 200
    body: Body | bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    cut: bool = False

    @property
    def payload(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def says(text: str, *, finish: str = "stop", prompt: int = 100, completion: int = 20) -> Step:
    """Answer with text."""
    return _completion({"role": "assistant", "content": text}, finish, prompt, completion)


def calls_tool(name: str, arguments: str) -> Step:
    """Answer with a call of the tool that was forced."""
    call = {"id": "call-1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return _completion({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls", 100, 20)


def refuses() -> Step:
    """Answer with a refusal."""
    return _completion({"role": "assistant", "content": None, "refusal": "I will not."}, "stop", 100, 5)


def fails(status: int, message: str = "it broke", *, code: str | None = None, **headers: str) -> Step:
    """Answer with an error; header names are written with underscores."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return Step(status, {"error": {"message": message, "type": "error", "code": code}}, named)


def hangs() -> Step:
    """Never answer."""
    return Step(hangs=True)


def breaks_off() -> Step:
    """Promise a whole answer and close the connection in its middle."""
    return Step(body=says("half of it").payload, cut=True)


def _completion(message: Body, finish: str, prompt: int, completion: int) -> Step:
    return Step(
        body={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }
    )


@dataclass
class Endpoint:
    """The endpoint's script and memory. What is not in `knows` is refused as an unknown parameter."""

    steps: list[Step]
    knows: frozenset[str] = frozenset({"json_schema", "tools", "json_object"})
    requests: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def asked_by(self) -> list[str]:
        """The way each request asked for structure."""
        return [_way(r) for r in self.requests]

    def next(self, request: Body) -> Step:
        """Return what to do with `request`; a script that is over fails loudly."""
        self.requests.append(request)
        way = _way(request)
        if way not in ("text", *self.knows):
            parameter = "tool_choice" if way == "tools" else "response_format"
            return fails(400, f"Unknown parameter: {parameter} '{way}' is not supported by this model")
        return self.steps.pop(0) if self.steps else fails(400, "the script is over")


def _way(request: Body) -> str:
    if "tools" in request:
        return "tools"
    return str(request.get("response_format", {}).get("type", "text"))


@contextlib.asynccontextmanager
async def serving(*steps: Step, knows: frozenset[str] | None = None) -> AsyncIterator[Endpoint]:
    """Serve `steps`, one a request, on a free port of loopback."""
    async with serving_as(Endpoint(list(steps)) if knows is None else Endpoint(list(steps), knows)) as endpoint:
        yield endpoint


@contextlib.asynccontextmanager
async def serving_as(endpoint: Served) -> AsyncIterator[Served]:
    """Serve an endpoint with a mind of its own."""
    stopping = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _serve_one(endpoint, reader, writer, stopping)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield endpoint
    finally:
        stopping.set()
        server.close()
        await server.wait_closed()


async def _serve_one(
    endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stopping: asyncio.Event
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    endpoint.keys.append(headers.get("authorization", ""))
    step = endpoint.next(json.loads(body))
    if step.hangs:
        await stopping.wait()
        return
    payload = step.payload
    lines = {
        "content-type": "application/json",
        "content-length": str(len(payload)),
        "connection": "close",
        **step.headers,
    }
    written = "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    writer.write(f"HTTP/1.1 {step.status} scripted\r\n{written}\r\n".encode())
    writer.write(payload[: len(payload) // 2] if step.cut else payload)
    await writer.drain()
