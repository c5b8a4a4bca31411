"""Stage 3, investigation: ask every source at once, then let the model or the ranker say what would explain it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import PLAN_EVIDENCE, EvidencePlan, EvidencePlanRequest
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.timeline import EntryKind
from holdfast.workflows import calls, thinking
from holdfast.workflows.gathering import keep, rank
from holdfast.workflows.purse import BudgetSpentError, Purse
from holdfast.workflows.walk import Phase, Walk

# An alert may come before a single recorded point shows what it saw.
FURTHER_LOOKS, LOOK_AGAIN = 3, timedelta(seconds=15)


async def investigate(walk: Walk) -> Phase:
    """Gather evidence, diagnose, and go on to plan; an alert that stopped meanwhile needs no remedy."""
    walk.enter(IncidentStatus.INVESTIGATING)
    diagnosis = await _look(walk)
    for _ in range(FURTHER_LOOKS):
        if not diagnosis.too_early or not workflow.patched("look-again-when-too-early"):
            break
        walk.note(EntryKind.DIAGNOSIS, f"too early to say; looking again in {LOOK_AGAIN.seconds} s")
        await workflow.sleep(LOOK_AGAIN)
        diagnosis = await _look(walk)
    best = diagnosis.best
    said = f"{best.statement} ({best.confidence:.0%}, {diagnosis.method})" if best else "no cause could be found"
    walk.note(EntryKind.DIAGNOSIS, said, refs=best.evidence if best else ())
    for note in (*diagnosis.notes, *diagnosis.missing):
        walk.lacks(note)
    if walk.all_resolved:
        walk.note(EntryKind.ALERT, "every alert has resolved by itself")
        return Phase.RESOLVE
    return Phase.PLAN


async def _look(walk: Walk) -> Diagnosis:
    await _gather(walk)
    diagnosis = await _diagnose(walk)
    walk.change(diagnosis=diagnosis, usage=walk.incident.usage.plus(diagnosis.usage))
    return diagnosis


async def _gather(walk: Walk) -> None:
    request = EvidencePlanRequest(
        service=walk.service,
        dependencies=walk.memory.dependencies,
        runbook=walk.incident.runbook,
        alerts=walk.incident.alerts,
        at=workflow.now(),
        window_seconds=int(walk.settings.window.total_seconds()),
    )
    plan = await calls.compute(PLAN_EVIDENCE, request, EvidencePlan, summary="what to look at")
    items = await calls.look_at_all(walk, plan.requests)
    keep(walk, items)
    walk.memory.latest, walk.memory.wanted = tuple(e.evidence_id for e in items), ()
    answered = sum(e.present for e in items)
    walk.note(EntryKind.EVIDENCE, f"{answered} of {len(items)} sources answered", refs=walk.memory.latest)


async def _diagnose(walk: Walk) -> Diagnosis:
    """The model when there is one and it answers; else the ranker, which then says why it was asked."""
    if not walk.settings.use_model:
        return await rank(walk)
    purse = Purse.of(walk)
    try:
        return await thinking.think(walk, purse)
    except (ActivityError, BudgetSpentError) as e:
        why = calls.reason(e)
    if purse.spent != Usage():
        walk.change(usage=walk.incident.usage.plus(purse.spent))
    ranked = await rank(walk)
    return ranked.model_copy(update={"notes": (*ranked.notes, f"the model did not answer ({why}); the ranker did")})
