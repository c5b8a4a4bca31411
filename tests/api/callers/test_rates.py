"""Rates: a caller has a burst, then a steady share, and takes nothing from the others."""

import pytest

from holdfast.api.callers.rates import MOST_CALLERS, Rates
from holdfast.api.problems import Problem


class Hand:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_beyond_its_burst_is_told_when_to_come_back() -> None:
    """The answer is 429 with whole seconds in Retry-After."""
    rates = Rates(0.5, 3, Hand())
    for _ in range(3):
        rates.take("am")
    with pytest.raises(Problem) as refused:
        rates.take("am")
    assert refused.value.status == 429
    assert refused.value.headers == {"Retry-After": "2"}


def test_a_bucket_fills_again_and_never_above_its_burst() -> None:
    """After a long rest there is one burst, not a day's worth."""
    hand = Hand()
    rates = Rates(10, 2, hand)
    rates.take("am")
    hand.now = 86_400
    rates.take("am")
    rates.take("am")
    with pytest.raises(Problem):
        rates.take("am")


def test_one_noisy_caller_takes_nothing_from_another() -> None:
    """Each has a bucket of its own."""
    rates = Rates(1, 1, Hand())
    rates.take("noisy")
    with pytest.raises(Problem):
        rates.take("noisy")
    rates.take("quiet")


def test_buckets_are_forgotten_before_they_fill_memory() -> None:
    """Only the callers seen last are remembered."""
    rates = Rates(1, 1, Hand())
    for n in range(MOST_CALLERS + 5):
        rates.take(f"caller-{n}")
    assert len(rates._buckets) == MOST_CALLERS
