"""What of a model's word is not believed: every claim is checked against the evidence, sent back once or dropped."""

from collections.abc import Iterator, Sequence

from holdfast.activities.diagnosis.words.proposal import Bounds, Findings, Found, Proposal, Proposed
from holdfast.activities.diagnosis.words.questions import MOST_WANTS, wrong_with_want
from holdfast.domain.diagnosis import Cause

Claiming = Proposal | Findings


def problems(said: Claiming, bounds: Bounds) -> list[str]:
    """Return everything in `said` that may not be believed, each as a sentence the model can act on."""
    part = "hypotheses" if isinstance(said, Proposal) else "findings"
    found = [f"{part}.{n}.{p}" for n, claim in enumerate(_claims(said)) for p in _wrong_with(claim, bounds)]
    if said.wants and not bounds.last_turn:
        found += [f"wants: at most {MOST_WANTS} a turn"] if len(said.wants) > MOST_WANTS else []
        found += [f"wants.{n}{p}" for n, want in enumerate(said.wants) for p in wrong_with_want(want, bounds)]
    return found or _says_nothing(said, bounds)


def kept(said: Claiming, bounds: Bounds) -> Claiming:
    """Return `said` without the claims and questions that are wrong."""
    wants = [w for w in said.wants if not [*wrong_with_want(w, bounds)]][:MOST_WANTS]
    sound = [c for c in _claims(said) if not [*_wrong_with(c, bounds)]]
    part = "hypotheses" if isinstance(said, Proposal) else "findings"
    return said.model_copy(update={part: sound, "wants": wants})


def _claims(said: Claiming) -> Sequence[Proposed | Found]:
    return said.hypotheses if isinstance(said, Proposal) else said.findings


def _says_nothing(said: Claiming, bounds: Bounds) -> list[str]:
    """A diagnosis must say something; a specialist may have found nothing."""
    asks = said.wants and not bounds.last_turn
    if isinstance(said, Findings) or said.hypotheses or said.missing or asks:
        return []
    return ["reply: give at least one hypothesis, or say under missing what would be needed"]


def _wrong_with(claim: Proposed | Found, bounds: Bounds) -> Iterator[str]:
    if isinstance(claim, Proposed) and not 0 <= claim.confidence <= 1:
        yield "confidence: a probability from 0 to 1"
    if claim.service not in bounds.told:
        yield f"service: one of {', '.join(bounds.told)}"
    invented = sorted(set(claim.evidence) - bounds.citable.keys())
    if invented:
        yield f"evidence: no such evidence as {', '.join(invented[:5])}; cite only ids you were given"
    if not claim.evidence:
        yield "evidence: cite what it stands on"
    if claim.cause is Cause.HEALTHY and (ref := _hurt(bounds)):
        yield f"cause: not healthy while {ref} is anomalous"


def _hurt(bounds: Bounds) -> str:
    """Return the id of a signal of the service that left its baseline, or nothing."""
    own = (e for e in bounds.citable.values() if e.service == bounds.case.service.name)
    return next((e.evidence_id for e in own if e.facts.get("anomalous") is True), "")
