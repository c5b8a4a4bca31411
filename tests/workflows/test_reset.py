"""A diagnosis done again with `workflow reset`: an old vote must not count for a new plan."""

from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.decision import Verdict
from holdfast.workflows import names
from holdfast.workflows.messages import Heard
from tests.examples import alert, restart
from tests.workflows.hands import INSTANT, Hands, ballot, open_incident, snapshot, until, working

QUIET = INSTANT.model_copy(update={"quiet": timedelta(minutes=10)})


async def test_an_old_vote_does_not_count_after_a_reset(temporal: WorkflowEnvironment) -> None:
    """The reset run diagnoses again, proposes another plan, is given the old vote again, and still waits."""
    hands = Hands(quorum=2)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        first = await until(handle, "awaiting_approval")
        await handle.execute_update(names.UPDATE_VOTE, ballot(first), result_type=Heard)
        await handle.signal(
            names.SIGNAL_VOTE, ballot(first, voter="carol", vote_id="early").model_copy(update={"plan_hash": "0" * 16})
        )
        hands.actions, hands.quorum = [[restart()]], 1
        again = await _reset_before(temporal.client, handle, "executor.rollback_deployment")
        second = await until(again, "awaiting_approval")
        assert second.plan is not None
        assert first.plan is not None
        assert second.plan.plan_hash != first.plan.plan_hash
        assert all(b.refused for b in second.ballots)
        assert hands.times("executor.restart_deployment") == 0
        await again.execute_update(names.UPDATE_VOTE, ballot(second), result_type=Heard)
        assert await again.result() == "closed"
        assert (await snapshot(again)).attempts[0].grant_id.startswith(handle.id)


async def test_a_reset_to_the_very_beginning_is_the_same_incident(temporal: WorkflowEnvironment) -> None:
    """The same plan keeps its hash and its key, so that what was done before the reset is not done again."""
    hands = Hands(verdict=Verdict.ALLOW)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=QUIET)
        first = await until(handle, "resolved")
        again = await _reset_before(temporal.client, handle, "catalog.map_alert_to_service")
        second = await until(again, "resolved")
        assert (await again.describe()).run_id != first.run_id == second.run_id
        assert [a.grant_id for a in second.attempts] == [a.grant_id for a in first.attempts]
        await again.terminate()


async def test_the_next_incident_of_the_same_key_has_keys_of_its_own(temporal: WorkflowEnvironment) -> None:
    """A recurrence is done again, not answered with what was done last time."""
    hands = Hands(verdict=Verdict.ALLOW)
    async with working(temporal.client, hands):
        first = await open_incident(temporal.client, alert(), service="recurs")
        await first.result()
        second = await open_incident(temporal.client, alert(), service="recurs")
        await second.result()
        keys = [(await snapshot(h)).attempts[0].grant_id for h in await _runs(temporal.client, first, second)]
    assert len(set(keys)) == 2


async def _runs(client: Client, *handles: WorkflowHandle[object, str]) -> list[WorkflowHandle[object, str]]:
    return [client.get_workflow_handle(h.id, run_id=h.result_run_id) for h in handles]


async def _reset_before(
    client: Client, handle: WorkflowHandle[object, str], activity: str
) -> WorkflowHandle[object, str]:
    """Reset to the workflow task that scheduled `activity`, as `temporal workflow reset --event-id` does."""
    event = 0
    run_id = (await handle.describe()).run_id
    async for e in handle.fetch_history_events():
        if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            event = e.event_id
        if e.activity_task_scheduled_event_attributes.activity_type.name == activity:
            break
    request = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=run_id),
        reason="diagnose again",
        workflow_task_finish_event_id=event,
        request_id=f"reset-{run_id}",
    )
    answer = await client.workflow_service.reset_workflow_execution(request)
    return client.get_workflow_handle(handle.id, run_id=answer.run_id)
