"""What moves together, by how much one leads, and how sure that is."""

import numpy as np
import pytest

from holdfast.analysis.numbers.correlation import correlate
from holdfast.analysis.numbers.series import Floats, Series

N = np.arange(160)


def series(values: Floats, start: float = 0.0) -> Series:
    return Series(np.asarray(start + N * 15.0, dtype=np.float64), np.asarray(values, dtype=np.float64))


def walk(seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    return np.asarray(np.convolve(rng.standard_normal(len(N) + 4), np.ones(5) / 5, mode="valid"), dtype=np.float64)


@pytest.mark.parametrize("lag", [-8, -3, 0, 3, 8])
def test_a_planted_lag_is_found_with_its_sign(lag: int) -> None:
    """Positive: the first series leads."""
    base = walk(1)
    later = np.roll(base, lag) + 0.05 * walk(2)
    found = correlate(series(base), series(later))
    assert found is not None
    assert found.lag == pytest.approx(lag * 15)
    assert found.coefficient > 0.8
    assert found.significant


@pytest.mark.parametrize(("lag", "role"), [(-8, "lags"), (0, "simultaneous"), (8, "leads")])
def test_the_first_leads_lags_or_moves_with_the_second(lag: int, role: str) -> None:
    """A lag of at most one step is none."""
    base = walk(1)
    found = correlate(series(base), series(np.roll(base, lag)))
    assert found is not None
    assert found.first == role


@pytest.mark.parametrize("smooth", [1, 5, 20], ids=["white", "smooth", "very smooth"])
def test_the_chance_of_an_accident_counts_the_lags_tried_and_the_points_that_repeat(smooth: int) -> None:
    """Of a hundred pairs that have nothing to do with each other, about one may have p below 1 %, not forty."""
    rng = np.random.default_rng(5)
    pairs = rng.standard_normal((100, 2, len(N) + smooth - 1))
    smoothed = [[series(np.convolve(x, np.ones(smooth), mode="valid")) for x in pair] for pair in pairs]
    told = [correlate(first, second) for first, second in smoothed]
    assert sum(c is not None and c.p < 0.01 for c in told) <= 5


def test_opposite_movement_has_a_negative_coefficient() -> None:
    """Up here, down there."""
    found = correlate(series(walk(1)), series(-walk(1)))
    assert found is not None
    assert found.coefficient == pytest.approx(-1)


@pytest.mark.parametrize("seed", range(3, 9))
def test_what_has_nothing_to_do_with_each_other_is_not_significant(seed: int) -> None:
    """The best of many lags of two random walks still says little."""
    found = correlate(series(walk(seed)), series(walk(seed + 100)))
    assert found is None or not found.significant


def test_series_without_overlap_movement_or_points_have_no_correlation() -> None:
    """None, rather than a number that means nothing."""
    assert correlate(series(walk(1)), series(walk(1), start=1e6)) is None
    assert correlate(series(walk(1)), series(np.ones(len(N)))) is None
    assert correlate(series(walk(1)), Series(np.arange(3.0), np.arange(3.0))) is None


def test_other_grids_are_brought_onto_one() -> None:
    """A source that scrapes every minute correlates with one that scrapes every 15 s."""
    base = walk(1)
    found = correlate(series(base), Series(np.asarray(N[::2] * 15.0, dtype=np.float64), base[::2]))
    assert found is not None
    assert found.significant
