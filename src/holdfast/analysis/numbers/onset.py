"""When did it begin? The point where a signal leaves its own robust baseline, and what it became after."""

from dataclasses import dataclass

import numpy as np

from holdfast.analysis.numbers.series import Floats, Series
from holdfast.analysis.numbers.signals import DOWN, UP, Signal

LEAST_BASELINE = 8  # points a baseline needs before a difference from it means anything
RUN = 5  # an excursion counts when three of five neighbouring points are outside
SETTLED = 3  # the last points that say how it is now
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Baseline:
    """How a signal usually is: `middle` and `spread` (a robust standard deviation), in the signal's unit."""

    middle: float
    spread: float
    tolerance: float

    def outside(self, values: Floats, direction: int) -> Floats:
        """Return 1.0 where a value lies beyond the tolerance in `direction`, else 0.0; the shape of `values`."""
        return ((values - self.middle) * direction > self.tolerance).astype(np.float64)

    def edge(self, direction: int) -> float:
        """Return the last value that still counts as usual in `direction`."""
        return self.middle + direction * self.tolerance


@dataclass(frozen=True)
class Shift:
    """A signal that left its baseline. `onset` is in Unix seconds; None means before the first point.

    `level` is its median since, `peak` its most extreme, `now` its last settled value.
    """

    direction: int
    onset: float | None
    baseline: Baseline | None
    level: float
    peak: float
    now: float
    ended: bool
    ramp: bool

    def harmful(self, signal: Signal) -> bool:
        """Return whether it moved the way that hurts."""
        return self.direction == signal.harmful


def baseline_of(values: Floats, signal: Signal) -> Baseline | None:
    """Return the baseline of a quiet part, or None when it is too short to tell."""
    if len(values) < LEAST_BASELINE:
        return None
    middle = float(np.median(values))
    spread = float(np.median(np.abs(values - middle))) * MAD_TO_SIGMA
    return Baseline(middle, spread, signal.matters(middle, spread))


def find_shift(series: Series, signal: Signal) -> Shift | None:
    """Return how the signal left its baseline, or None when it did not.

    The quiet part is what precedes the strongest change of mean. A signal that is beyond its absolute
    limit without any quiet part has shifted too, before the first point.
    """
    if not len(series):
        return None
    baseline = baseline_of(series.values[: _quiet_length(series.values)], signal)
    found = _first_excursion(series.values, baseline) if baseline else None
    if baseline and found:
        return _describe(series, baseline, *found)
    now = settled(series.values)
    if not signal.beyond(now):
        return None
    values = series.values
    peak = float(values.max() if signal.harmful == UP else values.min())
    return Shift(signal.harmful, None, None, float(np.median(values)), peak, now, ended=False, ramp=False)


def _quiet_length(values: Floats) -> int:
    """Return how many points precede the strongest change of mean; all of them when that leaves too few."""
    low, high = np.percentile(values, [2, 98])
    clipped = np.clip(values, low, high)
    drift = np.cumsum(clipped - clipped.mean())
    split = int(np.argmax(np.abs(drift[:-1]))) + 1 if len(values) > 1 else 0
    return split if split >= LEAST_BASELINE else len(values)


def _first_excursion(values: Floats, baseline: Baseline) -> tuple[int, int] | None:
    """Return (index, direction) of the first lasting excursion; the direction that lasts longer wins."""
    masks = {direction: baseline.outside(values, direction) for direction in (UP, DOWN)}
    direction = max(masks, key=lambda d: float(masks[d].sum()))
    mask = masks[direction]
    if mask.sum() < SETTLED:
        return None
    padded = np.concatenate((mask, np.zeros(RUN - 1)))
    dense = np.convolve(padded, np.ones(RUN), mode="valid") >= SETTLED
    starts = np.flatnonzero(dense & (mask > 0))
    return (int(starts[0]), direction) if len(starts) else None


def _describe(series: Series, baseline: Baseline, start: int, direction: int) -> Shift:
    since = series.values[start:]
    now = settled(series.values)
    ramp = _is_ramp(series.times[start:], since)
    onset = float(series.times[start])
    return Shift(
        direction=direction,
        onset=_ramp_start(series, start, baseline) if ramp else onset,
        baseline=baseline,
        level=float(np.median(since)),
        peak=float(since.max() if direction == UP else since.min()),
        now=now,
        ended=bool((now - baseline.middle) * direction <= baseline.tolerance),
        ramp=ramp,
    )


def settled(values: Floats) -> float:
    """Return how it stands now: the median of its last points; there must be one."""
    return float(np.median(values[-SETTLED:]))


def _is_ramp(times: Floats, values: Floats) -> bool:
    """Return whether a line explains the values much better than a step does."""
    if len(values) < LEAST_BASELINE:
        return False
    flat = float(((values - values.mean()) ** 2).sum())
    slope, offset = np.polyfit(times - times[0], values, 1)
    rest = float(((values - (slope * (times - times[0]) + offset)) ** 2).sum())
    return flat > 0 and rest / flat < 0.3


def _ramp_start(series: Series, start: int, baseline: Baseline) -> float:
    """Return when the ramp's line left the baseline's middle: earlier than when it became visible."""
    times, values = series.times[start:], series.values[start:]
    slope, offset = np.polyfit(times - times[0], values, 1)
    if slope == 0:
        return float(times[0])
    back = float(times[0] + (baseline.middle - offset) / slope)
    return min(max(back, float(series.times[0])), float(times[0]))
