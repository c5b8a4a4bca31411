"""How far a model is believed: confidences go down, never up, and nothing is added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.credence import UNCORROBORATED, Doubt, bounded, doubted
from holdfast.domain.diagnosis import Cause, Diagnosis, Hypothesis
from tests.examples import hypothesis

SERVICES = st.sampled_from(["checkout", "orders-db"])
HYPOTHESES = st.builds(
    Hypothesis,
    hypothesis_id=st.sampled_from(["a", "b", "c"]),
    cause=st.sampled_from(list(Cause)),
    service=SERVICES,
    statement=st.just("s"),
    confidence=st.floats(0, 1),
    evidence=st.just(("ev-1",)),
)
DIAGNOSES = st.builds(
    Diagnosis,
    method=st.just("model:m"),
    hypotheses=st.lists(HYPOTHESES, max_size=4, unique_by=lambda h: h.hypothesis_id).map(tuple),
)
DOUBTS = st.lists(st.builds(Doubt, hypothesis_id=st.sampled_from("abcd"), confidence=st.floats(0, 1)), max_size=4)


def said(*hypotheses: Hypothesis) -> Diagnosis:
    return Diagnosis(method="model:m", hypotheses=hypotheses)


def test_a_confidence_is_at_most_the_rankers() -> None:
    """The ranker's is calibrated; a model's is a word."""
    believed = bounded(said(hypothesis(confidence=0.95)), said(hypothesis(confidence=0.6)))
    assert [h.confidence for h in believed.hypotheses] == [0.6]
    assert believed.notes == ()


def test_a_cause_that_only_the_model_names_is_left_to_people() -> None:
    """It stays, below what any action may stand on, and it is told that the model is alone."""
    believed = bounded(said(hypothesis(confidence=0.95)), said())
    assert [h.confidence for h in believed.hypotheses] == [UNCORROBORATED]
    assert "the model alone" in believed.notes[0]


def test_a_model_alone_calls_nothing_healthy() -> None:
    """That would end the incident."""
    healthy = hypothesis(cause=Cause.HEALTHY)
    assert bounded(said(healthy), said()).best is None
    assert bounded(said(healthy), said(healthy)).best is not None


def test_a_doubt_lowers_and_does_not_reorder() -> None:
    """Who talks a sceptic out of the first cause does not choose what is planned: what was behind stays behind."""
    first, second = hypothesis(hypothesis_id="a", confidence=0.7), hypothesis(hypothesis_id="b", confidence=0.3)
    after = doubted(said(first, second), [Doubt(hypothesis_id="a", confidence=0.1, why="it began before the release")])
    assert [(h.hypothesis_id, h.confidence) for h in after.hypotheses] == [("a", 0.1), ("b", 0.1)]
    assert "it began before the release" in after.notes[0]


def test_incidents_begun_before_go_on_as_they_did() -> None:
    """Replay."""
    first, second = hypothesis(hypothesis_id="a", confidence=0.7), hypothesis(hypothesis_id="b", confidence=0.3)
    after = doubted(said(first, second), [Doubt(hypothesis_id="a", confidence=0.1)], reordering=True)
    assert [(h.hypothesis_id, h.confidence) for h in after.hypotheses] == [("b", 0.3), ("a", 0.1)]


@pytest.mark.parametrize(
    ("doubt", "left"),
    [
        (0.2, [("b", UNCORROBORATED)]),
        (0.4, [("b", UNCORROBORATED)]),
        (0.6, [("a", 0.6), ("b", 0.5)]),
        (1.0, [("a", 0.9), ("b", 0.5)]),
    ],
)
def test_a_doubted_healthy_ends_no_incident(doubt: float, left: list[tuple[str, float]]) -> None:
    """It is left out where it is unlikely, or not the likeliest, and people are asked about the others."""
    well = hypothesis(hypothesis_id="a", cause=Cause.HEALTHY, confidence=0.9)
    after = doubted(
        said(well, hypothesis(hypothesis_id="b", confidence=0.5)), [Doubt(hypothesis_id="a", confidence=doubt)]
    )
    assert [(h.hypothesis_id, h.confidence) for h in after.hypotheses] == left


@given(DIAGNOSES, DIAGNOSES)
def test_bounding_never_raises_and_never_adds(one: Diagnosis, other: Diagnosis) -> None:
    """Whatever both say."""
    before = {h.hypothesis_id: h for h in one.hypotheses}
    after = bounded(one, other)
    assert all(h.confidence <= before[h.hypothesis_id].confidence for h in after.hypotheses)
    assert all(h == before[h.hypothesis_id].model_copy(update={"confidence": h.confidence}) for h in after.hypotheses)


@given(DIAGNOSES, DOUBTS)
def test_a_sceptic_only_lowers(one: Diagnosis, doubts: list[Doubt]) -> None:
    """The same hypotheses stay in their order, but for a first `healthy`, each with no more confidence than before."""
    before = {h.hypothesis_id: h for h in one.hypotheses}
    after = doubted(one, doubts)
    assert [h.hypothesis_id for h in after.hypotheses] in (list(before), list(before)[1:])
    assert len(after.hypotheses) == len(before) or one.hypotheses[0].cause is Cause.HEALTHY
    assert all(h == before[h.hypothesis_id].model_copy(update={"confidence": h.confidence}) for h in after.hypotheses)
    assert all(h.confidence <= before[h.hypothesis_id].confidence for h in after.hypotheses)
    assert list(after.hypotheses) == sorted(after.hypotheses, key=lambda h: -h.confidence)
