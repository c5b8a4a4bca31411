"""From what changed to the places that explain it: those that touch most of what changed, and little that did not."""

import math
from collections.abc import Iterable

from holdfast.analysis.traces.deviation import Deviation, slower
from holdfast.analysis.traces.steps import rerouted
from holdfast.analysis.traces.window import Window

CALLER = 0.5  # a slow call blames the called side twice as much as the caller, which waits for others as well
STEPS = 0.5  # a step left out is often only the end of a request that waited too long elsewhere


def rank_places(quiet: Window, troubled: Window) -> dict[str, float]:
    """Return each place's score, 0 and up in nats: what became slow, and what is no longer done. {} without spans."""
    slow, steps = blame(slower(quiet, troubled)), blame(rerouted(quiet, troubled))
    return {place: slow.get(place, 0.0) + STEPS * steps.get(place, 0.0) for place in slow | steps}


def blame(deviations: Iterable[Deviation]) -> dict[str, float]:
    """Return each place's score, 0 and up in nats: √(share of all lift it touches · its mean lift / top) · top.

    Ochiai's coefficient with lifts for counts, as the spectrum of MicroRank (Yu et al., WWW 2021). A call
    touches both its ends: a slow network is shared by all calls of its place, which the other ends are not.
    """
    touched: dict[str, list[float]] = {}
    total = 0.0
    for deviation in deviations:
        total += deviation.lift
        for place, share in zip(deviation.places, (1.0, CALLER), strict=False):
            touched.setdefault(place, []).append(deviation.lift * share)
    return {place: _ochiai(lifts, total) for place, lifts in touched.items()}


def _ochiai(lifts: list[float], total: float) -> float:
    """Return √(coverage · purity) · top, with purity = mean / top."""
    return math.sqrt(sum(lifts) / total * (sum(lifts) / len(lifts)) * max(lifts)) if total > 0.0 else 0.0
