"""Which entity moved most, and which of its metrics moved the others."""

import numpy as np
import pytest

from holdfast.analysis.metrics.ranking import rank_around_onset, rank_entities
from holdfast.analysis.metrics.table import Table
from tests.analysis.metrics.made import changed, quiet_table


def halves(table: Table) -> tuple[Table, Table]:
    """Return the first and the second half."""
    return table.rows(0, 60), table.rows(60, 120)


def faulty() -> Table:
    """Return a table in which a service's memory fills from row 60, which costs CPU, and a caller slows down."""
    table = changed(quiet_table(), "user", "memory_bytes", 4e8, since=60)
    return changed(changed(table, "user", "cpu_ratio", 0.75, since=60), "shop", "latency_p99", 0.04, since=60)


def test_the_entity_that_moved_most_comes_first_with_its_deepest_metric() -> None:
    """CPU moved further, but filling memory costs CPU."""
    first, second = rank_entities(*halves(faulty())).suspects
    assert (first.entity, first.metrics) == ("user", ("memory_bytes", "cpu_ratio"))
    assert second.entity == "shop"


def test_without_a_time_the_answer_is_the_same() -> None:
    """The onset is found first."""
    known, found = rank_entities(*halves(faulty())), rank_around_onset(faulty())
    assert [s.entity for s in found.suspects] == [s.entity for s in known.suspects]


def test_nothing_wrong_is_an_answer() -> None:
    """Neither suspects nor confidence."""
    for ranking in (rank_entities(*halves(quiet_table())), rank_around_onset(quiet_table())):
        assert ranking.quiet
        assert ranking.confidence == 0


def test_a_first_that_stands_out_is_surer_than_one_of_two_alike() -> None:
    """Equals are a coin's toss."""
    clear = rank_entities(*halves(changed(quiet_table(), "user", "cpu_ratio", 0.75, since=60)))
    alike = rank_entities(
        *halves(changed(changed(quiet_table(), "user", "cpu_ratio", 0.75, 60), "cart", "cpu_ratio", 0.75, 60))
    )
    assert clear.confidence > 0.75
    assert alike.confidence == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("rows", [0, 1])
def test_too_little_before_or_after_is_quiet(rows: int) -> None:
    """No crash on one sample."""
    table = faulty()
    assert rank_entities(table.rows(0, rows), table.rows(60, 120)).quiet
    assert rank_entities(table.rows(0, 60), table.rows(60, 60)).quiet


def test_tables_of_other_columns_are_refused() -> None:
    """A mistake of the caller."""
    with pytest.raises(ValueError, match="columns"):
        rank_entities(quiet_table(), Table((), np.arange(3.0), np.empty((3, 0))))
