"""A tool server that misbehaves on demand; run as a program it speaks MCP over stdio."""

import asyncio
import os
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError


def build() -> MCPServer:
    """Return a server whose tools answer, fail, hang, talk nonsense and tell their process id."""
    server = MCPServer("odd")

    @server.tool()
    async def echo(text: str) -> dict[str, Any]:
        return {"text": text}

    @server.tool()
    async def fail(text: str) -> dict[str, Any]:
        raise ToolError(text)

    @server.tool()
    async def crash() -> dict[str, Any]:
        raise RuntimeError("a secret inside")

    @server.tool()
    async def nap(seconds: float) -> dict[str, Any]:
        await asyncio.sleep(seconds)
        return {"slept": seconds}

    @server.tool()
    async def hang() -> dict[str, Any]:
        await asyncio.sleep(3600)
        return {}

    @server.tool(structured_output=False)
    async def babble() -> str:
        return "no object at all"

    @server.tool()
    async def environment() -> dict[str, Any]:
        return {"names": sorted(os.environ)}

    @server.tool()
    async def pid() -> dict[str, Any]:
        return {"pid": os.getpid()}

    @server.tool()
    async def meta(ctx: Context) -> dict[str, Any]:
        said = ctx.request_context.meta or {}
        return {"key": dict(said).get("holdfast/idempotency-key", "")}

    return server


if __name__ == "__main__":
    build().run("stdio")
