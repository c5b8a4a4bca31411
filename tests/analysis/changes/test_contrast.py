"""A new version is judged against the old one beside it and against the time before, and gaps judge no one."""

import numpy as np
import pytest

from holdfast.analysis.changes.contrast import Kpi, harm, unwell


def share(before: list[float], old: list[float], new: list[float]) -> Kpi:
    """Return a share of failures."""
    return Kpi("failures", True, np.array(before), np.array(old), np.array(new))


def level(before: list[float], old: list[float], new: list[float]) -> Kpi:
    """Return a latency."""
    return Kpi("latency", False, np.array(before), np.array(old), np.array(new))


QUIET = [10.0, 10.5, 9.8, 10.2, 9.9, 10.1]


def test_a_new_version_that_fails_where_the_old_one_serves_does_harm() -> None:
    """Half of its requests against none."""
    assert harm(share([0.0] * 5, [0.0] * 5, [0.5] * 5)) == pytest.approx(0.5)


def test_what_befell_both_versions_is_no_harm_of_the_new_one() -> None:
    """The service is unwell all the same."""
    both = share([0.0] * 5, [0.4] * 5, [0.4] * 5)
    assert harm(both) == 0.0
    assert unwell(both) == pytest.approx(0.4)


def test_a_new_version_is_not_blamed_for_being_slower_than_an_old_one_that_fails_fast() -> None:
    """It is as fast as the service ever was."""
    assert harm(level(QUIET, [1.0, 1.1, 0.9, 1.0], QUIET)) < 0.05


def test_a_slower_new_version_does_harm_the_more_the_slower() -> None:
    """Twice as slow against ten percent."""
    twice, tenth = (harm(level(QUIET, QUIET, [v * f for v in QUIET])) for f in (2.0, 1.1))
    assert twice > 0.5 > tenth > 0.0


def test_without_the_old_version_the_time_before_must_do() -> None:
    """A deployment that was replaced at once."""
    assert harm(share([0.0] * 3, [], [0.3] * 3)) == pytest.approx(0.3)


@pytest.mark.parametrize("kpi", [share([], [], []), share([0.1], [0.1], []), share([], [], [1.0]), level([], [], [3])])
def test_with_nothing_to_compare_there_is_no_harm(kpi: Kpi) -> None:
    """Silence is not health, but it is not failure either."""
    assert harm(kpi) == 0.0


def test_gaps_constants_and_zeros_break_nothing() -> None:
    """A level of 0 has no logarithm, a constant has no spread, one sample has neither."""
    gaps = level([np.nan, 1.0, np.inf], [1.0], [np.nan, 2.0])
    assert 0.0 <= harm(gaps) <= 1.0
    assert harm(level([0.0] * 4, [0.0] * 4, [0.0] * 4)) == 0.0
    assert harm(level([5.0], [5.0], [5.0])) == 0.0


def test_a_new_version_is_silent_when_only_the_old_one_reports() -> None:
    """A service from which nothing comes at all is not known to have a silent new version."""
    assert share([0.0], [0.0], []).silent
    assert not share([0.0], [0.0], [0.0]).silent
    assert not share([0.0], [], []).silent
    assert share([0.0], [0.0], [np.nan]).silent
