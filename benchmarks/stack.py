"""The embedded stack as people run it: intake, time to the ask, resuming after a kill, idle memory."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
from temporalio.client import Client, WorkflowExecutionStatus

from benchmarks.measure import Figure, median, megabytes
from holdfast.tools.simulation.scenarios import load
from holdfast.workers import toolbox
from holdfast.workers.embedded import DEMO, EmbeddedStack, StackPlace, environment_of
from holdfast.workers.supervisor import Child, Supervisor

ROUNDS, REQUESTS, AT_ONCE = 6, 150, 20
ALONE = "as in deploy/compose.yaml: tool servers and acting in processes of their own"
WITHIN = "tool servers, executor and simulated shop within"
MOST_LOOKS = 1200
REF = "inc:default:production:checkout"


async def measure() -> list[Figure]:
    """Return every figure of the stack."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStack(StackPlace.choose(Path(folder), DEMO)) as stack:
            http = httpx2.AsyncClient(base_url=stack.place.api_url, timeout=30)
            await asyncio.sleep(1)
            found = await _memory(stack)
            found += await _ask(stack, http)
            used = megabytes(stack.supervisor.pids()["worker"])
            found.append(Figure(name="memory of the embedded worker after six incidents", value=used, unit="MB"))
            found += await _resume(stack, http)
            found += await _intake(stack)
            await http.aclose()
    return found


async def _memory(stack: EmbeddedStack) -> list[Figure]:
    pids = stack.supervisor.pids()
    return [
        Figure(name="idle memory of the API", value=megabytes(pids["api"]), unit="MB", at_most=110),
        Figure(name="idle memory of a worker", value=await _worker_alone(stack), unit="MB", at_most=150, note=ALONE),
        Figure(name="idle memory of the embedded worker", value=megabytes(pids["worker"]), unit="MB", note=WITHIN),
    ]


async def _worker_alone(stack: EmbeddedStack) -> float:
    """Return the memory of a worker as it stands in production: its tool servers and its acting are elsewhere."""
    folder = stack.place.data_dir / "alone"
    folder.mkdir()
    entry = {**toolbox.SHIPPED["kubernetes"], "transport": "http", "url": "http://127.0.0.1:9/mcp"}
    (folder / "tools.yaml").write_text(json.dumps({"servers": {"kubernetes": entry}}))
    told = {"HOLDFAST_TOOLS_FILE": str(folder / "tools.yaml"), "HOLDFAST_QUEUES": "incidents,tools,llm"}
    alone = Supervisor(folder)
    environment = {**environment_of(stack.place), **told, "HOLDFAST_TEMPORAL_NAMESPACE": "default"}
    await alone.start(Child(name="worker", command=(sys.executable, "-m", "holdfast.workers"), environment=environment))
    await _working(alone.log_of("worker"), alone.pids()["worker"])
    await asyncio.sleep(2)
    found = megabytes(alone.pids()["worker"])
    await alone.stop()
    return found


async def _ask(stack: EmbeddedStack, http: httpx2.AsyncClient) -> list[Figure]:
    """Return how long it takes from the alert to the ask, by the incident's own time stamps."""
    took: list[float] = []
    for _ in range(6):
        seen = await _awaiting(stack, http)
        asked = next(e for e in seen["timeline"] if e["kind"] == "approval")
        took.append((_time(asked["at"]) - _time(seen["opened_at"])).total_seconds() * 1000)
        await _say(http, "close")
        await _until(http, "closed")
        await _ended(stack)
    note = f"the first, with everything cold: {took[0]:.0f} ms"
    return [Figure(name="alert to awaiting approval", value=median(took[1:]), unit="ms", at_most=400, note=note)]


async def _resume(stack: EmbeddedStack, http: httpx2.AsyncClient) -> list[Figure]:
    """Return how long a vote waits once a killed worker is back; the new process's start is told beside it."""
    found: list[Figure] = []
    for name, sign, most in (("SIGKILL", signal.SIGKILL, 3.0), ("SIGTERM", signal.SIGTERM, 0.5)):
        await _awaiting(stack, http)
        old = stack.supervisor.pids()["worker"]
        os.kill(old, sign)
        while stack.supervisor.pids()["worker"] in (old, 0):
            await asyncio.sleep(0.005)
        started = time.monotonic()
        await _working(stack.supervisor.log_of("worker"), stack.supervisor.pids()["worker"])
        back = time.monotonic()
        await _say(http, "votes", {"choice": "approve"})
        answered = time.monotonic() - back
        note = f"from the restarted worker's first poll to the vote's answer; its start took {back - started:.1f} s"
        found.append(Figure(name=f"resume after {name}", value=answered, unit="s", at_most=most, note=note))
        await _until(http, "closed")
        await _ended(stack)
    return found


async def _intake(stack: EmbeddedStack) -> list[Figure]:
    """Return accepted alerts a second beside bare starts a second on the same server, with nobody working on either.

    Load and server share two cores, and the bare starts' client is compiled: so is, in its parts, the alerts'.
    """
    async with aiohttp.ClientSession(stack.place.api_url) as http:
        return await _intake_of(stack, http)


async def _intake_of(stack: EmbeddedStack, http: aiohttp.ClientSession) -> list[Figure]:
    worker = stack.supervisor.pids()["worker"]
    os.kill(worker, signal.SIGSTOP)
    client = await Client.connect(stack.place.temporal.address)
    kinds: dict[str, Callable[[], Awaitable[None]]] = {"bare": lambda: _start(client), "api": lambda: _send(http)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for n in range(ROUNDS):
        # The disk is slower at times: the two take turns, and neither is always first.
        for name in sorted(kinds, reverse=n % 2 == 0):
            found[name].append(await _rate(kinds[name]))
    os.kill(worker, signal.SIGKILL)
    pairs = zip(found["api"], found["bare"], strict=True)
    ratio = median([api[0] / bare[0] for api, bare in pairs])
    accepted, bare = (median([rate for rate, _ in found[name]]) for name in ("api", "bare"))
    note = f"{accepted:.0f}/s beside {bare:.0f}/s, {AT_ONCE} at once, one alert a payload; median of {ROUNDS} pairs"
    return [
        Figure(name="accepted alerts/s ÷ bare starts/s", value=ratio, at_least=0.7, note=note),
        Figure(name="p99 of accepting an alert", value=median([p99 for _, p99 in found["api"]]) * 1000, unit="ms"),
    ]


async def _rate(work: Any) -> tuple[float, float]:
    """Return how many a second, and the 99th percentile of one."""
    times: list[float] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            begun = time.monotonic()
            await work()
            times.append(time.monotonic() - begun)

    begun = time.monotonic()
    await asyncio.gather(*(one() for _ in range(REQUESTS)))
    return REQUESTS / (time.monotonic() - begun), sorted(times)[int(REQUESTS * 0.99)]


async def _start(client: Client) -> None:
    await client.start_workflow("Nobody", id=f"bare/{uuid.uuid4()}", task_queue="nobody")


async def _send(http: aiohttp.ClientSession) -> None:
    service = f"s{uuid.uuid4().hex[:12]}"
    alert = {
        "status": "firing",
        "labels": {"alertname": "Load", "service": service, "environment": "bench"},
        "annotations": {},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": service,
    }
    async with http.post(
        "/alerts/alertmanager", json={"version": "4", "status": "firing", "alerts": [alert]}
    ) as answer:
        assert answer.status == 202, await answer.text()


async def _awaiting(stack: EmbeddedStack, http: httpx2.AsyncClient) -> dict[str, Any]:
    estate = stack.estate()
    estate.clear()
    estate.inject("bad-deploy")
    estate.close()
    answer = await http.post("/alerts/alertmanager", json=load("bad-deploy").webhook(datetime.now(UTC)))
    assert answer.status_code == 202, answer.text
    return await _until(http, "awaiting_approval")


async def _working(log: Path, pid: int) -> None:
    """Return once the worker process says that it polls."""
    async with asyncio.timeout(30):
        while f'"pid": {pid}' not in await asyncio.to_thread(log.read_text):
            await asyncio.sleep(0.01)


async def _until(http: httpx2.AsyncClient, status: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for _ in range(MOST_LOOKS):
        answer = await http.get(f"/incidents/{REF}")
        seen = answer.json()
        if answer.status_code == 200 and seen["status"] == status:
            return seen
        await asyncio.sleep(0.05)
    raise TimeoutError(f"not {status} but {seen.get('status')}: {seen.get('timeline', [seen])[-3:]}")


async def _ended(stack: EmbeddedStack) -> None:
    """Return once the closed incident's run has ended: sooner, an alert would reopen it."""
    client = await Client.connect(stack.place.temporal.address)
    handle = client.get_workflow_handle("inc/default/production/checkout")
    async with asyncio.timeout(60):
        while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            await asyncio.sleep(0.1)


async def _say(http: httpx2.AsyncClient, what: str, body: dict[str, Any] | None = None) -> None:
    async with asyncio.timeout(60):
        while True:
            headers = {"Holdfast-Identity": "bench"}
            answer = await http.post(f"/incidents/{REF}/{what}", json=body or {"reason": "measured"}, headers=headers)
            if answer.status_code == 200:
                return
            await asyncio.sleep(0.02)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
