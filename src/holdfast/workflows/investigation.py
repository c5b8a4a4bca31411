"""Stage 3, investigation: ask every source at once, then let the model or the ranker say what would explain it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import (
    DIAGNOSE,
    PLAN_EVIDENCE,
    RANK_CAUSES,
    DiagnosisRequest,
    EvidencePlan,
    EvidencePlanRequest,
    ModelRequest,
    ModelTurn,
)
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.timeline import EntryKind
from holdfast.workflows import calls, names, options
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


def keep(walk: Walk, items: tuple[Evidence, ...]) -> None:
    """Add evidence to the document, each id once, newest last, and note what did not answer."""
    fresh = {e.evidence_id for e in items}
    walk.change(evidence=(*(e for e in walk.incident.evidence if e.evidence_id not in fresh), *items))
    for item in items:
        if not item.present:
            walk.lacks(f"{item.title or item.source} could not be fetched: {item.missing}")


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
    walk.memory.latest = tuple(e.evidence_id for e in items)
    answered = sum(e.present for e in items)
    walk.note(EntryKind.EVIDENCE, f"{answered} of {len(items)} sources answered", refs=walk.memory.latest)


async def _diagnose(walk: Walk) -> Diagnosis:
    """The model when there is one and it answers; else the ranker, which then says why it was asked."""
    if not walk.settings.use_model:
        return await _rank(walk)
    try:
        return await _think(walk)
    except ActivityError as e:
        why, cost = calls.reason(e), calls.spent(e)
    if cost.calls:
        walk.change(usage=walk.incident.usage.plus(cost))
    ranked = await _rank(walk)
    return ranked.model_copy(update={"notes": (*ranked.notes, f"the model did not answer ({why}); the ranker did")})


async def _rank(walk: Walk) -> Diagnosis:
    return await calls.compute(RANK_CAUSES, _case(walk), Diagnosis, summary="rank causes")


async def _think(walk: Walk) -> Diagnosis:
    """Let the model think in bounded turns; each turn and each tool call it asks for is an activity of its own."""
    new, transcript, spent = walk.memory.latest, "", 0
    rounds = walk.settings.model_rounds
    for turn in range(1, rounds + 1):
        request = ModelRequest(
            case=_case(walk),
            new_evidence=new,
            transcript_ref=transcript,
            turn=turn,
            last_turn=turn == rounds,
            tokens_left=max(0, walk.settings.model_tokens - spent),
            trace_id=walk.incident.trace_id,
        )
        said = await calls.do(calls.Errand(DIAGNOSE, f"turn {turn}", names.LLM), request, ModelTurn, options.THINK)
        if said.diagnosis is not None:
            return said.diagnosis
        walk.change(usage=walk.incident.usage.plus(said.usage))
        spent += said.usage.prompt_tokens + said.usage.completion_tokens
        new, transcript = await _fetch_wanted(walk, said), said.transcript_ref
    return await _rank(walk)


async def _fetch_wanted(walk: Walk, said: ModelTurn) -> tuple[str, ...]:
    known = {e.evidence_id for e in walk.incident.evidence}
    wanted = tuple(r for r in said.wants if r.evidence_id not in known)
    items = await calls.look_at_all(walk, wanted)
    keep(walk, items)
    walk.memory.latest = (*walk.memory.latest, *(e.evidence_id for e in items))
    walk.note(EntryKind.EVIDENCE, f"the model asked for {len(items)} more", refs=tuple(e.evidence_id for e in items))
    return tuple(e.evidence_id for e in items)


def _case(walk: Walk) -> DiagnosisRequest:
    return DiagnosisRequest(
        service=walk.service,
        dependencies=walk.memory.dependencies,
        alerts=walk.incident.alerts,
        evidence=walk.latest_evidence,
        attempts=walk.incident.attempts,
        at=workflow.now(),
    )
