"""How far each series left what it usually is: robust scores of the time after a moment against the time before."""

from dataclasses import dataclass

import numpy as np

from holdfast.analysis.metrics.table import Table
from holdfast.analysis.numbers.series import Floats

LEAST_BEFORE = 8  # points a usual level needs
IQR_TO_SIGMA = 1.349  # interquartile range of a normal distribution with standard deviation 1
# A change below 2 % of what is usual for a kind of metric is not news, however quiet the series was.
NO_NEWS = 0.02
CALM, HELD = 25, 75  # percentiles of the time after: what it fell back to, and what it held for a quarter of the time


@dataclass(frozen=True, eq=False)
class Usual:
    """What m series usually are: `middle` and `spread` (a robust standard deviation, > 0), shape (m,), NaN: unknown."""

    middle: Floats
    spread: Floats


def usual(before: Table) -> Usual:
    """Return the median and the interquartile spread of each series, as BARO does (Pham et al., FSE 2024).

    The spread never falls below NO_NEWS of the series' own level, of the level that its kind has at the other
    entities (8 MB more matters to nobody where services use 200 MB), nor below the kind's `least`.
    """
    quartiles = np.array([_quartiles(before.values[:, i]) for i in range(len(before.columns))]).reshape(-1, 3).T
    middle = quartiles[1]
    spread = np.hypot((quartiles[2] - quartiles[0]) / IQR_TO_SIGMA, too_small(before, middle))
    return Usual(middle, spread)


def _quartiles(values: Floats) -> Floats:
    told = values[np.isfinite(values)]
    return np.percentile(told, [25, 50, 75]) if len(told) >= LEAST_BEFORE else np.full(3, np.nan)


def too_small(table: Table, middle: Floats) -> Floats:
    """Return below what size a difference is no news, in each series' unit; `middle` are the levels; both (m,)."""
    level = NO_NEWS * np.fmax(np.abs(middle), _peers(table, middle))
    return np.asarray(np.fmax(level, [c.kind.least for c in table.columns]), dtype=np.float64)


def _peers(before: Table, middle: Floats) -> Floats:
    """Return for each column the median level of its metric over all entities, shape (m,); 0 where unknown."""
    metrics = [c.metric for c in before.columns]
    levels = np.zeros(len(metrics))
    for metric in set(metrics):
        mine = np.array([m == metric for m in metrics])
        told = np.abs(middle[mine])
        levels[mine] = np.median(told[np.isfinite(told)]) if np.isfinite(told).any() else 0.0
    return levels


def excess(after: Table, normal: Usual) -> Floats:
    """Return how far each point of n rows and m series lies beyond its middle in the direction that hurts, (n, m).

    In the series' own unit. Where nobody knows what hurts, the direction in which it moved further counts.
    """
    away = after.values - normal.middle
    return np.asarray(away * _directions(after, away), dtype=np.float64)


def _directions(after: Table, away: Floats) -> Floats:
    return np.array([c.kind.harmful or _further(away[:, i]) for i, c in enumerate(after.columns)], dtype=np.float64)


def _further(away: Floats) -> int:
    told = away[np.isfinite(away)]
    return -1 if len(told) and float(np.median(told)) < 0 else 1


def scores(after: Table, normal: Usual) -> Floats:
    """Return by how many usual spreads each series held itself beyond its middle, shape (m,), 0 where unknown.

    Held: for a quarter of the time after. A series that was low and calm before it rose is measured from that calm,
    so that a change of level that came before hides nothing.
    """
    beyond = excess(after, normal) / _positive(normal.spread, after)
    return np.array([_held(beyond[:, i]) for i in range(len(after.columns))])


def _held(beyond: Floats) -> float:
    told = beyond[np.isfinite(beyond)]
    if not len(told):
        return 0.0
    calm, held = np.percentile(told, [CALM, HELD])
    return float(held - min(calm, 0.0)) if held > 0 else 0.0


def _positive(spread: Floats, after: Table) -> Floats:
    """Return spreads above 0: what was always 0 is judged by the size it came to have."""
    size = np.abs(np.where(np.isfinite(after.values), after.values, 0.0)).max(axis=0, initial=0.0)
    return np.where(spread > 0, spread, np.maximum(NO_NEWS * size, 1e-12))
