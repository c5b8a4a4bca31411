"""Tool servers over HTTP: long calls are waited for, TLS is checked, and a token never travels in the clear."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from holdfast.activities.adapters.tools import McpToolCaller
from holdfast.activities.errors import ToolError, ToolErrorKind
from holdfast.activities.gateway import Reach
from holdfast.tools.toolserver import ToolServer
from holdfast.workers import toolbox, toollinks
from tests.adapters import toolserver
from tests.api.server import free_port
from tests.tools.outside.certificate import self_signed

BEYOND_THE_LIBRARY = 6.0  # seconds: the HTTP client's own patience ends after five


def _never(name: str) -> ToolServer:
    raise AssertionError(name)


@contextlib.asynccontextmanager
async def served(**tls: Any) -> AsyncIterator[int]:
    """Let the odd server stand on a port of loopback."""
    port = free_port()
    app = toolserver.build().streamable_http_app(stateless_http=True)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", **tls))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await running


@contextlib.asynccontextmanager
async def calling(**entry: Any) -> AsyncIterator[McpToolCaller]:
    """Yield a caller whose one entry of the tools file is this."""
    box = toolbox.Toolbox.model_validate({"servers": {"odd": {"transport": "http", "looks": ["nap", "echo"], **entry}}})
    caller = McpToolCaller(toollinks.links(box, frozenset({Reach.LOOKS}), _never))
    yield caller
    await caller.close()


async def test_a_call_that_takes_long_is_waited_for_and_disturbs_no_other() -> None:
    """An executor watches a rollout for longer than an HTTP client is patient by itself."""
    async with served() as port, calling(url=f"http://127.0.0.1:{port}/mcp") as caller:
        long = asyncio.create_task(caller.call("odd", "nap", {"seconds": BEYOND_THE_LIBRARY}, timeout=20, meta={}))
        await asyncio.sleep(0.1)
        assert await caller.call("odd", "echo", {"text": "beside"}, timeout=20, meta={}) == {"text": "beside"}
        assert await long == {"slept": BEYOND_THE_LIBRARY}


async def test_a_call_over_http_ends_when_its_own_time_is_up() -> None:
    """And the server is asked again as if nothing had been."""
    async with served() as port, calling(url=f"http://127.0.0.1:{port}/mcp") as caller:
        with pytest.raises(ToolError) as error:
            await caller.call("odd", "nap", {"seconds": 3600}, timeout=0.5, meta={})
        assert error.value.kind is ToolErrorKind.TIMEOUT
        assert await caller.call("odd", "echo", {"text": "again"}, timeout=20, meta={}) == {"text": "again"}


async def test_a_server_with_a_certificate_is_trusted_by_its_authority_alone(tmp_path: Path) -> None:
    """With the authority's file it answers; without, nothing is said to it."""
    _, certificate = self_signed(tmp_path)
    tls = {"ssl_certfile": certificate, "ssl_keyfile": tmp_path / "key.pem"}
    async with served(**tls) as port:
        url = f"https://127.0.0.1:{port}/mcp"
        async with calling(url=url, ca_file=str(certificate)) as caller:
            assert await caller.call("odd", "echo", {"text": "hi"}, timeout=20, meta={}) == {"text": "hi"}
        async with calling(url=url) as caller:
            with pytest.raises(ToolError, match="certificate") as error:
                await caller.call("odd", "echo", {"text": "hi"}, timeout=20, meta={})
            assert error.value.kind is ToolErrorKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("url", "more", "refused"),
    [
        ("http://tools:8100/mcp", {}, True),
        ("http://10.0.0.7:8100/mcp", {}, True),
        ("http://tools:8100/mcp", {"trusted_network": True}, False),
        ("http://127.0.0.1:8100/mcp", {}, False),
        ("http://localhost:8100/mcp", {}, False),
        ("http://[::1]:8100/mcp", {}, False),
        ("https://tools:8100/mcp", {}, False),
    ],
)
def test_a_token_does_not_travel_in_the_clear(url: str, more: dict[str, bool], refused: bool) -> None:
    """Unless somebody says that the network is one host's own."""
    entry = {"transport": "http", "url": url, "token_env": "A_TOKEN", **more}
    if not refused:
        toolbox.ServerEntry.model_validate(entry)
        return
    with pytest.raises(ValueError, match="url: a token would travel in the clear"):
        toolbox.ServerEntry.model_validate(entry)
