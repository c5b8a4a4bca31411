"""Many series on one clock: the table that onset finding and ranking read, whatever steps and gaps they came with."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from holdfast.analysis.metrics.kinds import Kind, is_counter, kind_of
from holdfast.analysis.numbers.series import Floats, Series

MOST_ROWS = 20_000  # a point of last year beside those of today makes the steps wider, not the table larger


@dataclass(frozen=True)
class Column:
    """Whose metric a series is. `entity` is a service, host or other node; `metric` is the metric's name."""

    entity: str
    metric: str

    @property
    def kind(self) -> Kind:
        """Return what it measures."""
        return kind_of(self.metric)


@dataclass(frozen=True, eq=False)
class Table:
    """`values` (n, m), NaN where nothing was measured, of m `columns` at n `times` (Unix seconds, rising)."""

    columns: tuple[Column, ...]
    times: Floats
    values: Floats

    def __post_init__(self) -> None:
        """Raises ValueError when the shapes differ, a column comes twice, or the times do not rise."""
        if self.values.shape != (len(self.times), len(self.columns)):
            raise ValueError(f"values: shape {self.values.shape}, expected {(len(self.times), len(self.columns))}")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("columns: one comes twice")
        if not np.all(np.diff(self.times) > 0):
            raise ValueError("times: not rising")

    def __len__(self) -> int:
        return len(self.times)

    def split(self, unix: float) -> tuple["Table", "Table"]:
        """Return the rows before `unix` and those at it and after."""
        row = int(np.searchsorted(self.times, unix))
        return self.rows(0, row), self.rows(row, len(self))

    def rows(self, start: int, end: int) -> "Table":
        """Return the rows from `start` up to, not including, `end`."""
        return Table(self.columns, self.times[start:end], self.values[start:end])

    def of(self, entity: str, metric: str) -> Floats | None:
        """Return one series, shape (n,), or None when there is none of that name."""
        column = Column(entity, metric)
        return self.values[:, self.columns.index(column)] if column in self.columns else None


def aligned(series: Mapping[Column, Series]) -> Table:
    """Return the series on the coarsest of their steps: several points in a step are averaged, none is a gap.

    Counters become what they grew since the point before; a fall is a restart from zero.
    """
    points = {c: _increments(s) if is_counter(c.metric) else s for c, s in series.items()}
    steps = [float(np.median(np.diff(s.times))) for s in points.values() if len(s) > 1]
    filled = [s for s in points.values() if len(s)]
    if not filled:
        return Table(tuple(points), np.empty(0), np.empty((0, len(points))))
    start = min(float(s.times[0]) for s in filled)
    span = max(float(s.times[-1]) for s in filled) - start
    step = max([*steps, span / MOST_ROWS]) or 1.0
    rows = int(span // step) + 1
    values = np.column_stack([_averaged(s, start, step, rows) for s in points.values()])
    return Table(tuple(points), start + step * np.arange(rows, dtype=np.float64), values)


def _increments(series: Series) -> Series:
    steps = np.diff(series.values)
    return Series(series.times[1:], np.where(steps < 0, series.values[1:], steps))


def _averaged(series: Series, start: float, step: float, rows: int) -> Floats:
    """Return the mean of the points in each step, shape (rows,), NaN where there is none."""
    place = ((series.times - start) // step).astype(int)
    count = np.bincount(place, minlength=rows).astype(np.float64)
    total = np.bincount(place, weights=series.values, minlength=rows)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1.0), np.nan), dtype=np.float64)
