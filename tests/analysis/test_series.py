"""How answers become numbers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.analysis.numbers.series import Series, read_series
from holdfast.analysis.numbers.signals import SIGNALS

ERRORS, RATE, UP, RESTARTS = (SIGNALS[n] for n in ("error_ratio", "request_rate", "up_ratio", "restarts_total"))


def body(*points: list[Any]) -> dict[str, Any]:
    return {"series": [{"labels": {}, "points": p} for p in points]}


def test_gaps_are_left_out_and_points_put_in_order() -> None:
    """A null is no measurement, and a source may answer in any order."""
    found = read_series(body([[30, 3.0], [10, 1.0], [20, None]]), ERRORS)
    assert found.times.tolist() == [10, 30]
    assert found.values.tolist() == [1.0, 3.0]


def test_a_counter_that_falls_began_again_from_zero() -> None:
    """Its growth is what counts, across restarts."""
    found = read_series(body([[0, 7], [1, 9], [2, 1], [3, 4]]), RESTARTS)
    assert found.values.tolist() == [0, 2, 3, 6]


@pytest.mark.parametrize(("signal", "expected"), [(ERRORS, [3, 4, 7]), (UP, [1, 2, 7]), (RATE, [4, 6, 7])])
def test_several_series_are_merged_as_their_signal_adds_up(signal: Any, expected: list[float]) -> None:
    """The worst of ratios, the sum of rates; a point that one series lacks is the other's."""
    found = read_series(body([[1, 1], [2, 2]], [[1, 3], [2, 4], [3, 7]]), signal)
    assert found.values.tolist() == expected


@pytest.mark.parametrize(
    "bad",
    [
        {"series": 1},
        {"series": [1]},
        {"series": [{"points": None}]},
        body([[1]]),
        body([["1", 2.0]]),
        body([[1, "2"]]),
        body([[True, 2.0]]),
        {"series": [{}]},
        {},
    ],
)
def test_an_answer_of_another_shape_is_refused(bad: dict[str, Any]) -> None:
    """What nobody can read is named, not guessed."""
    with pytest.raises((KeyError, TypeError)):
        read_series(bad, ERRORS)


@pytest.mark.parametrize("point", [[1, float("inf")], [float("nan"), 1], [float("inf"), 1]])
def test_infinity_is_refused(point: list[float]) -> None:
    """No mean and no median survives it."""
    with pytest.raises(ValueError, match="not finite"):
        read_series(body([point]), ERRORS)


def test_no_series_is_an_empty_series() -> None:
    """A query that matched nothing is an answer."""
    assert len(read_series({"series": []}, ERRORS)) == 0


def test_a_series_can_be_split_in_time() -> None:
    """The moment itself belongs to what comes after."""
    series = Series(np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 7.0]))
    assert series.until(2).values.tolist() == [5]
    assert series.since(2).values.tolist() == [6, 7]


@given(st.lists(st.integers(0, 1000), max_size=50))
def test_growth_never_falls(values: list[int]) -> None:
    """Whatever a counter does, what it grew only grows."""
    found = read_series(body([[n, v] for n, v in enumerate(values)]), RESTARTS)
    assert (np.diff(found.values) >= 0).all()
