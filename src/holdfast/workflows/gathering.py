"""What was gathered so far: evidence joins the document, and the case of a diagnosis is made of the newest."""

from temporalio import workflow

from holdfast.activities.contracts import RANK_CAUSES, DiagnosisRequest
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import Evidence
from holdfast.workflows import calls
from holdfast.workflows.walk import Walk


def keep(walk: Walk, items: tuple[Evidence, ...]) -> None:
    """Add evidence to the document, each id once, newest last, and note what did not answer."""
    fresh = {e.evidence_id for e in items}
    walk.change(evidence=(*(e for e in walk.incident.evidence if e.evidence_id not in fresh), *items))
    for item in items:
        if not item.present:
            walk.lacks(f"{item.title or item.source} could not be fetched: {item.missing}")


def case_of(walk: Walk) -> DiagnosisRequest:
    """Return everything a diagnosis may look at."""
    return DiagnosisRequest(
        service=walk.service,
        dependencies=walk.memory.dependencies,
        alerts=walk.incident.alerts,
        evidence=walk.latest_evidence,
        attempts=walk.incident.attempts,
        at=workflow.now(),
    )


async def rank(walk: Walk) -> Diagnosis:
    """Ask the causal ranker, who bounds the model: what the model chose to look at does not move it."""
    planned = case_of(walk).model_copy(update={"evidence": walk.planned_evidence})
    return await calls.compute(RANK_CAUSES, planned, Diagnosis, summary="rank causes")
