"""What metrics say of a place: which of its own resources it uses more than in the quiet stretch before."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST_QUIET, FEWEST_TROUBLED = 3, 2  # points: from fewer neither a spread nor a lasting level is known
SPREAD_OF_80 = 2.563  # standard deviations between the 10th and the 90th percentile of a normal distribution
LEAST_SPREAD = 0.1  # share of the usual level that always counts as its spread: a constant's first flicker is no sign


@dataclass(frozen=True)
class Usage:
    """One resource of one place, as its values (n,) in the quiet stretch and (m,) since the trouble; NaN is a gap."""

    place: str
    resource: str
    quiet: Floats
    troubled: Floats


def rank_usage(series: Iterable[Usage]) -> dict[str, float]:
    """Return each place's score, 0 and up in nats: the sum of the lifts of its resources; {} without series.

    A place that works harder is closer to the cause than one that answers late, for waiting costs
    nothing: give resources (processor, memory), not latencies.
    """
    scores: dict[str, float] = {}
    for usage in series:
        scores[usage.place] = scores.get(usage.place, 0.0) + lift(usage.quiet, usage.troubled)
    return scores


def lift(quiet: Floats, troubled: Floats) -> float:
    """Return ln(max(1, z)): z is how many spreads the median rose. One spike moves neither; few points give 0."""
    before, now = quiet[np.isfinite(quiet)], troubled[np.isfinite(troubled)]
    if len(before) < FEWEST_QUIET or len(now) < FEWEST_TROUBLED:
        return 0.0
    low, middle, high = (float(q) for q in np.quantile(before, (0.1, 0.5, 0.9)))
    spread = max((high - low) / SPREAD_OF_80, LEAST_SPREAD * abs(middle))
    risen = float(np.median(now)) - middle
    return math.log(max(1.0, risen / spread)) if spread > 0.0 else 0.0
