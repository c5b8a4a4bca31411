"""How a worker reaches the tool servers of its tools file: within its own process, as a child, or over HTTP."""

import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx2
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from holdfast.activities.adapters.mapping import MappedTool
from holdfast.activities.adapters.tools import ServerLink
from holdfast.activities.gateway import Reach
from holdfast.tools.toolserver import ToolServer
from holdfast.workers.toolbox import ServerEntry, Toolbox

BuildServer = Callable[[str], ToolServer]

# What any program needs to run at all.
_PLAIN = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
# Seconds. The caller bounds every call by its own time-out; this one only ends a stream whose server fell silent, and
# is therefore longer than any activity.
_TIMES = httpx2.Timeout(10.0, read=300.0)


def links(toolbox: Toolbox, allowed: frozenset[Reach], build: BuildServer) -> list[ServerLink]:
    """Return how to reach the servers that have a tool of an allowed reach; no others are connected to."""
    return [_link(name, entry, build) for name, entry in toolbox.used(allowed).items()]


def _link(name: str, entry: ServerEntry, build: BuildServer) -> ServerLink:
    return ServerLink(
        name=entry.server or name,
        connect=lambda: _connect(name, entry, build),
        concurrency=entry.concurrency,
        tools=frozenset((*entry.looks, *entry.tells, *entry.acts)),
        mapped={ours: MappedTool(mapping) for ours, mapping in entry.tools.items()},
    )


def _connect(name: str, entry: ServerEntry, build: BuildServer) -> AbstractAsyncContextManager[Client]:
    if entry.transport == "memory":
        return _inside(build(name))
    if entry.transport == "stdio":
        program, *rest = entry.command
        return Client(StdioServerParameters(command=program, args=rest, env=_environment(entry)))
    return _over_http(entry)


def _environment(entry: ServerEntry) -> dict[str, str]:
    """Return what a child sees: our own server all that we see, a foreign one nothing that was not named for it."""
    kept = os.environ.keys() & {*_PLAIN, *entry.inherits} if entry.tools else os.environ.keys()
    return {**{name: os.environ[name] for name in kept}, **entry.environment}


@asynccontextmanager
async def _inside(server: ToolServer) -> AsyncIterator[Client]:
    """Let a server stand in this process while its client lives."""
    async with server.standing(), Client(server) as client:
        yield client


@asynccontextmanager
async def _over_http(entry: ServerEntry) -> AsyncIterator[Client]:
    """Open the connections with the client and close them with it; token and authority are read anew each time."""
    headers = {"Authorization": f"Bearer {entry.token}"} if entry.token else {}
    trust = ssl.create_default_context(cafile=entry.ca_file) if entry.ca_file else True
    async with (
        httpx2.AsyncClient(headers=headers, timeout=_TIMES, verify=trust) as http,
        Client(streamable_http_client(entry.url, http_client=http)) as client,
    ):
        yield client
