"""Stage 8, verification: the same signals before and after, looked at again until they held or the looks ran out."""

import json
from datetime import datetime, timedelta

from pydantic import JsonValue
from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import VERIFY_RECOVERY, VerifyAnswer, VerifyRequest
from holdfast.domain.attempt import Verification
from holdfast.domain.evidence import Evidence, EvidenceKind, EvidenceRequest, Range
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.timeline import EntryKind
from holdfast.workflows import calls
from holdfast.workflows.gathering import keep
from holdfast.workflows.walk import Phase, Walk

MOST_SIGNALS = 2


async def verify(walk: Walk) -> Phase:
    """Look until the signals have held for the soak time; else turn back."""
    walk.enter(IncidentStatus.VERIFYING)
    verification = await _soak(walk, walk.memory.plan_acted_at or workflow.now())
    _attach(walk, verification, backwards=False)
    walk.note(EntryKind.VERIFICATION, verification.summary or "nothing could be verified", refs=_cited(verification))
    if verification.recovered:
        done = "; ".join(
            sorted({a.action.kind for a in walk.incident.attempts if not a.backwards and a.round == walk.memory.round})
        )
        walk.change(outcome=f"Recovered and verified after: {done}.")
        return Phase.RESOLVE
    return Phase.TURN_BACK


async def after_way_back(walk: Walk, since: datetime) -> None:
    """Look once at the same signals since the way back: people are told how things stand, not how they should."""
    await _pause(walk)
    seen = await _look(walk, since)
    _attach(walk, seen, backwards=True)
    text = f"after the way back: {seen.summary or 'nothing could be verified'}"
    walk.note(EntryKind.VERIFICATION, text, refs=_cited(seen))


async def _soak(walk: Walk, acted_at: datetime) -> Verification:
    """Look up to `verify_looks` times; good looks must span the soak time without a bad one between them."""
    good_since: datetime | None = None
    seen = Verification(recovered=False, unknown=True, summary="no signal answered")
    for _ in range(walk.settings.verify_looks):
        await _pause(walk)
        seen = await _look(walk, acted_at)
        good_since = (good_since or workflow.now()) if seen.recovered else None
        if good_since is not None and workflow.now() - good_since >= walk.settings.soak:
            return seen
    if seen.recovered:
        return seen.model_copy(update={"recovered": False, "summary": f"{seen.summary}; it did not hold long enough"})
    return seen


async def _pause(walk: Walk) -> None:
    if walk.settings.verify_every > timedelta(0):
        await workflow.sleep(walk.settings.verify_every, summary="let the signals settle")


async def _look(walk: Walk, acted_at: datetime) -> Verification:
    before = _signals(walk)
    after = await calls.look_at_all(walk, tuple(_again(e, acted_at, workflow.now()) for e in before))
    keep(walk, after)
    request = VerifyRequest(
        service=walk.service, alerts=walk.incident.alerts, before=before, after=after, acted_at=acted_at
    )
    try:
        answer = await calls.compute(VERIFY_RECOVERY, request, VerifyAnswer, summary="did it help?")
    except ActivityError as e:
        return Verification(recovered=False, unknown=True, summary=f"verification failed: {calls.reason(e)}")
    return answer.verification


def _signals(walk: Walk) -> tuple[Evidence, ...]:
    """Return the metrics to compare: first those that looked wrong, then the service's own, a few in all."""
    metrics = [e for e in walk.planned_evidence if e.kind is EvidenceKind.METRIC and e.present]
    metrics.sort(key=lambda e: (not e.facts.get("anomalous"), e.service != walk.service.name))
    return tuple(metrics[:MOST_SIGNALS])


def _again(before: Evidence, acted_at: datetime, now: datetime) -> EvidenceRequest:
    """Ask the same question about the time since the action, finely enough to see it."""
    start, end = acted_at, max(now, acted_at + timedelta(seconds=1))
    step = max(1, int((end - start).total_seconds() // 120))
    arguments: dict[str, JsonValue] = {
        **_arguments(before),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "step": step,
    }
    return EvidenceRequest(
        kind=before.kind,
        tool=before.source,
        arguments=arguments,
        service=before.service,
        title=f"{before.title} since the action",
        range=Range(start=start, end=end),
    )


def _arguments(evidence: Evidence) -> dict[str, JsonValue]:
    parsed: dict[str, JsonValue] = json.loads(evidence.query)
    return parsed


def _attach(walk: Walk, verification: Verification, *, backwards: bool) -> None:
    """Write what was seen to every attempt of this round that went this way."""
    now = (walk.memory.round, backwards)
    attempts = tuple(
        a.model_copy(update={"verification": verification}) if (a.round, a.backwards) == now else a
        for a in walk.incident.attempts
    )
    walk.change(attempts=attempts)


def _cited(verification: Verification) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ref for check in verification.checks for ref in check.evidence))
