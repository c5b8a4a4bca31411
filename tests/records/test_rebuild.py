"""From a history's JSON back to the document that was recorded last."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.records.rebuild import last_document
from tests.examples import incident

HISTORIES = sorted((Path(__file__).parent.parent / "histories").glob("scenario_*.json"))


def payloads(value: dict[str, Any]) -> dict[str, Any]:
    """Return a payload as protobuf's JSON writes it."""
    return {"payloads": [{"data": base64.b64encode(json.dumps(value).encode()).decode()}]}


def asked(event_id: int, document: Incident, name: str = "record_incident") -> dict[str, Any]:
    """Return the event that an activity was scheduled."""
    request = {"incident": document.model_dump(mode="json")}
    attributes = {"activityType": {"name": name}, "input": payloads(request)}
    return {"eventId": str(event_id), "activityTaskScheduledEventAttributes": attributes}


def answered(event_id: int, scheduled: int, number: str) -> dict[str, Any]:
    """Return the event that it was done."""
    attributes = {"scheduledEventId": str(scheduled), "result": payloads({"number": number})}
    return {"eventId": str(event_id), "activityTaskCompletedEventAttributes": attributes}


def test_the_last_document_and_its_number_come_back() -> None:
    """Also when the last writing was never answered."""
    closed = incident(status=IncidentStatus.CLOSED)
    events = [asked(5, incident()), answered(6, 5, "INC-3"), asked(9, closed)]
    assert last_document({"events": events}) == closed.model_copy(update={"number": "INC-3"})


def test_a_number_from_before_the_history_began_is_kept() -> None:
    """An incident that continued as new carries its number in the document."""
    carried = incident(number="INC-8")
    assert last_document({"events": [asked(5, carried)]}) == carried


def test_other_activities_say_nothing() -> None:
    """Neither their inputs nor their answers are taken for ours."""
    events = [
        asked(5, incident()),
        asked(6, incident(title="other"), name="write_report"),
        answered(7, 6, "INC-9"),
        answered(8, 5, "INC-3"),
    ]
    found = last_document({"events": events})
    assert found is not None
    assert (found.title, found.number) == ("HighErrorRate on checkout", "INC-3")


@pytest.mark.parametrize("history", [{}, {"events": []}, {"events": [{"eventId": "1"}]}])
def test_a_history_that_recorded_nothing_gives_nothing(history: dict[str, Any]) -> None:
    """None, not an error."""
    assert last_document(history) is None


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.stem)
def test_every_recorded_story_gives_its_incident_back(path: Path) -> None:
    """From a real server's histories, with number, timeline and ending."""
    found = last_document(json.loads(path.read_text()))
    assert found is not None
    assert found.number.startswith("INC-")
    assert found.timeline
    assert found.status in {IncidentStatus.CLOSED, IncidentStatus.ESCALATED}
