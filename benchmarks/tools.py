"""Tool servers: what our caller adds to a call, many sources at once, and the idle memory of each server."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import yaml
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from benchmarks.measure import Figure, median, megabytes
from holdfast.activities.adapters.grants import new_keys
from holdfast.activities.adapters.tools import McpToolCaller, ServerLink
from holdfast.tools import registry
from holdfast.tools.monitoring.queries import MetricQuery
from holdfast.tools.monitoring.server import Monitoring, build
from holdfast.tools.monitoring.sources import MetricAnswer
from holdfast.tools.needs import ServerNeeds
from tests.api.server import free_port

CALLS, ROUNDS = 200, 5
ASKED: dict[str, Any] = {"service": "cart"}
SLOWEST = 0.4
SOURCES = {f"source-{n}": SLOWEST - 0.05 * n for n in range(6)}
MOST = {"kubernetes": 95.0}


async def measure() -> list[Figure]:
    """Return every figure of the tool servers."""
    with tempfile.TemporaryDirectory() as folder:
        found = [await _overhead(name, connect) for name, connect in (await _ways(Path(folder))).items()]
        async with _served("catalog", Path(folder)) as (url, _):
            found.append(await _overhead("HTTP", lambda: Client(streamable_http_client(url))))
        found.append(await _together())
        found += [await _idle(name, Path(folder)) for name in registry.SIMULATED]
    return found


async def _ways(folder: Path) -> dict[str, Callable[[], AbstractAsyncContextManager[Client]]]:
    needs = ServerNeeds(estate=folder / "estate.db")
    command = _command("catalog")
    child = StdioServerParameters(command=command[0], args=command[1:], env=_environment(folder))
    return {"memory": lambda: Client(registry.build("catalog", needs)), "stdio": lambda: Client(child)}


async def _overhead(name: str, connect: Callable[[], AbstractAsyncContextManager[Client]]) -> Figure:
    """Return our caller's time a call over the client's own, less the 3 ms it may always cost."""
    caller = McpToolCaller([ServerLink(name="catalog", connect=connect)])
    ours: list[float] = []
    own: list[float] = []
    async with connect() as client:
        for _ in range(ROUNDS):
            own.append(await _timed(lambda: client.call_tool("get_dependencies", ASKED)))
            ours.append(await _timed(lambda: caller.call("catalog", "get_dependencies", ASKED, timeout=30, meta={})))
    await caller.close()
    ratio = median(ours) / median(own)
    note = f"{median(ours) * 1000:.2f} ms beside {median(own) * 1000:.2f} ms a call"
    return Figure(name=f"a tool call over {name} ÷ the client's own", value=ratio, at_most=1.3, note=note)


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    begun = time.perf_counter()
    for _ in range(CALLS):
        await work()
    return (time.perf_counter() - begun) / CALLS


class _Slow:
    """A metric source that takes as long as it is told."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def metrics(self, query: MetricQuery) -> MetricAnswer:
        """Answer late."""
        await asyncio.sleep(self._seconds)
        return MetricAnswer(query=query.text, series=[])


async def _together() -> Figure:
    """Return how long six sources take together over the slowest of them."""
    server = build(Monitoring(metrics={name: _Slow(s) for name, s in SOURCES.items()}, logs={}))
    caller = McpToolCaller([ServerLink(name="monitoring", connect=lambda: Client(server))])
    span: dict[str, Any] = {"query": "up", "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z", "step": 60}

    async def one(source: str) -> None:
        await caller.call("monitoring", "fetch_metrics", {"source": source, **span}, timeout=30, meta={})

    await one("source-5")
    begun = time.perf_counter()
    await asyncio.gather(*(one(name) for name in SOURCES))
    took = time.perf_counter() - begun
    await caller.close()
    note = f"{took * 1000:.0f} ms beside {SLOWEST * 1000:.0f} ms"
    return Figure(name="six sources in parallel ÷ the slowest", value=took / SLOWEST, at_most=1.2, note=note)


async def _idle(name: str, folder: Path) -> Figure:
    async with _served(name, folder) as (_, pid):
        await asyncio.sleep(2)
        return Figure(name=f"idle memory of {name}", value=megabytes(pid), unit="MB", at_most=MOST.get(name))


def _command(name: str) -> list[str]:
    return [str(Path(sys.executable).with_name("holdfast")), "tools", "serve", name]


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which a server stands on the shop, and on real systems where idling needs none."""
    public = folder / "grant.pub"
    if not public.exists():
        public.write_text(new_keys()[1])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")}
    told = {
        "HOLDFAST_EMBEDDED": "true",
        "HOLDFAST_ESTATE": str(folder / "estate.db"),
        "HOLDFAST_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/records.db",
        "HOLDFAST_GRANT_PUBLIC_KEY_FILE": str(public),
        "HOLDFAST_TOOLS_STATE": str(folder / "state"),
        "HOLDFAST_SYSTEMS_FILE": str(_systems(folder)),
    }
    return {**kept, **told}


def _systems(folder: Path) -> Path:
    """Write sections for the servers whose real form may idle with its systems away: it is the heavier one."""
    file, kubeconfig = folder / "systems.yaml", folder / "kubeconfig"
    if not file.exists():
        cluster = {"server": "http://127.0.0.1:9"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "none", "cluster": cluster}],
            "users": [{"name": "none", "user": {"token": "none"}}],
            "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
            "current-context": "none",
        }
        kubeconfig.write_text(yaml.safe_dump(config))
        prometheus = {"kind": "prometheus", "url": "http://127.0.0.1:9"}
        sections = {
            "kubernetes": {"clusters": {"none": {"kubeconfig": str(kubeconfig)}}},
            "monitoring": {"metrics": {"prometheus": prometheus}, "logs": {"loki": {**prometheus, "kind": "loki"}}},
        }
        file.write_text(yaml.safe_dump(sections))
    return file


@asynccontextmanager
async def _served(name: str, folder: Path) -> AsyncIterator[tuple[str, int]]:
    """Run a server over HTTP as a process; yield its address and process id."""
    port = free_port()
    command = [*_command(name), "--transport", "http", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, env=_environment(folder))
    try:
        async with httpx2.AsyncClient() as http:
            await _healthy(http, f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}/mcp", process.pid
    finally:
        process.terminate()
        await process.wait()


async def _healthy(http: httpx2.AsyncClient, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx2.HTTPError:
                await asyncio.sleep(0.05)
