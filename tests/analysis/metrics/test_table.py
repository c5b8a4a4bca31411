"""Many series on one clock, whatever they came with."""

import numpy as np
import pytest

from holdfast.analysis.metrics.table import Column, Table, aligned
from holdfast.analysis.numbers.series import Series

CPU, MEMORY = Column("a", "cpu_ratio"), Column("a", "memory_bytes")
RESTARTS = Column("a", "restarts_total")


def series(times: list[float], values: list[float]) -> Series:
    """Return points as a series."""
    return Series(np.array(times, dtype=np.float64), np.array(values, dtype=np.float64))


def test_mixed_steps_meet_on_the_coarser_one_by_their_mean() -> None:
    """Four points of 15 s become one of a minute."""
    fine = series([0, 15, 30, 45, 60, 75, 90, 105], [1, 2, 3, 4, 5, 6, 7, 8])
    table = aligned({CPU: fine, MEMORY: series([0, 60], [10, 20])})
    assert table.times.tolist() == [0, 60]
    assert table.values.tolist() == [[2.5, 10], [6.5, 20]]


def test_a_step_without_points_is_a_gap() -> None:
    """It is not filled with what somebody guesses."""
    table = aligned({CPU: series([0, 10, 20, 50], [1, 2, 3, 4]), MEMORY: series([0, 10], [1, 1])})
    assert table.values[:3, 0].tolist() == [1, 2, 3]
    assert np.isnan(table.values[3:5, 0]).all()
    assert table.values[5, 0] == 4


def test_a_counter_that_starts_again_from_zero_has_grown_by_what_it_shows() -> None:
    """5, 7, then 1 after a restart: it grew by 2 and by 1."""
    table = aligned({RESTARTS: series([0, 10, 20], [5, 7, 1])})
    assert table.values[:, 0].tolist() == [2, 1]


def test_a_clock_gone_wrong_does_not_fill_the_memory() -> None:
    """A point of 1970 beside one of today."""
    assert len(aligned({CPU: series([0.0, 1.7e9], [1, 2]), MEMORY: series([1.7e9, 1.7e9 + 15], [1, 1])})) <= 20_001


@pytest.mark.parametrize("times", [[], [5.0]])
def test_no_point_and_one_point_make_a_table(times: list[float]) -> None:
    """As many rows as there were points."""
    assert len(aligned({CPU: series(times, [1.0] * len(times))})) == len(times)


def test_a_series_without_points_beside_others_is_all_gap() -> None:
    """Its column stays, so that it can be told to be missing."""
    table = aligned({CPU: series([], []), MEMORY: series([0, 10], [1, 2])})
    assert np.isnan(table.values[:, 0]).all()
    assert table.of("b", "cpu_ratio") is None


@pytest.mark.parametrize(
    ("columns", "times", "field"),
    [((CPU,), [0.0, 1.0], "values"), ((CPU, CPU), [0.0], "columns"), ((CPU, MEMORY), [1.0, 1.0], "times")],
)
def test_a_table_that_makes_no_sense_is_refused_with_the_field(
    columns: tuple[Column, ...], times: list[float], field: str
) -> None:
    """Its shape, a column twice, or a clock that stands still."""
    with pytest.raises(ValueError, match=field):
        Table(columns, np.array(times), np.zeros((len(times), 2)))
