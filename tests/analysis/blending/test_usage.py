"""Usage: what a place uses lastingly more than it used to, against its own spread."""

import numpy as np
import pytest

from holdfast.analysis.blending.usage import Usage, lift, rank_usage

STEADY = np.array([1.0, 1.1, 0.9, 1.0, 1.05, 0.95] * 5)


def test_a_lasting_rise_is_lifted_and_a_fall_is_not() -> None:
    assert lift(STEADY, STEADY[:4] * 10) > 2.0
    assert lift(STEADY, STEADY[:4] / 10) == 0.0


def test_a_single_spike_is_no_rise() -> None:
    assert lift(STEADY, np.array([1.0, 50.0, 1.0, 1.0])) == 0.0


def test_what_always_swings_must_rise_further() -> None:
    swinging = np.array([1.0, 5.0] * 15)
    assert lift(swinging, np.full(4, 5.0)) < lift(STEADY, np.full(4, 5.0))


def test_the_resources_of_a_place_add_up() -> None:
    more = STEADY[:4] * 10
    found = rank_usage([Usage("a", r, STEADY, more) for r in ("cpu", "memory")] + [Usage("b", "cpu", STEADY, more)])
    assert found["a"] == pytest.approx(2 * found["b"])


@pytest.mark.parametrize(
    ("quiet", "troubled"),
    [([], []), ([1.0], [9.0]), ([1.0] * 9, [9.0]), ([np.nan] * 9, [9.0] * 9), ([0.0] * 9, [9.0] * 9)],
    ids=["nothing", "one value", "one value since", "gaps only", "never used"],
)
def test_where_no_usual_level_or_spread_is_known_nothing_is_lifted(quiet: list[float], troubled: list[float]) -> None:
    assert lift(np.array(quiet), np.array(troubled)) == 0.0


def test_a_constant_rises_by_its_own_share_and_not_without_end() -> None:
    assert lift(np.full(9, 1.0), np.full(4, 1.05)) == 0.0
    assert 0.0 < lift(np.full(9, 1.0), np.full(4, 2.0)) < 3.0


def test_no_series_say_nothing() -> None:
    assert rank_usage([]) == {}
