"""Stage 7, remediation: each action of an allowed plan is done once, on a grant for exactly that action."""

import asyncio
from datetime import timedelta
from typing import Any

from pydantic import JsonValue
from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from holdfast.activities.contracts import ToolAnswer, ToolCall
from holdfast.activities.errors import PERMANENT_TOOL_ERRORS, ToolErrorKind
from holdfast.domain.action import Action, arguments_of, describe, target_of, tool_of
from holdfast.domain.attempt import Attempt, AttemptState
from holdfast.domain.grant import Leave, grant_id
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.plan import Plan
from holdfast.domain.timeline import EntryKind
from holdfast.workflows import calls, names, options, telling, verification
from holdfast.workflows.walk import Phase, Walk

LONGEST_WAIT = timedelta(hours=1)  # a target that is acted on for longer is a matter for people
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=2)


async def act(walk: Walk) -> Phase:
    """Do the plan's actions in order; the first that fails stops the rest and turns back."""
    walk.enter(IncidentStatus.REMEDIATING)
    plan = _plan(walk)
    if walk.incident.approvals and workflow.patched("acting-is-recorded"):
        telling.record(walk)  # whoever was asked sees in the list that it is answered
    walk.memory.plan_acted_at = workflow.now()
    for index in range(len(plan.actions)):
        attempt = await _do(walk, index, backwards=False)
        if attempt.state is not AttemptState.DONE:
            walk.change(outcome=f"{describe(attempt.action)} {attempt.state}: {attempt.error}")
            return Phase.TURN_BACK
    return Phase.VERIFY


async def turn_back(walk: Walk) -> Phase:
    """Take the ways back of what was done, last first, then try the next hypothesis or hand to people."""
    walk.enter(IncidentStatus.REMEDIATING)
    plan, since = _plan(walk), workflow.now()
    went_back = False
    for index in reversed(range(len(plan.actions))):
        if plan.actions[index].way_back is not None and _may_have_been_done(walk, plan, index):
            attempt = await _do(walk, index, backwards=True)
            if attempt.state is not AttemptState.DONE:
                walk.change(outcome=f"The way back failed: {attempt.error}")
                return Phase.ESCALATE
            went_back = True
    if went_back and workflow.patched("a-way-back-is-verified"):
        await verification.after_way_back(walk, since)
    walk.memory.tries += 1
    walk.memory.round += 1
    if walk.memory.tries >= walk.settings.rounds:
        walk.change(outcome=f"{walk.memory.tries} remedies did not help.")
        return Phase.ESCALATE
    return Phase.INVESTIGATE


async def _do(walk: Walk, index: int, *, backwards: bool) -> Attempt:
    """Perform one action of the plan, forwards or back, and write the attempt down whatever happens."""
    plan = _plan(walk)
    planned = plan.actions[index]
    action = planned.way_back if backwards and planned.way_back else planned.action
    started, key = workflow.now(), grant_id(walk.incident.workflow_id, plan.plan_hash, index, backwards=backwards)
    begun = Attempt(
        round=walk.memory.round,
        action=action,
        backwards=backwards,
        grant_id=key,
        plan_hash=plan.plan_hash,
        state=AttemptState.STOPPED,
        started_at=started,
        ended_at=started,
        error="stopped by a person; the executor's log says whether it had its effect",
    )
    try:
        answer = await _execute_when_free(walk, action, index, backwards=backwards)
    except (ActivityError, asyncio.CancelledError) as e:
        if is_cancelled_exception(e):
            _write_down(walk, begun)
            raise
        return _write_down(walk, begun, state=_failed_state(e), error=calls.reason(e))
    return _write_down(walk, begun, state=AttemptState.DONE, error="", result=answer.data)


async def _execute_when_free(walk: Walk, action: Action, index: int, *, backwards: bool) -> ToolAnswer:
    """Wait while another incident's action holds the target, where people see it; one action at a time on a target."""
    deadline, pause = walk.new_deadline(LONGEST_WAIT), FIRST_PAUSE
    while True:
        try:
            return await _execute(walk, action, index, backwards=backwards)
        except ActivityError as e:
            if calls.kind(e) != ToolErrorKind.BUSY or workflow.now() >= deadline:
                raise
            if pause == FIRST_PAUSE:
                walk.note(EntryKind.NOTICE, f"{describe(action)} waits: {calls.reason(e)}")
        await workflow.sleep(pause, summary=f"wait for {target_of(action)}")
        pause = min(2 * pause, LONGEST_PAUSE)


async def _execute(walk: Walk, action: Action, index: int, *, backwards: bool) -> ToolAnswer:
    i = walk.incident
    if i.plan is None or i.decision is None:
        raise ValueError("acting needs a plan and a decision")
    votes = tuple(b.vote for b in i.ballots if not b.refused and b.vote.plan_hash == i.plan.plan_hash)
    leave = Leave(
        incident=i.workflow_id, plan=i.plan, decision=i.decision, votes=votes, index=index, backwards=backwards
    )
    arguments: dict[str, JsonValue] = {**arguments_of(action), "service": action.service}
    call = ToolCall(arguments=arguments, leave=leave, trace_id=i.trace_id)
    suffix = "/back" if backwards else ""
    errand = calls.Errand(
        tool_of(action),
        describe(action),
        names.ACTIONS,
        activity_id=f"exec/{i.plan.plan_hash}/{index}{suffix}",
    )
    return await calls.do(errand, call, ToolAnswer, options.WRITE)


def _write_down(walk: Walk, begun: Attempt, **fields: Any) -> Attempt:
    """Add the attempt to the document as it ended."""
    attempt = begun.model_copy(update={**fields, "ended_at": workflow.now()})
    walk.change(attempts=(*walk.incident.attempts, attempt))
    way = "way back: " if attempt.backwards else ""
    why = f" ({attempt.error})" if attempt.error else ""
    text = f"{way}{describe(attempt.action)}: {attempt.state}{why}"
    walk.note(EntryKind.ACTION, text, refs=(attempt.grant_id,))
    return attempt


def _failed_state(error: BaseException) -> AttemptState:
    """Return REFUSED where the executor declined before it did anything, FAILED where it may have had its effect."""
    return AttemptState.REFUSED if calls.kind(error) in PERMANENT_TOOL_ERRORS else AttemptState.FAILED


def _may_have_been_done(walk: Walk, plan: Plan, index: int) -> bool:
    """Return whether an action had its effect, or failed so that nobody knows: its way back leads to where it began."""
    key = grant_id(walk.incident.workflow_id, plan.plan_hash, index)
    states = {a.state for a in walk.incident.attempts if a.grant_id == key}
    if AttemptState.DONE in states:
        return True
    return AttemptState.FAILED in states and workflow.patched("a-way-back-from-a-failure")


def _plan(walk: Walk) -> Plan:
    if walk.incident.plan is None:
        raise ValueError("remediation needs a plan")
    return walk.incident.plan
