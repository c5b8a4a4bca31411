"""When did it begin, told by many series together."""

import numpy as np
import pytest

from holdfast.analysis.metrics.onset import find_onset
from holdfast.analysis.metrics.table import Table
from tests.analysis.metrics.made import changed, quiet_table


@pytest.mark.parametrize("row", [20, 60, 100])
def test_a_step_in_one_of_nine_series_is_found_where_it_is(row: int) -> None:
    """Within two rows, early, in the middle and late."""
    onset = find_onset(changed(quiet_table(), "shop", "cpu_ratio", 0.3, since=row))
    assert onset is not None
    assert abs(onset.row - row) <= 2
    assert onset.unix == 1000.0 + 10 * onset.row


def test_quiet_series_have_no_onset() -> None:
    """Chance alone is not worth the price of a change point."""
    assert find_onset(quiet_table()) is None


def test_a_spike_is_no_onset() -> None:
    """It does not change the level."""
    spike = np.zeros(120)
    spike[60] = 50.0
    assert find_onset(changed(quiet_table(), "shop", "cpu_ratio", spike)) is None


def test_the_change_that_is_larger_and_shared_wins_over_one_that_is_small() -> None:
    """A drift of one memory before the fault of another service."""
    drifted = changed(quiet_table(), "user", "memory_bytes", 1e7, since=30)
    broken = changed(changed(drifted, "shop", "cpu_ratio", 0.5, since=80), "cart", "latency_p99", 0.2, since=80)
    onset = find_onset(broken)
    assert onset is not None
    assert abs(onset.row - 80) <= 2


def test_gaps_and_constants_do_not_hide_the_onset() -> None:
    """Every fourth row is missing, one series is constant and one was never measured."""
    table = changed(quiet_table(), "shop", "cpu_ratio", 0.3, since=60)
    values = table.values.copy()
    values[::4] = np.nan
    values[:, 0], values[:, 1] = 7.0, np.nan
    onset = find_onset(Table(table.columns, table.times, values))
    assert onset is not None
    assert abs(onset.row - 60) <= 4


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_too_few_rows_have_no_onset(rows: int) -> None:
    """Five either side are needed."""
    assert find_onset(quiet_table().rows(0, rows)) is None
