"""How surprising a number of events is, against the same events before."""

import itertools
import math

import pytest

from holdfast.analysis.numbers.rates import chance_of_more


def by_hand(before: int, after: int, share: float) -> float:
    n = before + after
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(after, n + 1))


@pytest.mark.parametrize(("before", "after"), list(itertools.product((0, 1, 7, 40), repeat=2)))
def test_the_chance_is_that_of_the_binomial(before: int, after: int) -> None:
    """Summed by hand, with the later stretch a quarter of the time."""
    assert chance_of_more(before, after, 1800, 600) == pytest.approx(by_hand(before, after, 0.25))


def test_nothing_seen_is_no_surprise_and_very_many_are_certain() -> None:
    """The ends of the scale, with counts that no factorial could hold."""
    assert chance_of_more(0, 0, 60, 60) == chance_of_more(500, 0, 60, 60) == 1.0
    assert chance_of_more(0, 1_000_000, 60, 60) == 0.0
    assert chance_of_more(500_000, 500_000, 60, 60) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("wrong", [(-1, 1, 1, 1), (1, -1, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)])
def test_what_cannot_be_is_refused(wrong: tuple[int, int, float, float]) -> None:
    """Counts below nothing, stretches of no length."""
    with pytest.raises(ValueError, match="out of range"):
        chance_of_more(*wrong)
