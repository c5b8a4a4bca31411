"""Whose trouble explains the symptom, when it is known who calls whom."""

import numpy as np
import pytest

from holdfast.analysis.metrics.callgraph import Symptom, explain, reachable
from holdfast.analysis.metrics.suspects import Ranking
from holdfast.analysis.metrics.table import Column, Table
from tests.analysis.metrics.made import noise

CALLS = {"web": ("shop", "user"), "shop": ("stock", "store"), "stock": ("store",), "batch": ("store",)}
LEVELS = {"web": 0.2, "shop": 0.1, "user": 0.02, "stock": 0.03, "store": 0.01, "batch": 3.0}
SLOW = Symptom("web", "latency")
BEFORE, AFTER = 100, 6


def played(more: dict[str, float], since: int = 2, requests: dict[str, float] | None = None) -> Ranking:
    """Return who explains the web's latency when some nodes are slower by so many seconds from a row on."""
    columns = tuple(Column(e, m) for e in LEVELS for m in ("latency", "requests"))
    rates = {**dict.fromkeys(LEVELS, 100.0), **(requests or {})}
    levels = [LEVELS[c.entity] if c.metric == "latency" else rates[c.entity] for c in columns]
    values = np.column_stack([noise(BEFORE + AFTER, level, i) for i, level in enumerate(levels)])
    for entity, seconds in more.items():
        values[BEFORE + since :, columns.index(Column(entity, "latency"))] += seconds
    whole = Table(columns, 300.0 * np.arange(BEFORE + AFTER, dtype=np.float64), values)
    return explain(SLOW, whole.rows(0, BEFORE), whole.rows(BEFORE, BEFORE + AFTER), CALLS)


def test_the_node_whose_callees_do_not_explain_it_is_the_cause() -> None:
    """Its callers are slow because it is."""
    found = played({"web": 0.2, "shop": 0.2})
    assert found.suspects[0].entity == "shop"
    assert found.confidence > 0.8


def test_the_deepest_node_that_is_slow_is_the_cause() -> None:
    """Three callers up, all of them slow by as much."""
    assert played({"web": 0.2, "shop": 0.2, "stock": 0.2, "store": 0.2}).suspects[0].entity == "store"


def test_a_cause_behind_a_node_that_shows_nothing_is_found() -> None:
    """The shop's own latency is not known to have changed, yet what it calls explains the web's."""
    assert [s.entity for s in played({"web": 0.2, "stock": 0.2}).suspects] == ["stock", "web"]


def test_a_symptom_that_no_callee_explains_is_the_node_s_own() -> None:
    """All it calls is as usual."""
    assert [s.entity for s in played({"web": 0.2}).suspects] == ["web"]


def test_a_few_very_slow_calls_do_not_explain_a_symptom_of_all() -> None:
    """The user's node is slower a call, but the shop's loss is the larger."""
    found = played({"web": 0.2, "shop": 0.2, "user": 0.5}, requests={"user": 5.0})
    assert [s.entity for s in found.suspects][:2] == ["shop", "user"]


def test_what_was_slow_before_the_symptom_showed_is_not_its_cause() -> None:
    """The user's node is slow in all of the time after, the web and the shop only in its second half."""
    columns = tuple(Column(e, "latency") for e in LEVELS)
    values = np.column_stack([noise(BEFORE + AFTER, level, i) for i, level in enumerate(LEVELS.values())])
    for entity, seconds, since in (("user", 0.4, 0), ("web", 0.2, 3), ("shop", 0.2, 3)):
        values[BEFORE + since :, columns.index(Column(entity, "latency"))] += seconds
    whole = Table(columns, 300.0 * np.arange(BEFORE + AFTER, dtype=np.float64), values)
    found = explain(SLOW, whole.rows(0, BEFORE), whole.rows(BEFORE, BEFORE + AFTER), CALLS)
    assert [s.entity for s in found.suspects] == ["shop", "web"]


def test_a_node_that_the_symptom_s_does_not_call_is_no_suspect() -> None:
    """The batch is slow too."""
    assert "batch" not in [s.entity for s in played({"web": 0.2, "shop": 0.2, "batch": 2.0}).suspects]


def test_a_callee_that_was_never_there_before_is_nobody_s_excuse() -> None:
    """Whoever began to call it is the cause."""
    columns = (Column("web", "latency"), Column("shop", "latency"))
    values = np.column_stack([noise(BEFORE + AFTER, 0.2, 1), np.full(BEFORE + AFTER, np.nan)])
    values[BEFORE + 2 :] = [0.6, 0.4]
    whole = Table(columns, np.arange(BEFORE + AFTER, dtype=np.float64), values)
    found = explain(SLOW, whole.rows(0, BEFORE), whole.rows(BEFORE, BEFORE + AFTER), CALLS)
    assert [s.entity for s in found.suspects] == ["web"]


@pytest.mark.parametrize("more", [{}, {"user": 0.4}], ids=["nothing", "something else"])
def test_a_symptom_that_is_not_felt_is_nothing_wrong(more: dict[str, float]) -> None:
    """Whatever else moves."""
    assert played(more).quiet


def test_calls_in_a_circle_come_to_an_end() -> None:
    """Each node once."""
    assert reachable("a", {"a": ("b", "a"), "b": ("c",), "c": ("a",)}) == ("a", "b", "c")


def test_one_row_after_and_a_symptom_without_points_are_answered() -> None:
    """A single bad row is felt; no row is not."""
    columns = (Column("web", "latency"),)
    before = Table(columns, np.arange(50.0), noise(50, 0.2, 1).reshape(-1, 1))
    one = Table(columns, np.array([60.0]), np.array([[0.9]]))
    assert [s.entity for s in explain(SLOW, before, one, CALLS).suspects] == ["web"]
    assert explain(SLOW, before, one.rows(0, 0), CALLS).quiet
    assert explain(SLOW, before.rows(0, 1), one, CALLS).quiet


def test_a_symptom_that_nobody_measured_is_refused_by_name() -> None:
    """As are tables of different columns."""
    before = Table((Column("web", "latency"),), np.arange(50.0), noise(50, 0.2, 1).reshape(-1, 1))
    with pytest.raises(ValueError, match="symptom: no series latency of shop"):
        explain(Symptom("shop", "latency"), before, before, CALLS)
    with pytest.raises(ValueError, match="columns"):
        explain(SLOW, before, Table((), np.arange(50.0), np.empty((50, 0))), CALLS)
