"""How an answer of `fetch_metrics` becomes numbers: gaps left out, several series merged, counters made to grow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from holdfast.analysis.numbers.signals import Signal
from holdfast.analysis.observation import Body, rows_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """Points in time order. `times` are Unix seconds, shape (n,); `values` are finite, shape (n,)."""

    times: Floats
    values: Floats

    def __len__(self) -> int:
        return len(self.times)

    def until(self, unix: float) -> "Series":
        """Return the points before `unix`."""
        keep = self.times < unix
        return Series(self.times[keep], self.values[keep])

    def since(self, unix: float) -> "Series":
        """Return the points at `unix` and after."""
        keep = self.times >= unix
        return Series(self.times[keep], self.values[keep])


def read_series(body: Body, signal: Signal) -> Series:
    """Return the answer's series as one, in the way its signal adds up.

    Raises:
        KeyError: when `series` or a series' `points` is absent.
        TypeError: when a point is not a pair of a time and a number or null.
        ValueError: when a number is infinite or a time is not finite.
    """
    parts = [_one(row["points"]) for row in rows_of(body, "series")]
    parts = [_grown(p) for p in parts] if signal.counter else parts
    return _merged([p for p in parts if len(p)], signal)


def _one(points: JsonValue) -> Series:
    if not isinstance(points, list):
        raise TypeError("points: expected a list")
    pairs = np.array([_pair(p) for p in points], dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(pairs[:, 0]).all() or np.isinf(pairs[:, 1]).any():
        raise ValueError("points: a time or a value is not finite")
    pairs = pairs[~np.isnan(pairs[:, 1])]
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return Series(pairs[:, 0], pairs[:, 1])


def _pair(point: JsonValue) -> tuple[float, float]:
    match point:
        case [int() | float() as unix, None] if not isinstance(unix, bool):
            return float(unix), float("nan")
        case [int() | float() as unix, int() | float() as value] if not isinstance(unix, bool | str):
            return float(unix), float(value)
    raise TypeError(f"points: expected [unix, number or null], got {str(point)[:60]}")


def _grown(series: Series) -> Series:
    """Return how much a counter has grown since the first point; a fall is a restart from zero."""
    steps = np.diff(series.values)
    steps = np.where(steps < 0, series.values[1:], steps)
    return Series(series.times, np.concatenate(([0.0], np.cumsum(steps))) if len(series) else series.values)


def _merged(parts: list[Series], signal: Signal) -> Series:
    if not parts:
        return Series(np.empty(0), np.empty(0))
    if len(parts) == 1:
        return parts[0]
    times = np.unique(np.concatenate([p.times for p in parts]))
    grid = np.full((len(parts), len(times)), np.nan)
    for row, part in zip(grid, parts, strict=True):
        row[np.searchsorted(times, part.times)] = part.values
    return Series(times, _across(grid, signal))


def _across(grid: Floats, signal: Signal) -> Floats:
    """Return one value a column; every column holds at least one number."""
    if signal.merge == "sum":
        return np.asarray(np.nansum(grid, axis=0), dtype=np.float64)
    worst = np.nanmax(grid, axis=0) if signal.merge == "max" else np.nanmin(grid, axis=0)
    return np.asarray(worst, dtype=np.float64)
