"""The real tool caller: one lasting MCP connection a server, a bulkhead around it, and every failure given its kind."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import structlog
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED
from pydantic import JsonValue, ValidationError

from holdfast.activities.adapters.answers import flat, mapped_answer, protocol_failure, structured
from holdfast.activities.adapters.mapping import MappedTool, MappingError
from holdfast.activities.errors import ToolError, ToolErrorKind

log = structlog.get_logger()

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class ServerLink:
    """How to reach one server: `connect` opens a fresh client; at most `concurrency` calls run at once.

    Two links may share a name; then each says which `tools` are asked of it. `mapped` tools are somebody else's.
    """

    name: str
    connect: Callable[[], AbstractAsyncContextManager[Client]]
    concurrency: int = 8
    tools: frozenset[str] = frozenset()
    mapped: Mapping[str, MappedTool] = field(default_factory=dict)


class McpToolCaller:
    """Implements the port ToolCaller over MCP clients that live as long as the worker."""

    def __init__(self, links: Iterable[ServerLink]) -> None:
        self._connections = [_Connection(link) for link in links]

    async def call(
        self, server: str, tool: str, arguments: dict[str, JsonValue], *, timeout: float, meta: dict[str, str]
    ) -> dict[str, JsonValue]:
        """Call `server`'s `tool` and return its structured answer; `timeout` is in seconds.

        Raises:
            ToolError: of a kind from the closed list.
        """
        connection = self._of(server, tool)
        mapped = connection.link.mapped.get(tool)
        try:
            theirs, given = (mapped.tool, mapped.arguments(arguments)) if mapped else (tool, arguments)
            async with asyncio.timeout(timeout), connection.bulkhead:
                client = await connection.client()
                result = await client.call_tool(theirs, given, read_timeout_seconds=timeout, meta=dict(meta))  # type: ignore[arg-type] # the SDK's TypedDict admits further keys at run time
        except MappingError as e:
            raise ToolError(ToolErrorKind.BAD_INPUT, f"{server}.{tool}: mapping: {e}") from e
        except TimeoutError as e:
            raise ToolError(ToolErrorKind.TIMEOUT, f"{server}.{tool} did not answer within {timeout:g} s") from e
        except MCPError as e:
            connection.drop_if_closed(e)
            raise protocol_failure(f"{server}.{tool}", e) from e
        except ValidationError as e:
            raise ToolError(ToolErrorKind.NONSENSE, f"{server}.{tool} answered outside the protocol: {e}") from e
        except (OSError, RuntimeError, ExceptionGroup) as e:
            connection.drop()
            raise ToolError(ToolErrorKind.UNAVAILABLE, f"{server} cannot be reached: {flat(e)}") from e
        if mapped is None:
            return structured(f"{server}.{tool}", result)
        return await asyncio.to_thread(mapped_answer, f"{server}.{tool}", mapped, arguments, result)

    async def connect(self) -> None:
        """Connect to every server ahead of the first call; one that is away is tried again by that call."""
        found = await asyncio.gather(*(c.client() for c in self._connections), return_exceptions=True)
        for connection, answer in zip(self._connections, found, strict=True):
            if isinstance(answer, BaseException):
                log.warning("tool_server_away", server=connection.link.name, error=flat(answer))

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(c.close() for c in self._connections))

    def _of(self, server: str, tool: str) -> "_Connection":
        named = [c for c in self._connections if c.link.name == server]
        if not named:
            raise ToolError(ToolErrorKind.NOT_CONFIGURED, f"no tool server is called {server}")
        return next((c for c in named if tool in c.link.tools), named[0])


class _Connection:
    """One client owned by one task: anyio wants the task that opened it to close it."""

    def __init__(self, link: ServerLink) -> None:
        self.bulkhead = asyncio.Semaphore(link.concurrency)
        self.link = link
        self._owner: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Client] | None = None
        self._leave = asyncio.Event()

    async def client(self) -> Client:
        """Return the open client, opening one when there is none."""
        if self._ready is None:
            self._leave = asyncio.Event()
            self._ready = asyncio.get_running_loop().create_future()
            self._owner = asyncio.create_task(self._own(self._ready, self._leave))
        return await asyncio.wait_for(asyncio.shield(self._ready), CONNECT_SECONDS)

    def drop(self) -> None:
        """Forget the client, so that the next call opens a fresh one; the owner task closes the old."""
        self._leave.set()
        self._ready = None

    def drop_if_closed(self, error: MCPError) -> None:
        """Drop the client when the error says that its connection is gone."""
        if error.code == CONNECTION_CLOSED:
            self.drop()

    async def close(self) -> None:
        """Close the client and wait for its owner."""
        owner = self._owner
        self.drop()
        if owner is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({owner}, timeout=5)

    async def _own(self, ready: asyncio.Future[Client], leave: asyncio.Event) -> None:
        try:
            async with self.link.connect() as client:
                ready.set_result(client)
                await leave.wait()
        except Exception as e:  # noqa: BLE001 # whatever the transport raises must reach the caller, not the loop
            self._lost(ready, e)

    def _lost(self, ready: asyncio.Future[Client], error: Exception) -> None:
        if self._ready is ready:
            self._ready = None
        if ready.done():
            log.warning("tool_server_lost", server=self.link.name, error=flat(error))
        else:
            ready.set_exception(ConnectionError(flat(error)))
