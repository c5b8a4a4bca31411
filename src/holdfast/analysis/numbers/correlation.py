"""What moves together? Lag, coefficient and significance of two signals around the onset."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.analysis.numbers.series import Floats, Series

LEAST_POINTS = 12


@dataclass(frozen=True)
class Correlation:
    """How two series move together.

    `lag` is by how many seconds the first leads (negative: it follows), `coefficient` is Pearson's at that
    lag, and `p` the chance of seeing as much by accident at any of the lags tried. `step` is the time, in seconds,
    between the points compared: a lag within it is none.
    """

    lag: float
    coefficient: float
    p: float
    step: float = 0.0

    @property
    def first(self) -> Literal["leads", "lags", "simultaneous"]:
        """Return whether the first series moves before the second, after it, or with it."""
        if abs(self.lag) <= self.step:
            return "simultaneous"
        return "leads" if self.lag > 0 else "lags"

    @property
    def significant(self) -> bool:
        """Return whether it is strong and unlikely to be an accident."""
        return self.p < 0.01 and abs(self.coefficient) >= 0.6


def correlate(first: Series, second: Series, most_lag: float = 300.0) -> Correlation | None:
    """Return the strongest correlation within ± `most_lag` seconds, or None when there is too little overlap."""
    grid = _common_grid(first, second)
    if grid is None:
        return None
    step = float(grid[1] - grid[0])
    a, b = _on(grid, first), _on(grid, second)
    if a.std() < 1e-12 or b.std() < 1e-12:
        return None
    most = min(int(most_lag // step), len(grid) - LEAST_POINTS)
    # Small lags first, so that equal coefficients are told as simultaneous.
    lags = sorted(range(-most, most + 1), key=abs)
    best = max(lags, key=lambda lag: round(abs(_at_lag(a, b, lag)), 6))
    coefficient = _at_lag(a, b, best)
    samples = _independent(a, b, len(grid) - abs(best))
    # Neighbouring lags of smooth series say the same: only as many count as the series has independent points.
    tries = 1 + 2 * most * samples / len(grid)
    return Correlation(best * step, coefficient, _chance(coefficient, samples, tries), step)


def _common_grid(first: Series, second: Series) -> Floats | None:
    if min(len(first), len(second)) < LEAST_POINTS:
        return None
    start, end = max(first.times[0], second.times[0]), min(first.times[-1], second.times[-1])
    step = float(min(np.median(np.diff(first.times)), np.median(np.diff(second.times))))
    if step <= 0 or (end - start) / step < LEAST_POINTS:
        return None
    return np.arange(start, end + step / 2, step, dtype=np.float64)


def _on(grid: Floats, series: Series) -> Floats:
    return np.asarray(np.interp(grid, series.times, series.values), dtype=np.float64)


def _at_lag(a: Floats, b: Floats, lag: int) -> float:
    """Return Pearson's coefficient of `a` with the part of `b` that comes `lag` steps later."""
    x, y = (a[: len(a) - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[: len(b) + lag])
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 1e-12 else 0.0


def _independent(a: Floats, b: Floats, overlap: int) -> float:
    """Return how many of the points compared are independent: fewer where neighbours repeat each other (Bartlett)."""
    alike = max(0.0, _at_lag(a, a, 1)) * max(0.0, _at_lag(b, b, 1))
    return max(4.0, overlap * (1 - alike) / (1 + alike))


def _chance(coefficient: float, samples: float, tries: float) -> float:
    """Return the two-sided p-value by Fisher's z, for the best of so many independent tries (Sidak, 1967)."""
    z = math.atanh(min(abs(coefficient), 0.999999)) * math.sqrt(samples - 3)
    single = math.erfc(z / math.sqrt(2))
    return -math.expm1(tries * math.log1p(-single)) if single < 1 else 1.0
