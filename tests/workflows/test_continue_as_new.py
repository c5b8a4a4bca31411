"""A long incident starts a fresh run of itself, and the open ask crosses with it."""

import asyncio

from temporalio.client import WorkflowHandle

from holdfast.workflows import names
from holdfast.workflows.messages import AlertBatch, Heard
from tests.examples import alert
from tests.temporal import temporal_for
from tests.workflows.hands import Hands, ballot, open_incident, snapshot, until, working


async def test_a_pending_approval_crosses_a_continue_as_new() -> None:
    """Many alerts make the server suggest it: the ask goes on, is told once, and an old button still works."""
    async with temporal_for(limit__historyCount__suggestContinueAsNew="150") as env:
        hands = Hands()
        async with working(env.client, hands):
            handle = await open_incident(env.client, alert())
            first = await until(handle, "awaiting_approval")
            run = (await handle.describe()).run_id
            for n in range(200):
                await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(alert(fingerprint=f"f{n % 40}"),)))
            fresh = await _fresh_run(env.client.get_workflow_handle(handle.id), run)
            seen = await snapshot(fresh)
            assert seen.awaiting
            assert seen.run_id == first.run_id
            assert seen.alert_count == 201
            assert len(seen.alerts) == 40
            await fresh.execute_update(names.UPDATE_VOTE, ballot(first), result_type=Heard)
            assert await fresh.result() == "closed"
    assert sum("Approval needed" in text for text in hands.told) == 1
    assert hands.times("executor.rollback_deployment") == 1


async def _fresh_run(handle: WorkflowHandle[object, str], old: str) -> WorkflowHandle[object, str]:
    for _ in range(300):
        if (await handle.describe()).run_id != old:
            return handle
        await asyncio.sleep(0.02)
    raise AssertionError("the workflow did not continue as new")
