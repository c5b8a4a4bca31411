"""Stage 9, the end: resolved incidents stay quiet for a while, escalated ones wait for people, closed ones report."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import WRITE_REPORT, ReportRequest
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.report import Report
from holdfast.domain.timeline import EntryKind
from holdfast.domain.units import many
from holdfast.workflows import calls, telling
from holdfast.workflows.planning import decision_said
from holdfast.workflows.walk import Phase, Walk

# How long a closed incident waits for its last messages; the read model is waited for without end.
TELL_PATIENCE = timedelta(seconds=30)


async def resolve(walk: Walk) -> Phase:
    """Stay quiet for a while; an alert that fires anew meanwhile reopens the incident."""
    if walk.memory.resolved_at is None:
        walk.memory.resolved_at = workflow.now()
        walk.memory.returned = False
        if walk.all_resolved and not walk.incident.outcome:
            walk.change(outcome="Every alert resolved by itself.")
        walk.change(ended_at=workflow.now())
        text = f"Resolved: {walk.incident.outcome}{decision_said(walk)}"
        telling.say(walk, text, about=f"resolved/{walk.memory.round}")
        if walk.settings.quiet > timedelta(0):
            walk.enter(IncidentStatus.RESOLVED)
            telling.record(walk)
    deadline = walk.new_deadline(walk.settings.quiet, walk.memory.resolved_at)
    if await walk.wait(lambda: walk.memory.returned, deadline, "stay quiet, then close"):
        return _reopen(walk)
    return Phase.CLOSE


async def escalate(walk: Walk) -> Phase:
    """Hand everything to people and wait: for a close, for the monitor to say it is over, or for the limit."""
    if walk.memory.escalated_at is None:
        walk.memory.escalated_at = workflow.now()
        walk.enter(IncidentStatus.ESCALATED)
        walk.note(EntryKind.STATUS, f"handed to people: {walk.incident.outcome or 'no remedy is left'}")
        text = f"Escalated: {walk.incident.outcome}{decision_said(walk)}"
        telling.say(walk, text, about=f"escalated/{walk.memory.round}")
        await _report(walk)
        telling.record(walk)
    deadline = walk.new_deadline(walk.settings.escalated_for, walk.memory.escalated_at)
    if await walk.wait(lambda: walk.all_resolved, deadline, "people have it"):
        walk.memory.escalated_at = None
        walk.change(outcome=f"{walk.incident.outcome} The alerts then resolved.".strip())
        return Phase.RESOLVE
    walk.change(outcome=f"{walk.incident.outcome} Nobody closed it.".strip())
    return Phase.CLOSE


async def close(walk: Walk) -> Phase:
    """Report, remember, tell and record; then end, unless an alert came back while we did."""
    # Only a claim that comes after this moment reopens; it was accepted, so it may not end with this run unseen.
    walk.memory.returned = False
    if walk.memory.closing:
        said = walk.memory.closing
        walk.change(outcome=f"Closed by {said.by}: {said.reason or 'no reason given'}")
    merged = bool(walk.incident.merged_into)
    walk.change(ended_at=walk.incident.ended_at or workflow.now())
    walk.enter(IncidentStatus.MERGED if merged else IncidentStatus.CLOSED)
    walk.note(EntryKind.STATUS, f"{walk.incident.status}: {walk.incident.outcome}")
    if not merged:
        await _report(walk)
    telling.record(walk)
    # What was told as resolved a moment ago is not told again as closed.
    if walk.incident.report and (walk.memory.resolved_at is None or walk.settings.quiet > timedelta(0)):
        telling.say(walk, f"Closed: {walk.incident.outcome}", about="closed")
    await _settle(walk)
    if walk.memory.returned:
        return _reopen(walk)
    return Phase.DONE


def _reopen(walk: Walk) -> Phase:
    again = Phase.TRIAGE if walk.incident.merged_into or walk.incident.service is None else Phase.INVESTIGATE
    walk.memory.resolved_at = walk.memory.escalated_at = walk.memory.closing = None
    walk.memory.returned = False
    walk.memory.round += 1
    walk.memory.told = ()
    walk.replace_plan(None)
    walk.change(ended_at=None, outcome="", report=None, decision=None, merged_into="")
    walk.note(EntryKind.STATUS, "reopened: the alert fires again")
    if walk.in_peoples_hands:
        who = walk.incident.stopped_by or walk.incident.taken_over_by
        walk.change(outcome=f"The alert fires again; it stays with people since {who} spoke.")
        return Phase.ESCALATE
    return again


async def _report(walk: Walk) -> None:
    try:
        report = await calls.compute(WRITE_REPORT, ReportRequest(incident=walk.incident), Report, summary="report")
    except ActivityError as e:
        walk.lacks(f"the report could not be written: {calls.reason(e)}")
        return
    walk.change(report=report)


async def _settle(walk: Walk) -> None:
    """Wait for the read model for as long as it takes, and for the last messages a little."""
    await workflow.wait_condition(lambda: telling.recorded(walk))
    deadline = walk.new_deadline(TELL_PATIENCE)
    if not await walk.wait(lambda: telling.settled(walk), deadline, "the last messages"):
        walk.lacks(f"{many(len(walk.memory.outbox), 'message')} could not be sent before the end")
