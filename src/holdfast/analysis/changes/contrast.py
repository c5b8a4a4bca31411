"""What a change did to one number: the new version against the old one, where both run, and against before."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CERTAIN = 8.0  # standard errors at which a shift of a level is as sure as it can get
NARROWEST = 0.02  # a spread below 2 % is measuring, not running
BIGGEST = 1.0  # as a natural logarithm: beyond a factor of e more growth says no more


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class Kpi:
    """Samples of one number of one service, each (n,): before the change, and after it by the old and new version.

    `is_share`: it is a share of failures, 0 to 1; else it is a positive level (seconds, load) of which more is worse.
    Values that are not finite are left out; any of the three may be empty.
    """

    name: str
    is_share: bool
    before: Floats = field(default_factory=_none)
    old: Floats = field(default_factory=_none)
    new: Floats = field(default_factory=_none)

    def finite(self) -> tuple[Floats, Floats, Floats]:
        """Return before, old and new without gaps."""
        before, old, new = (v[np.isfinite(v)] for v in (self.before, self.old, self.new))
        return before, old, new

    @property
    def beside(self) -> bool:
        """Return whether the old version ran beside the new one, so that the two can be told apart."""
        return bool(len(self.finite()[1]))

    @property
    def silent(self) -> bool:
        """Return whether the old version still reports after the change and the new one never did."""
        _, old, new = self.finite()
        return bool(len(old)) and not len(new)


def harm(kpi: Kpi) -> float:
    """Return 0 to 1: how much worse the new version is than both the old one at the same time and before the change.

    A careful difference in differences (Ashenfelter and Card, 1985): the old version after the change shows what
    happened to everyone; yet a new version that is only better than a sick old one, and no worse than ever before,
    did no harm. With one of the two, that one must do; without both, or without the new version, 0.
    """
    before, old, new = kpi.finite()
    others = [part for part in (before, old) if len(part)]
    if not len(new) or not others:
        return 0.0
    if kpi.is_share:
        return float(np.clip(new.mean() - max(part.mean() for part in others), 0.0, 1.0))
    return min(_growth(before, other, new) for other in others)


def unwell(kpi: Kpi) -> float:
    """Return 0 to 1: how much worse the whole service is than before, whichever version."""
    before, old, new = kpi.finite()
    after = np.concatenate((old, new))
    if not len(before) or not len(after):
        return 0.0
    if kpi.is_share:
        return float(np.clip(after.mean() - before.mean(), 0.0, 1.0))
    return _growth(before, before, after)


def _growth(before: Floats, other: Floats, new: Floats) -> float:
    """Return how far a level grew, times how sure that is; medians of logarithms, as levels have long tails."""
    base, now = _log(other), _log(new)
    gain = float(np.median(now) - np.median(base))
    spread = max(NARROWEST, _spread(_log(before) if len(before) > 1 else base), _spread(now))
    sure = gain / (spread * math.sqrt(1.0 / len(base) + 1.0 / len(now)))
    return float(np.clip(gain / BIGGEST, 0.0, 1.0) * np.clip(sure / CERTAIN, 0.0, 1.0))


def _log(values: Floats) -> Floats:
    smallest = float(values[values > 0].min()) if (values > 0).any() else 1.0
    return np.log(np.maximum(values, smallest))


def _spread(values: Floats) -> float:
    """Return a robust standard deviation: the median distance from the median, times 1.4826."""
    return float(np.median(np.abs(values - np.median(values)))) * 1.4826
