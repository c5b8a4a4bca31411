"""What people said holds: over a reopening, a second time, and against whoever may not say it."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from holdfast.activities.contracts import ToolCall
from holdfast.domain.alert import AlertStatus
from holdfast.domain.attempt import AttemptState
from holdfast.domain.decision import Verdict
from holdfast.workflows import names
from holdfast.workflows.messages import AlertBatch, Heard, PlanChange, Said
from tests.examples import AT, alert
from tests.workflows.hands import INSTANT, Hands, ballot, open_incident, snapshot, until, working

QUIET = INSTANT.model_copy(update={"quiet": timedelta(minutes=10)})
WORDS = (names.UPDATE_STOP, names.UPDATE_TAKE_OVER)


async def say(handle: WorkflowHandle[Any, str], word: str, who: str) -> None:
    """Speak one of a person's words."""
    await handle.execute_update(word, Said(by=who), result_type=Heard)


async def resolve_and_return(handle: WorkflowHandle[Any, str]) -> None:
    """Let the alert resolve, and fire anew while the incident is quiet."""
    over = alert(status=AlertStatus.RESOLVED, ends_at=AT + timedelta(minutes=1))
    await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(over,)))
    await until(handle, "resolved")
    again = alert(starts_at=AT + timedelta(minutes=5))
    await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(again,)))


@pytest.mark.parametrize("word", WORDS)
async def test_what_a_person_stopped_stays_with_people_when_the_alert_returns(
    temporal: WorkflowEnvironment, word: str
) -> None:
    """Although policy would now allow it, nothing is done; the person closes it."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=QUIET)
        await until(handle, "awaiting_approval")
        await say(handle, word, "alice")
        await until(handle, "escalated")
        hands.verdict = Verdict.ALLOW
        await resolve_and_return(handle)
        seen = await until(handle, "escalated")
        assert "reopened" in " ".join(e.text for e in seen.timeline)
        assert "stays with people since alice spoke" in seen.outcome
        await say(handle, names.UPDATE_CLOSE, "alice")
        assert await handle.result() == "closed"
    assert hands.done == {}


@pytest.mark.parametrize("word", WORDS)
async def test_a_word_spoken_twice_is_heard_twice(temporal: WorkflowEnvironment, word: str) -> None:
    """The second person's word is answered and written down, and the incident still waits for a close."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        await say(handle, word, "alice")
        await until(handle, "escalated")
        await say(handle, word, "bob")
        seen = await snapshot(handle)
        assert "bob" in (seen.stopped_by, seen.taken_over_by)
        assert seen.status == "escalated"
        await say(handle, names.UPDATE_CLOSE, "bob")
        assert await handle.result() == "closed"


async def test_a_word_takes_the_buttons_away(temporal: WorkflowEnvironment) -> None:
    """Nobody is shown a question that is no longer asked."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        await say(handle, names.UPDATE_STOP, "alice")
        await until(handle, "escalated")
        await say(handle, names.UPDATE_CLOSE, "alice")
        await handle.result()
    replaced = [c for n, c in hands.calls if n.endswith("send_slack_message") and c.arguments.get("update")]
    assert [c.arguments["text"] for c in replaced] == ["No longer asked: a person has spoken"]


async def test_who_may_not_approve_may_not_change_the_plan(temporal: WorkflowEnvironment) -> None:
    """A changed plan may be judged as allowed: changing it is as good as releasing it."""
    async with working(temporal.client, Hands(approvers=("alice",))):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        assert seen.plan is not None
        change = PlanChange(plan_hash=seen.plan.plan_hash, by="mallory", index=0, parameters={"to_revision": 5})
        with pytest.raises(WorkflowUpdateFailedError) as error:
            await handle.execute_update(names.UPDATE_MODIFY_PLAN, change, result_type=Heard)
        assert "mallory is not among the approvers" in str(error.value.cause)
        await handle.execute_update(names.UPDATE_MODIFY_PLAN, change.model_copy(update={"by": "alice"}))


def _fails_acting(call: ToolCall) -> dict[str, Any]:
    """Answer a dry run with a way back, take the way back, and fail the way forward after who knows what."""
    if call.leave is None:
        back = {"kind": "rollback_deployment", "namespace": "shop", "deployment": "checkout", "to_revision": 7}
        return {"before": {"replicas": 3}, "diff": "…", "way_back": back, "no_way_back": ""}
    if call.leave.backwards:
        return {"done": True, "effect_id": "e2", "first": True}
    raise ApplicationError("the rollout did not finish", type="ToolFailed", non_retryable=True)


async def test_an_action_that_failed_who_knows_where_is_taken_back(temporal: WorkflowEnvironment) -> None:
    """It may have had its effect; the way back leads to where it began, either way."""
    hands = Hands()
    hands.tools["executor.rollback_deployment"] = _fails_acting
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=INSTANT.model_copy(update={"rounds": 1}))
        asked = await until(handle, "awaiting_approval")
        await handle.execute_update(names.UPDATE_VOTE, ballot(asked), result_type=Heard)
        seen = await until(handle, "escalated")
    assert [(a.state, a.backwards) for a in seen.attempts] == [(AttemptState.FAILED, False), (AttemptState.DONE, True)]
