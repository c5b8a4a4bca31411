"""When did it begin: planted shifts are found where they were planted, and quiet signals are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.analysis.numbers.onset import Shift, find_shift
from holdfast.analysis.numbers.series import Floats, Series
from holdfast.analysis.numbers.signals import SIGNALS, Signal, signal_asked, signal_of

ERRORS, LATENCY, MEMORY, UP, CPU = (
    SIGNALS[n] for n in ("error_ratio", "latency_p99_seconds", "memory_ratio", "up_ratio", "cpu_ratio")
)


def series(values: Floats) -> Series:
    return Series(np.arange(0, 15.0 * len(values), 15.0), np.asarray(values, dtype=np.float64))


def noisy(values: Floats, share: float, seed: int) -> Floats:
    return np.asarray(values * (1 + share * np.random.default_rng(seed).standard_normal(len(values))), dtype=np.float64)


def found(values: Floats, signal: Signal) -> Shift:
    shift = find_shift(series(values), signal)
    assert shift is not None
    return shift


@pytest.mark.parametrize("at", [10, 40, 80, 110])
@pytest.mark.parametrize("seed", range(5))
def test_a_step_is_found_where_it_is(at: int, seed: int) -> None:
    """Within two points of a planted step, in noise."""
    values = noisy(np.where(np.arange(120) < at, 0.2, 0.6), 0.05, seed)
    shift = found(values, LATENCY)
    assert shift.onset is not None
    assert abs(shift.onset / 15 - at) <= 2
    assert shift.harmful(LATENCY)
    assert not shift.ramp
    assert not shift.ended


@pytest.mark.parametrize("at", [30, 60, 80])
def test_a_ramp_is_traced_back_to_where_it_left(at: int) -> None:
    """A leak becomes visible late; its line says when it began."""
    rising = np.clip((np.arange(120) - at) / (120 - at), 0, 1)
    shift = found(noisy(0.4 + 0.5 * rising, 0.01, 1), MEMORY)
    assert shift.ramp
    assert shift.onset is not None
    assert abs(shift.onset / 15 - at) <= 5


def test_a_sawtooth_is_a_shift_and_no_ramp() -> None:
    """Memory that is freed and filled again and again is not a leak's line."""
    n = np.arange(120)
    values = np.where(n < 72, 0.5, 0.6 + 0.4 * (n % 10) / 10)
    assert not found(values, MEMORY).ramp


def test_an_excursion_that_is_over_says_so() -> None:
    """The trouble ended by itself."""
    n = np.arange(120)
    shift = found(noisy(np.where((n > 50) & (n < 70), 0.4, 0.002), 0.2, 2), ERRORS)
    assert shift.ended
    assert shift.onset is not None
    assert abs(shift.onset / 15 - 51) <= 2


def test_the_harmful_direction_depends_on_the_signal() -> None:
    """Less up is bad, less CPU is not."""
    falling = np.where(np.arange(120) < 80, 1.0, 0.3)
    assert found(falling, UP).harmful(UP)
    assert not found(falling, CPU).harmful(CPU)


def test_what_was_always_bad_is_bad_from_before_the_window() -> None:
    """No quiet part, but beyond the limit: a shift without an onset."""
    shift = found(noisy(np.full(120, 0.3), 0.05, 3), ERRORS)
    assert shift.onset is None
    assert shift.baseline is None
    assert shift.harmful(ERRORS)


@pytest.mark.parametrize("points", [1, 3, 7])
def test_too_few_points_are_judged_by_the_limit_alone(points: int) -> None:
    """Nothing can be compared, but one in two requests failing is no good start."""
    assert find_shift(series(np.full(points, 0.5)), ERRORS) is not None
    assert find_shift(series(np.full(points, 0.01)), ERRORS) is None


def test_no_points_no_shift() -> None:
    """Silence is not evidence of anything."""
    assert find_shift(series(np.empty(0)), ERRORS) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 0.08), st.integers(8, 240))
def test_a_quiet_signal_is_left_alone(seed: int, noise: float, points: int) -> None:
    """Noise of any seed, size and length, with a slow daily rhythm, is no shift."""
    rhythm = 1 + 0.05 * np.sin(np.arange(points) / 200)
    assert find_shift(series(noisy(0.3 * rhythm, noise, seed)), CPU) is None


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_any_finite_series_has_an_answer(values: list[float]) -> None:
    """Constant, tiny, huge or wild: no division by nothing, no exception."""
    shift = find_shift(series(np.array(values)), signal_of("anything"))
    assert shift is None or np.isfinite([shift.level, shift.peak, shift.now]).all()


def test_a_small_difference_does_not_matter_however_steady_the_signal() -> None:
    """From 0.20 % to 0.25 % is significant and means nothing."""
    assert find_shift(series(np.where(np.arange(120) < 80, 0.0020, 0.0025)), ERRORS) is None


def test_a_query_names_its_signal_and_an_unknown_one_is_judged_by_its_own_past() -> None:
    """Values are shown in their units."""
    assert signal_of('service:latency_p99_seconds{service="x"}') is LATENCY
    other = signal_of("queue_depth")
    assert found(np.where(np.arange(120) < 80, 10.0, 90.0), other).harmful(other)
    assert [ERRORS.show(0.123), LATENCY.show(0.25), LATENCY.show(2.5), SIGNALS["request_rate"].show(41.27)] == [
        "12.3%",
        "250 ms",
        "2.50 s",
        "41.3/s",
    ]


def test_a_signal_asked_by_name_stays_it_whatever_the_source_really_sent() -> None:
    """A template's own words may name another signal, or none; without a name the answer's query speaks."""
    asked = '{"query": "service:latency_p99_seconds{}"}'
    assert signal_asked(asked, "quantile(0.99, cpu_ratio)") is LATENCY
    assert signal_asked("", "service:latency_p99_seconds{}") is LATENCY
    assert signal_asked('{"query": "up"}', "up").name == "up"
