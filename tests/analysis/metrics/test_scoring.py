"""How far each series left what it usually is."""

import numpy as np
import pytest

from holdfast.analysis.metrics.scoring import scores, usual
from holdfast.analysis.metrics.table import Column, Table
from holdfast.analysis.numbers.series import Floats
from tests.analysis.metrics.made import changed, noise, quiet_table


def score(before: Floats, after: Floats, metric: str = "latency_p99") -> float:
    """Return the score of one series."""
    column = (Column("a", metric),)
    old, new = (Table(column, np.arange(len(v), dtype=np.float64), v.reshape(-1, 1)) for v in (before, after))
    return float(scores(new, usual(old))[0])


def test_a_shift_of_ten_spreads_scores_about_ten() -> None:
    """The interquartile spread estimates the standard deviation, here 3 % and the 2 % of no news."""
    assert score(noise(400, 1.0, 1), noise(40, 1.0, 2) + 0.36) == pytest.approx(10, abs=1.5)


def test_less_latency_and_more_availability_hurt_nobody() -> None:
    """The harmless direction scores nothing to speak of."""
    assert score(noise(100, 1.0, 1), noise(40, 0.5, 2)) < 1
    assert score(noise(100, 0.5, 1), noise(40, 0.9, 2), "availability") < 1


def test_a_metric_of_unknown_meaning_may_move_either_way() -> None:
    """Nobody knows which way hurts."""
    assert score(noise(100, 1.0, 1), noise(40, 0.5, 2), "widgets") > 8
    assert score(noise(100, 1.0, 1), noise(40, 1.5, 2), "widgets") > 8


def test_a_single_spike_is_not_held() -> None:
    """A quarter of the time after must show it."""
    spiked = noise(40, 1.0, 2)
    spiked[7] = 100.0
    assert score(noise(100, 1.0, 1), spiked) < 2


def test_what_rose_from_a_calm_below_its_usual_level_is_measured_from_that_calm() -> None:
    """Load was lower that day; the rise is no smaller for it."""
    rise = np.concatenate((noise(20, 0.8, 2), noise(20, 1.1, 3)))
    assert score(noise(100, 1.0, 1), rise) > 1.5 * score(noise(100, 1.0, 1), noise(40, 1.1, 3))


def test_a_constant_series_that_moves_is_judged_by_its_level() -> None:
    """No spread of its own: 2 % of its level is one."""
    assert score(np.full(50, 100.0), np.full(20, 110.0)) == pytest.approx(5)
    assert score(np.full(50, 100.0), np.full(20, 100.0)) == 0


def test_from_always_zero_to_something_is_far_but_finite() -> None:
    """1 / NO_NEWS."""
    assert score(np.zeros(50), np.full(20, 3.0)) == pytest.approx(50)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (np.ones(1), np.full(20, 9.0)),
        (np.empty(0), np.full(20, 9.0)),
        (np.full(50, np.nan), np.full(20, 9.0)),
        (np.ones(50), np.empty(0)),
        (np.ones(50), np.full(20, np.nan)),
    ],
    ids=["one sample before", "nothing before", "gaps before", "nothing after", "gaps after"],
)
def test_what_cannot_be_known_scores_zero(before: Floats, after: Floats) -> None:
    """No crash, no warning, and no suspect out of nothing."""
    assert score(before, after) == 0


def test_a_gap_here_and_there_changes_little() -> None:
    """Every third point is missing."""
    gappy = noise(90, 1.0, 1)
    gappy[::3] = np.nan
    assert score(gappy, noise(40, 1.5, 2)) == pytest.approx(score(noise(90, 1.0, 1), noise(40, 1.5, 2)), rel=0.3)


def test_a_small_service_s_megabytes_are_judged_by_what_the_others_use() -> None:
    """Ten megabytes more double a small service; no one else would call it news."""
    before = quiet_table(rows=80)
    at = before.columns.index(Column("cart", "memory_bytes"))
    small = before.values.copy()
    small[:, at] *= 0.05
    old = Table(before.columns, before.times, small)
    new = changed(old, "cart", "memory_bytes", 1e7)
    assert scores(new, usual(old))[at] < 4
