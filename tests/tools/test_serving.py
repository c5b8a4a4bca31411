"""One server as a process of its own: over stdio, over HTTP behind a token, and not at all where that is unsafe."""

import asyncio
import contextlib
import os
import ssl
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from holdfast.tools import registry, serving
from tests.api.server import free_port
from tests.tools.outside.certificate import self_signed
from tests.tools.stand import needs

ASKED = {"service": "cart"}
VERSION = version("holdfast")
SERVE = [str(Path(sys.executable).with_name("holdfast")), "tools", "serve", "catalog"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which everything lies in `folder`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")}
    return {**kept, "HOME": str(folder), "XDG_DATA_HOME": str(folder), **more}


@contextlib.asynccontextmanager
async def served(folder: Path, token: str, *more: str, scheme: str = "http") -> AsyncIterator[str]:
    """Run the catalogue over HTTP as a process and return its address."""
    port = free_port()
    given = environment(folder, HOLDFAST_TOOL_TOKEN=token)
    command = [*SERVE, "--transport", "http", "--port", str(port), *more]
    process = await asyncio.create_subprocess_exec(*command, env=given, stderr=asyncio.subprocess.DEVNULL)
    try:
        await healthy(f"{scheme}://127.0.0.1:{port}/healthz")
        yield f"{scheme}://127.0.0.1:{port}/mcp"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def healthy(url: str) -> None:
    """Wait until a server says it is well; whose certificate it has is not asked here."""
    async with asyncio.timeout(30), httpx2.AsyncClient(verify=False) as http:
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                if (await http.get(url)).json() == {"server": "holdfast-catalog", "version": VERSION, "status": "ok"}:
                    return
            await asyncio.sleep(0.05)


def over_http(url: str, token: str = "") -> Client:
    """Return a client that bears a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(streamable_http_client(url, http_client=httpx2.AsyncClient(headers=headers)))


async def dependencies(client: Client) -> list[str]:
    async with client:
        found: Any = (await client.call_tool("get_dependencies", ASKED)).structured_content
    return [d["name"] for d in found["dependencies"]]


async def test_a_server_answers_its_parent_over_stdio(tmp_path: Path) -> None:
    """`holdfast tools serve` is a program that any MCP client can start."""
    parameters = StdioServerParameters(command=SERVE[0], args=SERVE[1:], env=environment(tmp_path))
    assert await dependencies(Client(parameters)) == ["session-cache"]


async def test_a_server_answers_over_http_to_whoever_has_the_token(tmp_path: Path) -> None:
    """With the token the tools answer; without, or with another, nothing but the health route does."""
    async with served(tmp_path, "s3cret") as url:
        assert await dependencies(over_http(url, "s3cret")) == ["session-cache"]
        async with httpx2.AsyncClient() as http:
            counted = await http.get(url.replace("/mcp", "/metrics"), headers={"Authorization": "Bearer s3cret"})
            assert 'holdfast_tool_calls_total{outcome="done",tool="get_dependencies"} 1.0' in counted.text
            for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "s3cret"}):
                refused = await http.post(url, json={}, headers=headers)
                assert refused.status_code == 401
                assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    """The same server, behind a certificate of its own."""
    _, certificate = self_signed(tmp_path)
    tls = [f"--tls-cert={certificate}", f"--tls-key={tmp_path / 'key.pem'}"]
    context = ssl.create_default_context(cafile=certificate)
    async with (
        served(tmp_path, "s3cret", *tls, scheme="https") as url,
        httpx2.AsyncClient(headers={"Authorization": "Bearer s3cret"}, verify=context) as http,
    ):
        assert await dependencies(Client(streamable_http_client(url, http_client=http))) == ["session-cache"]


@pytest.mark.parametrize(
    "given", [["--tls-cert=c.pem"], ["--tls-key=k.pem"], ["--tls-cert=none.pem", "--tls-key=k.pem"]]
)
async def test_half_a_certificate_or_one_that_is_not_there_is_said(tmp_path: Path, given: list[str]) -> None:
    """In one line, and nothing listens."""
    command = [*SERVE, "--transport", "http", "--port", str(free_port()), *given]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment(tmp_path), stderr=pipe)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert said.decode().startswith("holdfast tools serve catalog: ")
    assert "Traceback" not in said.decode()


async def asked_of(app: Any, host: str, path: str = "/healthz") -> int:
    """Return the status an application answers a request to `host` with."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"http://{host}") as http:
        return (await http.post(path, json={}) if path == "/mcp" else await http.get(path)).status_code


async def test_a_health_check_needs_no_token(tmp_path: Path) -> None:
    """An orchestrator asks without secrets."""
    app = serving.application(registry.build("catalog", needs(tmp_path)), serving.Place(token="s3cret"))
    assert await asked_of(app, "127.0.0.1:8100") == 200
    assert await asked_of(app, "127.0.0.1:8100", "/mcp") == 401


@pytest.mark.parametrize(
    ("place", "host", "answered"),
    [
        (serving.Place(), "127.0.0.1:8100", True),
        (serving.Place(), "localhost:8100", True),
        (serving.Place(host="::1"), "[::1]:8100", True),
        (serving.Place(), "evil.example:8100", False),
        (serving.Place(allowed_hosts=("tools:8100",)), "tools:8100", True),
    ],
)
async def test_it_answers_only_to_its_own_names(
    tmp_path: Path, place: serving.Place, host: str, answered: bool
) -> None:
    """A page in a browser cannot reach it by a name that was made to point here."""
    server = registry.build("catalog", needs(tmp_path))
    app = serving.application(server, place)
    async with server.session_manager.run():
        assert (await asked_of(app, host, "/mcp") != 421) is answered


def test_beyond_loopback_a_token_is_needed(tmp_path: Path) -> None:
    """Tools that look at production are not offered to a network by accident."""
    server = registry.build("catalog", needs(tmp_path))
    with pytest.raises(ValueError, match="token: needed to listen on"):
        serving.serve_http(server, serving.Place(host="0.0.0.0"))  # noqa: S104 # that is what is refused
