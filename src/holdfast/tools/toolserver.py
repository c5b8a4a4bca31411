"""What every tool server is: an MCP server whose errors begin with the contract's word, and which counts calls."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any, Protocol

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult
from prometheus_client import CollectorRegistry, Counter, Histogram
from pydantic import ValidationError

from holdfast.tools.errors import Word, no


class Part(Protocol):
    """Something a server holds open while it stands: a connection, a ledger, a check of its own rights."""

    async def start(self) -> None:
        """Get ready; raise a ValueError that names what a person must mend."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class ToolServer(MCPServer):
    """The SDK puts "Error executing tool …" before every error; docs/tool-contracts.md promises the word first."""

    def __init__(self, name: str, parts: Sequence[Part] = ()) -> None:
        super().__init__(name, version=version("holdfast"))
        self._parts = tuple(parts)
        self.metrics = CollectorRegistry()
        self._calls = Counter("holdfast_tool_calls", "Calls by outcome.", ["tool", "outcome"], registry=self.metrics)
        self._seconds = Histogram("holdfast_tool_seconds", "Time a call took.", ["tool"], registry=self.metrics)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator["ToolServer"]:
        """Start every part, and close those that were started, the last one first.

        Raises:
            ValueError: naming what a person must mend.
        """
        async with AsyncExitStack() as open_parts:
            for part in self._parts:
                open_parts.push_async_callback(part.close)
                await part.start()
            yield self

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool by name.

        Raises:
            ToolError: whose text begins with a word of the closed list.
        """
        started = time.monotonic()
        try:
            answer = await super().call_tool(name, arguments, context)
        except UnexpectedToolError as e:
            self._count(name, Word.FAILED, started)
            # What broke stays in this server's own log: its text may hold what a caller must not see.
            raise UnexpectedToolError(f"{Word.FAILED}: {name} broke; its server's log says how") from e.__cause__
        except ToolError as e:
            said = _in_words(e)
            self._count(name, str(said).partition(":")[0], started)
            raise said from e.__cause__
        self._count(name, "done", started)
        return answer

    def _count(self, name: str, outcome: str, started: float) -> None:
        tool = name if self._tool_manager.get_tool(name) else "unknown"
        self._calls.labels(tool, outcome).inc()
        self._seconds.labels(tool).observe(time.monotonic() - started)


def _in_words(error: ToolError) -> ToolError:
    cause = error.__cause__
    if isinstance(cause, ToolError):
        return ToolError(str(cause))
    if isinstance(cause, ValidationError):
        first = cause.errors(include_url=False, include_input=False)[0]
        return no(Word.BAD_INPUT, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    return no(Word.NOT_FOUND, str(error))
