"""How far a model is believed: confidences go down, never up, and nothing is added."""

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


def test_a_doubt_lowers_and_reorders() -> None:
    """The best is what is still the most likely, and the reason is told."""
    first, second = hypothesis(hypothesis_id="a", confidence=0.7), hypothesis(hypothesis_id="b", confidence=0.3)
    after = doubted(said(first, second), [Doubt(hypothesis_id="a", confidence=0.1, why="it began before the release")])
    assert [(h.hypothesis_id, h.confidence) for h in after.hypotheses] == [("b", 0.3), ("a", 0.1)]
    assert "it began before the release" in after.notes[0]


@given(DIAGNOSES, DIAGNOSES)
def test_bounding_never_raises_and_never_adds(one: Diagnosis, other: Diagnosis) -> None:
    """Whatever both say."""
    before = {h.hypothesis_id: h for h in one.hypotheses}
    after = bounded(one, other)
    assert all(h.confidence <= before[h.hypothesis_id].confidence for h in after.hypotheses)
    assert all(h == before[h.hypothesis_id].model_copy(update={"confidence": h.confidence}) for h in after.hypotheses)


@given(DIAGNOSES, DOUBTS)
def test_a_sceptic_only_lowers(one: Diagnosis, doubts: list[Doubt]) -> None:
    """The same hypotheses stay, each with no more confidence than before, best first."""
    before = {h.hypothesis_id: h for h in one.hypotheses}
    after = doubted(one, doubts)
    assert {h.hypothesis_id for h in after.hypotheses} == before.keys()
    assert all(h == before[h.hypothesis_id].model_copy(update={"confidence": h.confidence}) for h in after.hypotheses)
    assert all(h.confidence <= before[h.hypothesis_id].confidence for h in after.hypotheses)
    assert list(after.hypotheses) == sorted(after.hypotheses, key=lambda h: -h.confidence)
