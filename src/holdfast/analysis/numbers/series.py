"""How an answer of `fetch_metrics` becomes numbers: gaps left out, several series merged, counters made to grow."""

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from holdfast.analysis.numbers.signals import Signal
from holdfast.analysis.observation import LAST_SECOND, LATEST, Body, rows_of
from holdfast.analysis.rows import Tally, list_of

Floats = NDArray[np.float64]

LARGEST = 1e150  # its square is still a number; nobody measures more


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


def read_series(body: Body, signal: Signal, tally: Tally | None = None) -> Series:
    """Return the answer's series as one, in the way its signal adds up; single bad points are left out and tallied.

    Raises:
        KeyError: when `series` or a series' `points` is absent.
        TypeError: when no point is a pair of a time and a number or null.
        ValueError: when no point has a finite value and a time in Unix seconds from 1970 to 2200.
    """
    every = [(n, p) for n, row in enumerate(rows_of(body, "series")) for p in list_of(row, "points")]
    pairs = (tally or Tally()).take(every, _numbered)
    parts = [_one([pair for _, pair in group]) for _, group in groupby(pairs, key=lambda p: p[0])]
    parts = [_grown(p) for p in parts] if signal.counter else parts
    return _merged([p for p in parts if len(p)], signal)


def _one(read: list[tuple[float, float]]) -> Series:
    pairs = np.array(read, dtype=np.float64).reshape(-1, 2)
    pairs = pairs[~np.isnan(pairs[:, 1])]
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return Series(pairs[:, 0], pairs[:, 1])


def _numbered(row: tuple[int, JsonValue]) -> tuple[int, tuple[float, float]]:
    number, point = row
    return number, _pair(point)


def _pair(point: JsonValue) -> tuple[float, float]:
    match point:
        case [int() | float() as unix, None] if not isinstance(unix, bool):
            return _time(unix), math.nan
        case [int() | float() as unix, int() | float() as value] if not isinstance(unix, bool | str):
            return _time(unix), _value(value)
    raise TypeError(f"points: expected [unix, number or null], got {str(point)[:60]}")


def _time(unix: float) -> float:
    if not 0 <= unix <= LAST_SECOND:  # false for NaN as well
        raise ValueError(f"points: a time is not finite, or no Unix second up to {LATEST.year}: {str(unix)[:20]}")
    return float(unix)


def _value(value: float) -> float:
    if abs(value) > LARGEST:  # false for NaN, which is a gap
        raise ValueError(f"points: a value is not finite, or beyond {LARGEST:g}")
    return float(value)


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
