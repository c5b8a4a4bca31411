"""Records the histories again, for a change that is meant to break replay; `git diff` then shows what changed."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from holdfast.activities.contracts import Doubts, ModelTurn
from holdfast.domain.alert import AlertStatus
from holdfast.domain.approval import Choice
from holdfast.domain.credence import Doubt
from holdfast.domain.decision import Verdict
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.tools.simulation import scenarios
from holdfast.workflows import names
from holdfast.workflows.messages import AlertBatch, Heard, PlanChange, Said
from tests.examples import AT, alert, hypothesis, restart, rollback
from tests.house import raise_alert, standing
from tests.temporal import start_temporal, temporal_for
from tests.workflows.hands import INSTANT, Hands, ballot, open_incident, snapshot, until, working

FOLDER = Path(__file__).parent
Handle = WorkflowHandle[Any, str]
Way = Callable[[WorkflowEnvironment, Hands], Awaitable[Handle]]


async def approved(env: WorkflowEnvironment, _: Hands) -> Handle:
    """A person approves; the incident closes."""
    handle = await open_incident(env.client, alert())
    await _vote(handle, Choice.APPROVE)
    await handle.result()
    return handle


async def rejected(env: WorkflowEnvironment, _: Hands) -> Handle:
    """A person rejects and closes it by hand."""
    handle = await open_incident(env.client, alert())
    await _vote(handle, Choice.REJECT)
    await until(handle, "escalated")
    await handle.execute_update(names.UPDATE_CLOSE, Said(by="alice", reason="by hand"), result_type=Heard)
    await handle.result()
    return handle


async def expired(env: WorkflowEnvironment, _: Hands) -> Handle:
    """Nobody answers for seven days; reminders and an escalation go out."""
    handle = await open_incident(env.client, alert())
    await until(handle, "awaiting_approval")
    for step in (timedelta(minutes=20), timedelta(hours=5), timedelta(days=7)):
        await env.fast_forward(handle, step)
    await until(handle, "escalated")
    return handle


async def modified(env: WorkflowEnvironment, _: Hands) -> Handle:
    """A person changes the plan, another approves it."""
    handle = await open_incident(env.client, alert())
    seen = await until(handle, "awaiting_approval")
    old = seen.plan.plan_hash if seen.plan else ""
    change = PlanChange(plan_hash=old, by="bob", index=0, parameters={"to_revision": 5})
    await handle.execute_update(names.UPDATE_MODIFY_PLAN, change, result_type=Heard)
    while not (seen.awaiting and seen.plan and seen.plan.plan_hash != old):
        await asyncio.sleep(0.05)
        seen = await snapshot(handle)
    await handle.execute_update(names.UPDATE_VOTE, ballot(seen), result_type=Heard)
    await handle.result()
    return handle


async def rolled_back(env: WorkflowEnvironment, hands: Hands) -> Handle:
    """The first remedy does not help, its way back is taken, the second heals."""
    hands.verdict = Verdict.ALLOW
    hands.hypotheses = [hypothesis(), hypothesis(hypothesis_id="h2", cause="traffic_surge")]
    hands.actions, hands.recovers = [[rollback()], [restart()]], [False, False, True]
    handle = await open_incident(env.client, alert())
    await handle.result()
    return handle


async def escalated(env: WorkflowEnvironment, hands: Hands) -> Handle:
    """Policy denies; the monitor's resolve closes it."""
    hands.verdict = Verdict.DENY
    handle = await open_incident(env.client, alert())
    await until(handle, "escalated")
    resolved = AlertBatch(alerts=(alert(status=AlertStatus.RESOLVED, ends_at=AT),))
    await handle.signal(names.SIGNAL_ALERTS, resolved)
    await handle.result()
    return handle


async def merged(env: WorkflowEnvironment, hands: Hands) -> Handle:
    """The alerts are handed to the incident of a dependency."""
    cause = await open_incident(env.client, alert(fingerprint="cause"))
    await until(cause, "awaiting_approval")
    hands.join = cause.id
    handle = await open_incident(env.client, alert(fingerprint="symptom"))
    await handle.result()
    return handle


async def reopened(env: WorkflowEnvironment, hands: Hands) -> Handle:
    """The alert comes back while quiet."""
    hands.verdict, hands.actions = Verdict.ALLOW, [[rollback()], [restart()]]
    settings = INSTANT.model_copy(update={"quiet": timedelta(minutes=10)})
    handle = await open_incident(env.client, alert(), settings=settings)
    await until(handle, "resolved")
    await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(alert(starts_at=AT + timedelta(minutes=5)),)))
    while len((await snapshot(handle)).attempts) < 2:
        await asyncio.sleep(0.05)
    await until(handle, "resolved")
    await env.fast_forward(handle, timedelta(minutes=11))
    await handle.result()
    return handle


async def stopped(env: WorkflowEnvironment, hands: Hands) -> Handle:
    """An emergency stop while the action runs."""
    hands.verdict, hands.gate = Verdict.ALLOW, asyncio.Event()
    handle = await open_incident(env.client, alert())
    await until(handle, "remediating")
    await handle.execute_update(names.UPDATE_STOP, Said(by="alice"), result_type=Heard)
    await until(handle, "escalated", seconds=20)
    return handle


async def thought(env: WorkflowEnvironment, hands: Hands) -> Handle:
    """A model with specialists, one look more, a reply sent back, and a sceptic.

    `thought_before_the_team.json` was recorded before there were any; no code makes it again.
    """
    look = EvidenceRequest(kind=EvidenceKind.LOGS, tool="monitoring.query_logs", service="checkout")
    diagnosis = Diagnosis(method="model:m", hypotheses=(hypothesis(),))
    hands.model = [ModelTurn(wants=(look,)), ModelTurn(wrong=("reply: not JSON",)), ModelTurn(diagnosis=diagnosis)]
    hands.specialists = {"logs": [ModelTurn(wants=(look,)), ModelTurn()], "changes": [ModelTurn()]}
    hands.doubts = Doubts(doubts=(Doubt(hypothesis_id="h1", confidence=0.7, why="one sign"),))
    hands.verdict = Verdict.ALLOW
    handle = await open_incident(env.client, alert(), settings=INSTANT.model_copy(update={"use_model": True}))
    await handle.result()
    return handle


WAYS: tuple[Way, ...] = (
    approved,
    rejected,
    expired,
    modified,
    rolled_back,
    escalated,
    merged,
    reopened,
    stopped,
    thought,
)


async def record() -> None:
    """Record every way through with scripted hands, and every scenario with the real ones."""
    env = await start_temporal()
    for way in WAYS:
        hands = Hands()
        async with working(env.client, hands):
            await _save(await way(env, hands), way.__name__)
    for name in scenarios.names():
        await _scenario(env, name)
    await env.shutdown()
    await _continued()


async def _continued() -> None:
    """An ask that crosses a continue-as-new: both runs."""
    async with temporal_for(limit__historyCount__suggestContinueAsNew="150") as env:
        hands = Hands()
        async with working(env.client, hands):
            handle = await open_incident(env.client, alert())
            await until(handle, "awaiting_approval")
            first = (await handle.describe()).run_id
            for n in range(150):
                await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(alert(fingerprint=f"f{n % 5}"),)))
            fresh: Handle = env.client.get_workflow_handle(handle.id)
            while (await fresh.describe()).run_id == first:
                await asyncio.sleep(0.05)
            await _vote(fresh, Choice.APPROVE)
            await fresh.result()
            await _save(env.client.get_workflow_handle(handle.id, run_id=first), "continued_as_new_1")
            await _save(fresh, "continued_as_new_2")


async def _scenario(env: WorkflowEnvironment, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with standing(env.client, Path(folder)) as stand:
            handle = await raise_alert(stand, stand.play(name), tenant=name)
            seen = await snapshot(handle)
            while seen.status not in ("closed", "escalated"):
                if seen.awaiting:
                    await handle.execute_update(names.UPDATE_VOTE, ballot(seen), result_type=Heard)
                await asyncio.sleep(0.1)
                seen = await snapshot(handle)
            if seen.status == "closed":
                await handle.result()
            await _save(handle, f"scenario_{name.replace('-', '_')}")


async def _vote(handle: Handle, choice: Choice) -> None:
    seen = await until(handle, "awaiting_approval")
    await handle.execute_update(names.UPDATE_VOTE, ballot(seen, choice=choice), result_type=Heard)


async def _save(handle: Handle, name: str) -> None:
    history = await handle.fetch_history()
    (FOLDER / f"{name}.json").write_text(history.to_json() + "\n")
    print(f"{name}: {len(history.events)} events")  # noqa: T201 # says what was recorded


if __name__ == "__main__":
    asyncio.run(record())
