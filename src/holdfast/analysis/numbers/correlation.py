"""What moves together? Lag, coefficient and significance of two signals around the onset."""

import math
from dataclasses import dataclass

import numpy as np

from holdfast.analysis.numbers.series import Floats, Series

LEAST_POINTS = 12


@dataclass(frozen=True)
class Correlation:
    """How two series move together.

    `lag` is by how many seconds the first leads (negative: it follows), `coefficient` is Pearson's at that
    lag, and `p` the chance of seeing as much by accident.
    """

    lag: float
    coefficient: float
    p: float

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
    return Correlation(best * step, coefficient, _chance(a, b, coefficient))


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


def _chance(a: Floats, b: Floats, coefficient: float) -> float:
    """Return the two-sided p-value by Fisher's z, with fewer samples where neighbours repeat each other (Bartlett)."""
    alike = max(0.0, _at_lag(a, a, 1)) * max(0.0, _at_lag(b, b, 1))
    samples = max(4.0, len(a) * (1 - alike) / (1 + alike))
    z = math.atanh(min(abs(coefficient), 0.999999)) * math.sqrt(samples - 3)
    return math.erfc(z / math.sqrt(2))
