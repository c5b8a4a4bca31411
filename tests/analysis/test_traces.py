"""A trace read, told and ranked: the service that took the time or failed first, unless it is the one asked about."""

import dataclasses
from datetime import timedelta

import pytest
from pydantic import JsonValue

from holdfast.analysis.causes.scene import read_scene
from holdfast.analysis.causes.traces import slow_or_failing_callee
from holdfast.analysis.evidence_plan import Inquiry, plan_evidence
from holdfast.analysis.readings.traces import read_trace, tell_trace
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from tests.analysis.answers import SERVICE, Asked, case
from tests.examples import AT, alert

OWN = SERVICE.name


def body(callee: str, *, seconds: float, error: bool = False) -> dict[str, JsonValue]:
    """A request of the service that calls another one for so long."""
    named = [("a", "", OWN, seconds + 0.02), ("b", "a", OWN, seconds + 0.01), ("c", "b", callee, seconds)]
    spans: list[JsonValue] = [
        {"span_id": i, "parent_id": p, "service": s, "name": i, "start": 1.0, "seconds": t, "error": error}
        for i, p, s, t in named
    ]
    return {"trace_id": "0123456789abcdef", "spans": spans}


def test_the_service_that_took_the_time_and_the_one_that_failed_first_are_told() -> None:
    text, facts = tell_trace(body("stock", seconds=2.0, error=True))
    assert "stock's own" in text
    assert facts["failed"] == ["stock"]


@pytest.mark.parametrize("spans", [[{"span_id": "a"}], [{"start": "1", "seconds": 1.0}], "none"])
def test_a_trace_that_makes_no_sense_is_refused(spans: JsonValue) -> None:
    with pytest.raises((KeyError, TypeError)):
        read_trace({"spans": spans})


def test_a_trace_without_spans_names_nobody() -> None:
    assert tell_trace({"spans": []}) == ("0 spans", {"spans": 0, "slowest": "", "share": 0.0, "failed": []})


def trace(answer: dict[str, JsonValue]) -> Asked:
    arguments: dict[str, JsonValue] = {"source": "", "trace_id": "0123456789abcdef"}
    request = EvidenceRequest(
        kind=EvidenceKind.TRACE, tool="monitoring.fetch_trace", arguments=arguments, service=OWN, title="a request"
    )
    return request, answer


def test_a_callee_that_takes_the_time_is_a_failing_dependency() -> None:
    (found,) = slow_or_failing_callee(read_scene(case(trace(body("stock", seconds=2.0)))))
    assert (found.cause, found.service) == (Cause.DEPENDENCY_FAILURE, "stock")
    assert found.evidence == (trace({})[0].evidence_id,)


def test_one_that_fails_first_is_one_too() -> None:
    (found,) = slow_or_failing_callee(read_scene(case(trace(body("stock", seconds=0.001, error=True)))))
    assert found.service == "stock"
    assert "failed first" in found.statement


def test_the_service_itself_is_never_blamed_by_a_trace_alone() -> None:
    assert not list(slow_or_failing_callee(read_scene(case(trace(body(OWN, seconds=2.0, error=True))))))


def test_a_trace_that_cannot_be_read_is_told_and_breaks_nothing() -> None:
    asked, _ = trace({})
    seen = case((asked, body("stock", seconds=2.0))).observations[0]
    scene = read_scene(dataclasses.replace(case(), observations=(dataclasses.replace(seen, body={"spans": "none"}),)))
    assert not scene.traces
    assert "a request could not be read" in scene.unread[0]


def test_an_alert_that_names_a_request_has_it_fetched_once() -> None:
    named = alert(annotations={"trace_id": "0123456789ABCDEF"})
    asked = plan_evidence(Inquiry(service=SERVICE, alerts=(named, named), at=AT, window=timedelta(minutes=30)))
    assert [q.arguments["trace_id"] for q in asked if q.kind is EvidenceKind.TRACE] == ["0123456789abcdef"]


def test_an_alert_that_names_nonsense_has_no_trace_fetched() -> None:
    named = alert(annotations={"trace_id": "not one"})
    asked = plan_evidence(Inquiry(service=SERVICE, alerts=(named,), at=AT, window=timedelta(minutes=30)))
    assert not [q for q in asked if q.kind is EvidenceKind.TRACE]
