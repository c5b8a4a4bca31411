"""What takes longer than in a quiet stretch of traces, kind of work by kind of work."""

import math
from dataclasses import dataclass

import numpy as np

from holdfast.analysis.traces.window import Window

USUAL_MOST = 0.9  # a span is slow above this quantile of the quiet stretch: high, yet known from a few dozen spans
RESOLUTION = 0.002  # seconds; a step this much longer matters little, however short it used to be
FEWEST_QUIET = 3  # with fewer quiet spans the usual time of a part is not known
DOUBTFUL = 2.0  # spans it takes until half of a part's slowness is believed

SURE = 4.0  # standard deviations below which a change of counts is chance: hundreds of counts are looked at


@dataclass(frozen=True, slots=True)
class Deviation:
    """One kind of work and how far it left its usual course: `lift` is 0 for not at all, in nats, with its spans."""

    places: tuple[str, ...]
    operation: str
    lift: float
    spans: int


def slower(quiet: Window, troubled: Window) -> list[Deviation]:
    """Return every part seen in both windows with how much longer it takes itself.

    The lift is ln(1 + e / u): e is the mean excess over u, the usual most; both in seconds.
    """
    found = []
    for part, seconds in troubled.seconds.items():
        before = quiet.seconds.get(part, [])
        if len(before) >= FEWEST_QUIET:
            places = (part.peer, part.place) if part.peer else (part.place,)
            lift = _lift(before, seconds)
            found.append(Deviation(places, part.operation, lift, len(seconds)))
    return found


def _lift(before: list[float], now: list[float]) -> float:
    usual = float(np.quantile(before, USUAL_MOST))
    excess = float(np.maximum(0.0, np.asarray(now) - usual).mean())
    return math.log1p(excess / (usual + RESOLUTION)) * len(now) / (len(now) + DOUBTFUL)


def changed_rate(quiet: tuple[int, int], troubled: tuple[int, int]) -> float:
    """Return |ln| of the change of a rate where it is beyond chance, else 0: each a count and what it is of.

    Counts are taken as Poisson. What is counted of nothing has no rate: 0.
    """
    (count, of), (count_now, of_now) = quiet, troubled
    if not of or not of_now:
        return 0.0
    rate, rate_now = count / of, count_now / of_now
    spread = math.sqrt((count + 1) / of**2 + (count_now + 1) / of_now**2)
    if abs(rate_now - rate) < SURE * spread:
        return 0.0
    return abs(math.log((rate_now + 1 / of_now) / (rate + 1 / of)))
