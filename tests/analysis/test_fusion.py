"""From findings to hypotheses: probabilities that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.analysis.causes.finding import STRONGEST, Finding, either
from holdfast.analysis.causes.fusion import CONSEQUENCES, CURVE, LEAST, MOST, STRAIGHT, fuse
from holdfast.domain.diagnosis import Cause

strengths = st.floats(0, 1)
findings = st.builds(
    Finding,
    cause=st.sampled_from(list(Cause)),
    service=st.sampled_from(["a", "b"]),
    strength=st.floats(0, STRONGEST),
    statement=st.just("s"),
    evidence=st.just(("ev-1",)),
)


def finding(cause: Cause, strength: float, service: str = "a", ref: str = "ev-1") -> Finding:
    return Finding(cause, service, strength, f"{cause} {strength}", (ref,))


@given(st.lists(strengths, max_size=6))
def test_independent_signs_add_up_and_never_to_certainty(signs: list[float]) -> None:
    """Together at least as strong as the strongest, and never stronger than evidence can be."""
    together = either(*signs)
    assert together <= STRONGEST
    assert together >= min(STRONGEST, max(signs, default=0.0)) - 1e-9


@given(st.lists(findings, max_size=12))
def test_confidences_leave_room_for_doubt(made: list[Finding]) -> None:
    """They sum to less than one, best first, few, and none too small to mention."""
    told = fuse(made)
    confidences = [h.confidence for h in told]
    assert sum(confidences) < 1
    assert confidences == sorted(confidences, reverse=True)
    assert len(told) <= MOST
    assert all(c >= LEAST for c in confidences)
    assert len({h.hypothesis_id for h in told}) == len(told)


@pytest.mark.parametrize("strength", [0.1, 0.5, 0.85])
def test_a_finding_alone_is_as_sure_as_it_is_strong(strength: float) -> None:
    """A strength is a probability, and stays one, as long as no curve says how often it came true."""
    assert fuse([finding(Cause.STORAGE, strength)], STRAIGHT)[0].confidence == pytest.approx(strength, abs=0.001)


@given(strengths, strengths)
def test_the_curve_keeps_the_order_and_claims_no_more_than_a_finding_may(one: float, other: float) -> None:
    """Stronger stays stronger, and nothing becomes certain."""
    low, high = sorted((min(one, STRONGEST), min(other, STRONGEST)))
    assert CURVE.odds(low) <= CURVE.odds(high) <= STRONGEST / (1 - STRONGEST)


def test_a_guess_is_worth_less_than_it_seems_and_a_proof_more() -> None:
    """As the made incidents have it: what was claimed faintly was mostly wrong."""
    assert fuse([finding(Cause.STORAGE, 0.15)])[0].confidence < 0.17
    assert fuse([finding(Cause.STORAGE, 0.7)])[0].confidence > 0.8


def test_equal_rivals_share() -> None:
    """Two explanations as good as each other: neither is likely by itself."""
    told = fuse([finding(Cause.STORAGE, 0.8), finding(Cause.NETWORK, 0.8)], STRAIGHT)
    assert told[0].confidence == told[1].confidence == pytest.approx(4 / 9, abs=0.001)


def test_the_same_cause_found_twice_is_one_hypothesis_with_both_proofs() -> None:
    """The strongest words, all the evidence."""
    told = fuse([finding(Cause.STORAGE, 0.3, ref="ev-2"), finding(Cause.STORAGE, 0.6)])
    assert [(h.statement, set(h.evidence)) for h in told] == [("storage 0.6", {"ev-1", "ev-2"})]
    assert told[0].confidence > 0.6


def test_a_consequence_steps_back_behind_its_cause() -> None:
    """A crash loop beside an out-of-memory kill is its consequence; alone it stands."""
    both = fuse([finding(Cause.CRASH_LOOP, 0.6), finding(Cause.OUT_OF_MEMORY, 0.8)])
    assert both[0].cause is Cause.OUT_OF_MEMORY
    assert both[0].confidence > 0.7
    assert fuse([finding(Cause.CRASH_LOOP, 0.6)], STRAIGHT)[0].confidence == pytest.approx(0.6)


def test_a_weak_cause_does_not_push_a_strong_consequence_back() -> None:
    """A far-fetched release does not explain a clear crash loop away."""
    told = fuse([finding(Cause.CRASH_LOOP, 0.8), finding(Cause.BAD_RELEASE, 0.1)])
    assert told[0].cause is Cause.CRASH_LOOP
    assert told[0].confidence > 0.75


def test_a_store_that_is_down_steps_back_behind_its_reason() -> None:
    """That it does not serve is what the alert says; that its disk is full is why."""
    told = fuse([finding(Cause.DATABASE_DOWN, 0.87, ref="ev-2"), finding(Cause.STORAGE, 0.4)])
    assert [h.cause for h in told] == [Cause.STORAGE, Cause.DATABASE_DOWN]
    assert told[0].confidence > 0.5
    assert told[0].evidence == ("ev-1", "ev-2")


def test_a_reason_elsewhere_does_not_explain_a_store() -> None:
    """A full disk of the caller takes no database down."""
    told = fuse([finding(Cause.DATABASE_DOWN, 0.87, "b"), finding(Cause.STORAGE, 0.4)])
    assert (told[0].cause, told[0].service) == (Cause.DATABASE_DOWN, "b")


def test_no_cause_explains_itself_away() -> None:
    """The table of consequences has no circles of two."""
    for cause, effects in CONSEQUENCES.items():
        assert all(cause not in CONSEQUENCES.get(effect, frozenset()) for effect in effects)
        assert cause not in effects


def test_nothing_found_is_nothing_claimed() -> None:
    """No findings, no hypotheses."""
    assert fuse([]) == ()
