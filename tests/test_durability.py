"""Nothing is lost: each process is killed with SIGKILL at each step of an incident, and it ends all the same."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from holdfast.domain.attempt import AttemptState
from holdfast.domain.incident import Incident, IncidentSettings
from holdfast.tools.simulation.scenarios import load
from holdfast.workers.embedded import EmbeddedStack, StackPlace
from holdfast.workers.toolbox import SHIPPED

SETTINGS = IncidentSettings(
    soak=timedelta(0),
    verify_every=timedelta(seconds=1.2),
    verify_looks=6,
    quiet=timedelta(0),
    late_alert=timedelta(seconds=1),
)
REF = "inc:default:production:checkout"
WORKFLOW = "inc/default/production/checkout"
SECONDS = 60.0

Reached = Callable[[list[str], Incident | None], bool]


def scheduled(name: str, times: int = 1) -> Reached:
    """Return whether a step's activity was scheduled so many times."""
    return lambda steps, _: steps.count(name) >= times


STEPS: dict[str, Reached] = {
    "accepted": lambda _steps, _seen: True,
    "triage": scheduled("catalog.map_alert_to_service"),
    "evidence": scheduled("monitoring.fetch_metrics"),
    "dry_run": scheduled("executor.rollback_deployment"),
    "awaiting": lambda _, seen: seen is not None and seen.awaiting,
    "voted": scheduled("UPDATE_ACCEPTED"),
    "acting": scheduled("executor.rollback_deployment", 2),
    "acted": scheduled("acted"),
    "verifying": scheduled("TIMER_FIRED"),
    "closing": scheduled("record_incident", 3),
}
VICTIMS = ("worker", "api", "executor", "temporal")


class Stand:
    """A running stack, spoken to from outside, with retries as any sender or person would."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.http = httpx2.AsyncClient(base_url=stack.place.api_url, timeout=5)
        self.estate = stack.estate()

    async def send(self, payload: dict[str, Any]) -> None:
        """Send an alert until it is accepted, as Alertmanager does."""
        while True:
            try:
                if (await self.http.post("/alerts/alertmanager", json=payload)).status_code == 202:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.2)

    async def vote(self, seen: Incident) -> None:
        """Vote as alice; a refusal says that it was counted already."""
        body = {"choice": "approve", "plan_hash": seen.plan.plan_hash if seen.plan else "", "vote_id": "click"}
        headers = {"Holdfast-Identity": "alice"}
        with_retry = range(100)
        for _ in with_retry:
            try:
                answer = await self.http.post(f"/incidents/{REF}/votes", json=body, headers=headers)
            except httpx2.HTTPError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code < 500:
                return
            await asyncio.sleep(0.2)

    async def seen(self) -> Incident | None:
        """Return the incident as the API knows it, or None while it cannot say."""
        try:
            answer = await self.http.get(f"/incidents/{REF}")
        except httpx2.HTTPError:
            return None
        return Incident.model_validate(answer.json()) if answer.status_code == 200 else None

    def kill(self, victim: str) -> bool:
        """SIGKILL, without a word; return whether the victim lived to be killed."""
        worker = self.stack.supervisor.pids()["worker"]
        pid = _child_of(worker, "executor") if victim == "executor" else self.stack.supervisor.pids()[victim]
        if pid:
            os.kill(pid, signal.SIGKILL)
        return pid != 0


@pytest.fixture(scope="module")
async def stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    """The embedded stack with its executor in a process of its own."""
    folder = tmp_path_factory.mktemp("stack")
    servers: dict[str, Any] = {name: dict(tools) for name, tools in SHIPPED.items()}
    holdfast = str(Path(sys.executable).parent / "holdfast")
    servers["executor"] |= {"transport": "stdio", "command": [holdfast, "tools", "serve", "executor"]}
    tools_file = folder / "tools.yaml"
    tools_file.write_text(yaml.safe_dump({"servers": servers}))
    place = StackPlace.choose(folder, SETTINGS).model_copy(update={"tools_file": tools_file})
    async with EmbeddedStack(place) as stack:
        made = Stand(stack)
        yield made
        await made.http.aclose()
        made.estate.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("step", list(STEPS))
async def test_a_kill_changes_nothing(stand: Stand, step: str, victim: str) -> None:
    """The incident ends as it would have; the action had its effect exactly once; no alert is lost."""
    stand.estate.clear()
    stand.estate.inject("bad-deploy")
    started = len(await _runs(stand))
    payload = load("bad-deploy").webhook(_now())
    await stand.send(payload)
    async with asyncio.timeout(SECONDS):
        ended = await _walk(stand, STEPS[step], victim, started)
    assert ended.status == "closed", [e.text for e in ended.timeline]
    assert [(a.action.kind, a.state) for a in ended.attempts] == [("rollback_deployment", AttemptState.DONE)]
    assert [e.grant_id for e in stand.estate.effects()] == [ended.attempts[0].grant_id]
    fingerprints = {a["fingerprint"] for a in payload["alerts"]}  # type: ignore[union-attr,call-overload,index] # JSON
    assert {a.fingerprint for a in ended.alerts} == fingerprints


async def _walk(stand: Stand, reached: Reached, victim: str, started: int) -> Incident:
    """Follow the incident to its end, voting when asked, and kill the victim once when the step is reached."""
    killed = False
    while True:
        seen = await stand.seen()
        steps = await _steps(stand)
        fresh = len(steps) > 0 and steps[0] == f"run {started + 1}"
        if fresh and not killed and reached(steps, seen):
            killed = stand.kill(victim)
        if fresh and seen is not None and seen.awaiting and (killed or reached is not STEPS["awaiting"]):
            await stand.vote(seen)
        if fresh and killed and seen is not None and seen.status == "closed" and steps[-1] == "COMPLETED":
            return seen
        await asyncio.sleep(0.02)


async def _runs(stand: Stand) -> list[str]:
    """Return the run ids of the workflow, as Temporal knows them."""
    client = await _client(stand)
    found = [w.run_id async for w in client.list_workflows(f"WorkflowId = '{WORKFLOW}'")]
    _RUNS.update({run: len(_RUNS) + 1 for run in found if run not in _RUNS})
    return list(_RUNS)


_RUNS: dict[str, int] = {}
_CLIENTS: dict[str, Client] = {}


async def _client(stand: Stand) -> Client:
    address = stand.stack.place.temporal.address
    if address not in _CLIENTS:
        _CLIENTS[address] = await Client.connect(address)
    return _CLIENTS[address]


async def _steps(stand: Stand) -> list[str]:
    """Return the steps of the newest run's history, after a line that numbers the run; nothing while it is away."""
    client = await _client(stand)
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(WORKFLOW)
    try:
        history = await handle.fetch_history()
    except RPCError:
        return []
    run = history.events[0].workflow_execution_started_event_attributes.original_execution_run_id
    _RUNS.setdefault(run, len(_RUNS) + 1)
    return [f"run {_RUNS[run]}", *(s for e in history.events if (s := _step(e)))]


def _step(event: Any) -> str:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
    if name == "ACTIVITY_TASK_SCHEDULED":
        return str(event.activity_task_scheduled_event_attributes.activity_type.name)
    if name == "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES":
        fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        return "acted" if b"verifying" in fields["IncidentStatus"].data else ""
    if name == "WORKFLOW_EXECUTION_UPDATE_ACCEPTED":
        return "UPDATE_ACCEPTED"
    return {"TIMER_FIRED": "TIMER_FIRED", "WORKFLOW_EXECUTION_COMPLETED": "COMPLETED"}.get(name, "")


def _child_of(parent: int, word: str) -> int:
    """Return a child process of `parent` with `word` on its command line, or 0."""
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes()
            if (
                folder.name.isdecimal()
                and word.encode() in command
                and f"PPid:\t{parent}\n" in (folder / "status").read_text()
            ):
                return int(folder.name)
        except OSError:
            continue
    return 0


def _now() -> Any:

    return datetime.now(UTC)
