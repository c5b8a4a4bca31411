"""When two questions are the same in other clothes: neither times, numbers, blanks nor unknown keys disguise one."""

import json
from typing import Any

import pytest

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.activities.diagnosis.words.checking import problems
from holdfast.activities.diagnosis.words.proposal import KINDS, Bounds, Proposal, Wanted
from holdfast.activities.diagnosis.words.questions import requests_of
from holdfast.activities.diagnosis.words.sameness import question
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.noun import canonical_json
from tests.analysis.answers import DATABASE, SERVICE
from tests.examples import AT, alert

METRIC: dict[str, Any] = {
    "source": "",
    "query": 'sum(rate(service:request_rate{environment="production",service="checkout"}[5m])) > 1',
    "start": "2026-03-01T02:30:00+00:00",
    "end": "2026-03-01T03:00:00+00:00",
    "step": 15,
}
FILTERS: dict[str, Any] = {
    "service": "checkout",
    "environment": "production",
    "contains": "time out",
    "start": METRIC["start"],
}
LOGS: dict[str, Any] = {"source": "", "filters": {**FILTERS, "limit": 500}}
PODS: dict[str, Any] = {"namespace": "shop", "pod": "checkout-1", "tail": 200}
ASKED: dict[str, dict[str, Any]] = {
    "monitoring.fetch_metrics": METRIC,
    "monitoring.query_logs": LOGS,
    "kubernetes.get_logs": PODS,
}


def evidence(tool: str, arguments: dict[str, Any]) -> Evidence:
    return Evidence(
        evidence_id=f"ev-{tool}",
        kind=EvidenceKind.LOGS,
        source=tool,
        query=canonical_json(arguments),
        service="checkout",
        fetched_at=AT,
    )


CASE = DiagnosisRequest(
    service=SERVICE,
    dependencies=(DATABASE,),
    alerts=(alert(),),
    evidence=tuple(evidence(tool, arguments) for tool, arguments in ASKED.items()),
    at=AT,
)
BOUNDS = Bounds(CASE, frozenset(KINDS), last_turn=False)


def said(tool: str, *asked: dict[str, Any]) -> Proposal:
    wants = [Wanted(tool=tool, service="checkout", arguments=json.dumps(a), why="x") for a in asked]
    return Proposal(hypotheses=[], wants=wants, missing=[])


SPACED = 'sum( rate(service:request_rate{ service = "checkout", environment=`production`, }[5m]) )>1 # again'
DISGUISES = [
    ("monitoring.fetch_metrics", {"start": "2026-03-01T03:30:00+01:00", "end": "2026-03-01T03:00:00Z"}),
    ("monitoring.fetch_metrics", {"start": 1772332200, "end": "2026-03-01T04:00:00.250+01:00"}),
    ("monitoring.fetch_metrics", {"end": "2026-03-01T03:00:59+00:00"}),
    ("monitoring.fetch_metrics", {"end": "2026-03-01T02:59:01+00:00"}),
    ("monitoring.fetch_metrics", {"step": 15.0}),
    ("monitoring.fetch_metrics", {"step": "15"}),
    ("monitoring.fetch_metrics", {"query": SPACED, "source": None}),
    ("monitoring.query_logs", {"filters": {**FILTERS, "contains": " time  out", "level": "debug"}}),
    ("monitoring.query_logs", {"filters": {**FILTERS, "limit": 500.0, "start": "2026-03-01T02:30:42+00:00"}}),
    ("kubernetes.get_logs", {"previous": False, "tail": 200.0, "container": ""}),
]


@pytest.mark.parametrize(("tool", "change"), DISGUISES)
def test_the_same_question_in_other_clothes_is_the_same(tool: str, change: dict[str, Any]) -> None:
    """It would bring the same answer and cost a turn."""
    assert problems(said(tool, {**ASKED[tool], **change}), BOUNDS) == ["wants.0: this question was asked already"]


@pytest.mark.parametrize(
    ("tool", "change"),
    [
        ("monitoring.fetch_metrics", {"end": "2026-03-01T03:01:00+00:00"}),
        ("monitoring.fetch_metrics", {"end": None}),
        ("monitoring.fetch_metrics", {"start": "2026-03-01T02:30:00+01:00"}),
        ("monitoring.fetch_metrics", {"step": 60}),
        ("monitoring.fetch_metrics", {"query": METRIC["query"].replace("> 1", "> 2")}),
        ("monitoring.query_logs", {"filters": {**FILTERS, "contains": "timeout"}}),
        ("monitoring.query_logs", {"filters": {**FILTERS, "level": "error"}}),
        ("kubernetes.get_logs", {"previous": True}),
        ("kubernetes.get_logs", {"tail": 400}),
    ],
)
def test_another_question_is_another(tool: str, change: dict[str, Any]) -> None:
    """What would bring another answer may be asked."""
    assert problems(said(tool, {**ASKED[tool], **change}), BOUNDS) == []


def test_times_are_as_near_as_the_points_asked_for() -> None:
    """Points every ten minutes are the same ones four minutes later, and blanks in quotes mean something."""
    coarse = {**METRIC, "step": 600}
    later = {**coarse, "end": "2026-03-01T03:04:00+00:00"}
    assert question("monitoring.fetch_metrics", coarse) == question("monitoring.fetch_metrics", later)
    assert question("monitoring.fetch_metrics", METRIC) != question(
        "monitoring.fetch_metrics", {**METRIC, "end": later["end"]}
    )
    one, two = ({**METRIC, "query": f'x{{a="{text}"}}'} for text in ("b c", "bc"))
    assert question("monitoring.fetch_metrics", one) != question("monitoring.fetch_metrics", two)


@pytest.mark.parametrize(
    ("tool", "change", "told"),
    [
        ("monitoring.fetch_metrics", {"salt": 1}, "wants.0.arguments: it knows no 'salt'"),
        (
            "monitoring.query_logs",
            {"filters": {**FILTERS, "text": "x"}},
            "wants.0.arguments.filters: it knows no 'text'",
        ),
    ],
)
def test_an_argument_that_the_tool_does_not_know_is_refused(tool: str, change: dict[str, Any], told: str) -> None:
    """By its name; and it makes no new question of an old one."""
    assert problems(said(tool, {**ASKED[tool], **change}), BOUNDS)[0].startswith(told)
    assert question("kubernetes.get_logs", {**PODS, "salt": 1}) == question("kubernetes.get_logs", PODS)


def test_the_same_question_twice_in_one_reply_is_asked_once() -> None:
    """Two clothes, one question."""
    bounds = Bounds(CASE.model_copy(update={"evidence": ()}), frozenset(KINDS), last_turn=False)
    wants = said("monitoring.fetch_metrics", METRIC, {**METRIC, "query": SPACED, "step": 15.0}).wants
    assert len(requests_of(wants, bounds)) == 1
