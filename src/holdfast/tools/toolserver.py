"""What every tool server is: an MCP server whose errors begin with the contract's word and nothing before it."""

from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult
from pydantic import ValidationError

from holdfast.tools.errors import Word, no


class ToolServer(MCPServer):
    """The SDK puts "Error executing tool …" before every error; docs/tool-contracts.md promises the word first."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool by name.

        Raises:
            ToolError: whose text begins with a word of the closed list.
        """
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as e:
            # What broke stays in this server's own log: its text may hold what a caller must not see.
            raise UnexpectedToolError(f"{Word.FAILED}: {name} broke; its server's log says how") from e.__cause__
        except ToolError as e:
            raise _in_words(e) from e.__cause__


def _in_words(error: ToolError) -> ToolError:
    cause = error.__cause__
    if isinstance(cause, ToolError):
        return ToolError(str(cause))
    if isinstance(cause, ValidationError):
        first = cause.errors(include_url=False, include_input=False)[0]
        return no(Word.BAD_INPUT, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    return no(Word.NOT_FOUND, str(error))
