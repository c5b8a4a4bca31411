"""What an incident's diagnosis stood on, read back from what was recorded of it: its history, or its document."""

from datetime import datetime

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.domain.alert import Alert, AlertStatus
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import Incident
from holdfast.domain.noun import Noun
from holdfast.domain.service import Service
from holdfast.domain.timeline import EntryKind, TimelineEntry


class RecordedCase(Noun):
    """The case as it stood when it was diagnosed last, the diagnosis, and every answer the incident ever got."""

    number: str = ""
    workflow_id: str = ""
    case: DiagnosisRequest
    diagnosis: Diagnosis
    answers: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()


def of_document(incident: Incident) -> RecordedCase:
    """Return the case of the last diagnosis as the incident's own document tells it.

    Raises:
        ValueError: when it was never diagnosed.
    """
    if incident.diagnosis is None:
        raise ValueError("it was never diagnosed")
    told = [e for e in incident.timeline if e.kind is EntryKind.DIAGNOSIS]
    at = told[-1].at if told else incident.updated_at
    asked = [e for e in incident.timeline if e.kind is EntryKind.EVIDENCE and e.at <= at]
    wanted = _wanted(asked) or {e.evidence_id for e in incident.evidence}
    evidence = tuple(e for e in incident.evidence if e.evidence_id in wanted and e.fetched_at <= at)
    notes = ["read from its document: what its dependencies are is known by name alone"]
    if later := len(wanted) - len(evidence):
        notes.append(f"{later} of {len(wanted)} answers were replaced by later looks")
    case = DiagnosisRequest(
        service=_service(incident),
        dependencies=_dependencies(incident),
        alerts=tuple(as_of(a, at) for a in incident.alerts),
        evidence=evidence,
        attempts=tuple(a for a in incident.attempts if a.ended_at <= at),
        at=at,
    )
    return RecordedCase(
        number=incident.number,
        workflow_id=incident.workflow_id,
        case=case,
        diagnosis=incident.diagnosis,
        answers=incident.evidence,
        notes=tuple(notes),
    )


def as_of(alert: Alert, at: datetime) -> Alert:
    """Return the alert as it stood at a moment: what resolved later was firing then."""
    if alert.firing or alert.ends_at is None or alert.ends_at <= at:
        return alert
    return alert.model_copy(update={"status": AlertStatus.FIRING, "ends_at": None})


def _wanted(asked: list[TimelineEntry]) -> set[str]:
    """Return the ids of the last round of looking, with what a model asked for after it."""
    ids: set[str] = set()
    for entry in asked:
        further = entry.text.startswith("the model asked")
        ids = {*ids, *entry.refs} if further else set(entry.refs)
    return ids


def _service(incident: Incident) -> Service:
    key = incident.key
    return incident.service or Service(name=key.service, environment=key.environment, known=False)


def _dependencies(incident: Incident) -> tuple[Service, ...]:
    service = _service(incident)
    return tuple(Service(name=n, environment=service.environment, known=False) for n in service.dependencies)
