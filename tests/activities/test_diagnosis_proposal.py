"""What of a model's word is believed: checks, normalised confidences, and what it can never say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.activities.diagnosis.words.believing import diagnosis_of
from holdfast.activities.diagnosis.words.checking import kept, problems
from holdfast.activities.diagnosis.words.proposal import KINDS, ActionKind, Bounds, Proposal, parse
from holdfast.activities.diagnosis.words.questions import requests_of
from holdfast.domain.action import TOOLS
from holdfast.domain.attempt import Attempt, AttemptState, Verification
from holdfast.domain.diagnosis import Cause, Usage
from holdfast.domain.evidence import Evidence, EvidenceKind
from tests.activities.thinking import LOOKS, hypothesis, reply, up_of, want
from tests.analysis.answers import SERVICE
from tests.examples import AT, alert, rollback


def evidence(ref: str, **fields: object) -> Evidence:
    base = {"evidence_id": ref, "kind": EvidenceKind.LOGS, "source": "monitoring.query_logs", "query": "{}"}
    return Evidence.model_validate({**base, "service": "checkout", "fetched_at": AT, **fields})


CASE = DiagnosisRequest(service=SERVICE, alerts=(alert(),), evidence=(evidence("ev-1"), evidence("ev-2")), at=AT)
BOUNDS = Bounds(CASE, LOOKS, last_turn=False)
OWN_LOGS = {"service": "checkout", "environment": "production"}


def said(*hypotheses: dict[str, object], **fields: object) -> Proposal:
    parsed = parse(reply(*hypotheses, **fields), Proposal)  # type: ignore[arg-type] # tests script any reply
    assert isinstance(parsed, Proposal)
    return parsed


def test_the_kinds_a_model_can_name_are_those_of_the_catalogue() -> None:
    """No action can be suggested that the house does not know."""
    assert {kind.value for kind in ActionKind} == set(TOOLS)


def test_a_cause_outside_the_vocabulary_does_not_parse() -> None:
    """The vocabulary is closed."""
    assert isinstance(parse(reply(hypothesis(CASE, cause="gremlins")), Proposal), list)


def test_a_citation_of_what_did_not_answer_is_refused() -> None:
    """A source that failed says nothing that a claim could stand on."""
    case = CASE.model_copy(update={"evidence": (evidence("ev-1"), evidence("ev-2", missing="timeout"))})
    found = problems(said(hypothesis(CASE)), Bounds(case, LOOKS, last_turn=False))
    assert len(found) == 1
    assert "ev-2" in found[0]


def test_a_claim_without_evidence_is_refused() -> None:
    """Every hypothesis cites something."""
    assert "cite what it stands on" in problems(said(hypothesis(CASE, evidence=[])), BOUNDS)[0]


def test_a_service_out_of_reach_is_refused() -> None:
    """The cause lies at the service or at what it depends on; nothing else was looked at."""
    assert "hypotheses.0.service" in problems(said(hypothesis(CASE, service="billing")), BOUNDS)[0]
    assert problems(said(hypothesis(CASE, service="orders-db")), BOUNDS) == []


@pytest.mark.parametrize("confidence", [-0.1, 1.1, 70])
def test_a_confidence_that_is_no_probability_is_refused(confidence: float) -> None:
    """Seventy is not 70 %."""
    assert "probability" in problems(said(hypothesis(CASE, confidence=confidence)), BOUNDS)[0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_confidences_never_sum_to_more_than_one(confidences: list[float]) -> None:
    """However sure a model is, its hypotheses share one certainty, best first."""
    proposal = said(*(hypothesis(CASE, confidence=c, target=str(n)) for n, c in enumerate(confidences)))
    found = diagnosis_of(proposal, BOUNDS, "m", Usage()).hypotheses
    assert sum(h.confidence for h in found) <= 1 + 0.001 * len(found)
    assert [h.confidence for h in found] == sorted((h.confidence for h in found), reverse=True)
    assert all(h.confidence <= 0.95 for h in found)


def test_a_hypothesis_whose_remedy_did_not_help_is_left_out() -> None:
    """A model may not propose again what was disproved."""
    failed = Attempt(
        action=rollback(),
        grant_id="g",
        plan_hash="p",
        state=AttemptState.DONE,
        started_at=AT,
        ended_at=AT,
        verification=Verification(recovered=False),
    )
    bounds = Bounds(CASE.model_copy(update={"attempts": (failed,)}), LOOKS, last_turn=False)
    proposal = said(hypothesis(CASE), hypothesis(CASE, cause="cpu_saturation", confidence=0.2))
    found = diagnosis_of(proposal, bounds, "m", Usage())
    assert [h.cause for h in found.hypotheses] == [Cause.CPU_SATURATION]
    assert "disproved" in found.notes[0]


def test_secrets_and_controls_in_a_models_words_are_not_shown() -> None:
    """What it repeats from somewhere is cleaned like any other text."""
    proposal = said(hypothesis(CASE, statement="password=hunter2hunter\x1b[31m\nis\u202e wrong"))
    best = diagnosis_of(proposal, BOUNDS, "m", Usage()).best
    assert best is not None
    assert best.statement == "password=[redacted:secret] is wrong"


def test_at_most_four_questions_a_turn() -> None:
    """A turn is bounded in tools as it is in tokens."""
    wants = [want(arguments=json.dumps({"query": up_of("orders-db", instance=str(n))})) for n in range(5)]
    assert "at most 4" in problems(said(wants=wants), BOUNDS)[0]


def test_a_question_keeps_the_range_it_names() -> None:
    """So that evidence says over which time it was asked; nonsense leaves it out for the tool to judge."""
    span = json.dumps(
        {"filters": {**OWN_LOGS, "start": "2026-03-01T02:00:00+00:00", "end": "2026-03-01T03:00:00+00:00"}}
    )
    asked = requests_of(said(wants=[want(tool="monitoring.query_logs", arguments=span)]).wants, BOUNDS)[0]
    assert asked.range is not None
    assert asked.range.end == AT
    assert requests_of(said(wants=[want()]).wants, BOUNDS)[0].range is None
    assert requests_of(said(wants=[want()]).wants, Bounds(CASE, LOOKS, last_turn=True)) == ()


def test_only_tools_whose_answers_can_be_read_may_be_asked() -> None:
    """Both must hold: the configuration says it looks, and analysis knows what it brings."""
    assert set(BOUNDS.askable) == LOOKS & KINDS.keys()
    assert "odd.look" not in BOUNDS.askable


def test_a_claim_that_stays_wrong_is_dropped_and_the_others_stand() -> None:
    """An invented id takes its own claim with it and no more."""
    proposal = said(hypothesis(CASE), hypothesis(CASE, cause="network", evidence=["ev-invented"]))
    left = kept(proposal, BOUNDS)
    assert isinstance(left, Proposal)
    assert [h.cause for h in left.hypotheses] == [Cause.BAD_RELEASE]
    assert problems(left, BOUNDS) == []
