"""The case of a diagnosis out of Temporal's history: what was asked, what each question brought, the conclusion."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from holdfast.activities.contracts import (
    DIAGNOSE,
    PLAN_EVIDENCE,
    RANK_CAUSES,
    RECORD_INCIDENT,
    DiagnosisRequest,
    EvidencePlan,
    ModelRequest,
    ModelTurn,
)
from holdfast.domain.attempt import Attempt
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import Incident
from holdfast.domain.service import Service
from holdfast.workers.rediagnosis.recorded import RecordedCase, as_of, of_document
from holdfast.workflows.walk import Memory

DEPENDENCIES = "catalog.get_dependencies"
Event = dict[str, Any]


def read_case(history: dict[str, Any]) -> RecordedCase:
    """Return the case of the last diagnosis in a history.

    Args:
        history: what `temporal workflow show --output json` prints, as parsed JSON.

    Raises:
        ValueError: when it holds no diagnosis of ours, or nothing that this version can read.
    """
    reading = _Reading()
    try:
        for event in history.get("events", []):
            reading.take(event)
    except ValidationError as e:
        first = e.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
    except (KeyError, IndexError, TypeError, AttributeError) as e:
        raise ValueError(f"no history as ours are ({type(e).__name__}: {e})") from e
    return reading.case()


@dataclass
class _Concluded:
    """One diagnosis and what was known when it was made; `silent` are questions that nothing answered."""

    diagnosis: Diagnosis
    at: datetime
    evidence: tuple[Evidence, ...]
    silent: frozenset[str] = frozenset()
    request: DiagnosisRequest | None = None


@dataclass
class _Reading:
    """What is known so far of a history that is read event by event."""

    at: datetime | None = None
    answers: dict[str, Evidence] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dependencies: tuple[Service, ...] = ()
    document: Incident | None = None
    at_diagnosis: Incident | None = None
    concluded: _Concluded | None = None
    number: str = ""
    scheduled: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Learn from one event."""
        for name, learn in _LEARN.items():
            if name in event:
                learn(self, event, event[name])

    def case(self) -> RecordedCase:
        """Return what was learnt of the last diagnosis."""
        document = self.at_diagnosis or self.document
        if document is None:
            raise ValueError("it holds no diagnosis")
        if self.concluded is None:  # the run before it did, and carried the document here
            return of_document(document)
        return RecordedCase(
            number=self.number or document.number,
            workflow_id=document.workflow_id,
            case=self.concluded.request or self._request(self.concluded, document),
            diagnosis=self.concluded.diagnosis,
            answers=tuple(self.answers.values()),
        )

    def _request(self, concluded: _Concluded, document: Incident) -> DiagnosisRequest:
        at, key = concluded.at, document.key
        return DiagnosisRequest(
            service=document.service or Service(name=key.service, environment=key.environment, known=False),
            dependencies=self.dependencies,
            alerts=tuple(as_of(a, at) for a in document.alerts),
            evidence=(*concluded.evidence, *(e for e in document.evidence if e.evidence_id in concluded.silent)),
            attempts=tuple(a for a in document.attempts if _over(a, at)),
            at=at,
        )

    def conclude(self, diagnosis: Diagnosis, request: DiagnosisRequest | None = None) -> None:
        """Remember a diagnosis; the document that is recorded next tells the alerts as they stood."""
        if self.at is None:
            raise KeyError("workflowTaskStartedEventAttributes")
        seen = tuple(self.answers[ref] for ref in self.asked if ref in self.answers)
        silent = frozenset(self.asked) - self.answers.keys()
        self.concluded, self.at_diagnosis = _Concluded(diagnosis, self.at, seen, silent, request), None


def _over(attempt: Attempt, at: datetime) -> bool:
    return attempt.ended_at <= at


def _started(reading: _Reading, _: Event, started: Event) -> None:
    """A run that continues another carries what was known."""
    carried = _payload(started["input"]).get("carried")
    if carried:
        memory = Memory.model_validate(carried)
        reading.document, reading.dependencies = memory.incident, memory.dependencies
        reading.answers = {e.evidence_id: e for e in memory.incident.evidence}
        reading.asked = list(memory.latest)


def _task(reading: _Reading, event: Event, _: Event) -> None:
    """The workflow's clock stands still within one of its tasks."""
    reading.at = datetime.fromisoformat(event["eventTime"])


def _asked(reading: _Reading, event: Event, asked: Event) -> None:
    name = asked["activityType"]["name"]
    reading.scheduled[str(event["eventId"])] = (name, asked.get("input"))
    if name == RECORD_INCIDENT:
        reading.document = Incident.model_validate(_payload(asked["input"])["incident"])
        reading.at_diagnosis = reading.at_diagnosis or (reading.document if reading.concluded else None)


def _answered(reading: _Reading, _: Event, answered: Event) -> None:
    name, given = reading.scheduled.get(str(answered["scheduledEventId"]), ("", None))
    result = _payload(answered["result"]) if answered.get("result") else {}
    if name == RECORD_INCIDENT:
        reading.number = str(result.get("number") or reading.number)
    elif name == DEPENDENCIES:
        listed = (result.get("data") or {}).get("dependencies") or []
        reading.dependencies = tuple(Service.model_validate(d) for d in listed)
    elif name == DIAGNOSE:
        _thought(reading, ModelRequest.model_validate(_payload(given)), ModelTurn.model_validate(result))
    elif result.get("evidence"):
        evidence = Evidence.model_validate(result["evidence"])
        reading.answers[evidence.evidence_id] = evidence


def _thought(reading: _Reading, request: ModelRequest, turn: ModelTurn) -> None:
    reading.asked += [want.evidence_id for want in turn.wants if want.evidence_id not in reading.asked]
    if turn.diagnosis is not None:
        reading.conclude(turn.diagnosis, request.case)


def _marked(reading: _Reading, _: Event, marked: Event) -> None:
    """A local activity leaves a marker with its name and its answer."""
    details = marked.get("details") or {}
    if marked.get("markerName") != "core_local_activity" or "result" not in details:
        return
    name, result = _payload(details["data"])["activity_type"], _payload(details["result"])
    if name == PLAN_EVIDENCE:
        reading.asked = [q.evidence_id for q in EvidencePlan.model_validate(result).requests]
    elif name == RANK_CAUSES:
        reading.conclude(Diagnosis.model_validate(result))


_LEARN: dict[str, Callable[[_Reading, Event, Event], None]] = {
    "workflowExecutionStartedEventAttributes": _started,
    "workflowTaskStartedEventAttributes": _task,
    "activityTaskScheduledEventAttributes": _asked,
    "activityTaskCompletedEventAttributes": _answered,
    "markerRecordedEventAttributes": _marked,
}


def _payload(payloads: dict[str, Any]) -> dict[str, Any]:
    """Decode the first payload of a list; JSON in base64, as protobuf's own JSON form writes bytes."""
    parsed: dict[str, Any] = json.loads(base64.b64decode(payloads["payloads"][0]["data"]))
    return parsed
