"""When did it begin? One change point over many series, for an alert that came late or names no time."""

from dataclasses import dataclass

import numpy as np

from holdfast.analysis.metrics.scoring import too_small
from holdfast.analysis.metrics.table import Table
from holdfast.analysis.numbers.series import Floats

LEAST_SIDE = 5  # rows either side of a change
MAD_TO_SIGMA = 1.4826
# What a change point costs in log n: one for its level, and half as its place was searched for
# (modified BIC; Zhang & Siegmund, Biometrics 2007).
PENALTY = 1.5


@dataclass(frozen=True)
class Onset:
    """The strongest change of level. `unix` is its first row's time; `gain` its log-likelihood beyond the penalty."""

    unix: float
    row: int
    gain: float


def find_onset(table: Table) -> Onset | None:
    """Return when the series changed their levels together, or None when none changed more than chance would.

    A Gaussian change of mean over m series. Each series is measured in its own noise, though never in less than what
    is no news, and compressed, so that no spike and no unit decides. Its gain is weighed by how many independent
    points it really has, less the penalty; the gains of those that gain are summed.
    """
    n = len(table)
    gains = np.zeros(n)
    if n < 2 * LEAST_SIDE:
        return None
    known = np.isfinite(table.values).sum(axis=0) >= 2 * LEAST_SIDE
    middle = np.array([_median(table.values[:, i]) if known[i] else np.nan for i in range(len(known))])
    least = too_small(table, middle)
    for i in np.flatnonzero(known):
        gains += np.maximum(_gains(_standardised(table.values[:, i], middle[i], least[i])), 0.0)
    row = int(np.argmax(gains))
    return Onset(float(table.times[row]), row, float(gains[row])) if gains[row] > 0 else None


def _median(values: Floats) -> float:
    return float(np.median(values[np.isfinite(values)]))


def _standardised(values: Floats, middle: float, least: float) -> Floats:
    """Return a series with its gaps filled, in units of the noise between neighbours, compressed; shape (n,)."""
    known = np.flatnonzero(np.isfinite(values))
    filled = np.interp(np.arange(len(values)), known, values[known])
    noise = MAD_TO_SIGMA * float(np.median(np.abs(np.diff(filled)))) / np.sqrt(2.0)
    scale = max(noise, least) or float(np.abs(filled - middle).max()) or 1.0
    return np.asarray(np.arcsinh((filled - middle) / scale), dtype=np.float64)


def _gains(values: Floats) -> Floats:
    """Return the log-likelihood gain of a split before each row, shape (n,); negative where it is not worth its price.

    The variance within is never taken to be less than the noise's, which is 1.
    """
    n = len(values)
    centred = values - values.mean()
    before = np.arange(1, n)
    between = np.concatenate(([0.0], np.cumsum(centred)[:-1] ** 2 * n / (before * (n - before))))
    between[:LEAST_SIDE] = between[n - LEAST_SIDE + 1 :] = 0.0
    total = float(centred @ centred) + n
    samples = _independent(centred, int(np.argmax(between)))
    return np.asarray(-samples / 2 * np.log1p(-between / total) - PENALTY * np.log(samples), dtype=np.float64)


def _independent(centred: Floats, row: int) -> float:
    """Return how many independent points the series has once its best change is taken out, >= 2 (Bartlett, 1946)."""
    rest = centred.copy()
    rest[:row] -= rest[:row].mean() if row else 0.0
    rest[row:] -= rest[row:].mean()
    power = float(rest @ rest)
    alike = float(rest[1:] @ rest[:-1]) / power if power > 0 else 0.0
    alike = max(alike, 0.0)
    return max(2.0, len(centred) * (1 - alike) / (1 + alike))
