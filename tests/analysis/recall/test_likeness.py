"""Which past incident is found first, and why it is said to be alike."""

from datetime import timedelta
from typing import Any

import pytest

from holdfast.analysis.recall.likeness import cosine, jaccard, most_similar, with_meaning
from holdfast.analysis.recall.outcomes import Track, smoothed, tracks
from holdfast.analysis.recall.past import Past, Present, Tried
from tests.examples import AT

ASKED = Present(service="checkout", alert="HighErrorRate", text="12% of requests fail", templates=frozenset({"a <*>"}))


def past(key: str = "k", **fields: Any) -> Past:
    base: dict[str, Any] = {
        "key": key,
        "service": "checkout",
        "alert": "HighErrorRate",
        "cause": "bad_release",
        "text": "many requests fail",
        "closed_at": AT,
        "templates": frozenset({"a <*>", "b"}),
        "worked": True,
    }
    return Past(**{**base, **fields})


def test_the_same_trouble_is_told_with_its_reasons() -> None:
    """Each part is there to be checked."""
    (match,) = most_similar(ASKED, [past()], AT)
    assert match.why == "words 100%; same service; same alert; log templates 50%; its remedy worked"
    assert match.parts["recency"] == 1
    assert 0.8 < match.similarity < 1


@pytest.mark.parametrize(
    "worse",
    [
        {"service": "cart"},
        {"alert": "Slow"},
        {"templates": frozenset({"c"})},
        {"text": "disk full"},
        {"worked": False},
        {"closed_at": AT - timedelta(days=300)},
    ],
    ids=lambda w: next(iter(w)),
)
def test_each_part_counts(worse: dict[str, Any]) -> None:
    """The one that differs in it comes second."""
    assert [m.past.key for m in most_similar(ASKED, [past("a", **worse), past("b")], AT)] == ["b", "a"]


def test_what_was_not_asked_about_counts_for_nothing() -> None:
    """A question by service alone is fully answered by the service."""
    (match,) = most_similar(Present(service="checkout"), [past()], AT)
    assert match.similarity == pytest.approx(1)


def test_success_and_freshness_make_no_stranger_alike() -> None:
    """Only what is alike is ordered by them."""
    stranger = past(service="images", alert="DiskFull", text="disk", templates=frozenset())
    assert most_similar(ASKED, [stranger], AT) == []


def test_a_memory_from_the_future_and_an_empty_question_break_nothing() -> None:
    """Clocks differ, and people ask nothing."""
    (match,) = most_similar(ASKED, [past(closed_at=AT + timedelta(hours=1))], AT)
    assert match.parts["recency"] == 1
    assert most_similar(Present(), [past()], AT) == []
    assert most_similar(ASKED, [], AT) == []


def test_equals_keep_one_order() -> None:
    """The same question has the same answer."""
    keys = [m.past.key for m in most_similar(ASKED, [past("b"), past("a"), past("c")], AT, limit=2)]
    assert keys == ["a", "b"]


def test_meaning_joins_the_parts() -> None:
    """A cosine below nought says no more than nought."""
    (match,) = most_similar(ASKED, [past()], AT)
    near, far = with_meaning(match, 0.9, AT), with_meaning(match, -0.9, AT)
    assert near.similarity > far.similarity
    assert "meaning 90%" in near.why
    assert far.parts["meaning"] == 0


def test_overlap_and_angle() -> None:
    """By hand."""
    assert jaccard(frozenset("ab"), frozenset("bc")) == pytest.approx(1 / 3)
    assert jaccard(frozenset(), frozenset()) == 0
    assert cosine([1, 0], [1, 1]) == pytest.approx(0.5**0.5)
    assert cosine([0, 0], [1, 1]) == 0
    with pytest.raises(ValueError, match="argument"):
        cosine([1], [1, 2])


def test_outcomes_are_counted_by_cause_and_action_here_before_elsewhere() -> None:
    """Each remedy that was verified, also those of one incident that needed two."""
    restarted, rolled = Tried("restart_deployment", worked=False), Tried("rollback_deployment", worked=True)
    pasts = [
        past("1", tried=(restarted, rolled)),
        past("2", tried=(rolled,)),
        past("3", service="cart", tried=(rolled,)),
    ]
    assert tracks("checkout", pasts) == [
        Track("bad_release", "rollback_deployment", worked=2, failed=0),
        Track("bad_release", "restart_deployment", worked=0, failed=1),
        Track("bad_release", "rollback_deployment", worked=1, failed=0, here=False),
    ]


def test_one_success_is_no_certainty() -> None:
    """Laplace's rule of succession."""
    assert (smoothed(0, 0), smoothed(1, 0), smoothed(0, 1)) == (1 / 2, 2 / 3, 1 / 3)
