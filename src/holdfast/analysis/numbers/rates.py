"""Compares how often something happened in two stretches of time, for what log lines and events did at the onset."""

import math

import numpy as np


def chance_of_more(before: int, after: int, seconds_before: float, seconds_after: float) -> float:
    """Return how likely at least `after` events are in the later stretch if the rate never changed, 0 to 1.

    Given n events in all, those in the later stretch are binomial with its share of the time: the exact conditional
    test of two Poisson rates (Przyborowski and Wilenski, 1940). Raises ValueError when a count is negative or a
    stretch has no length. Events that come in bursts are less surprising than this says.
    """
    if min(before, after) < 0 or min(seconds_before, seconds_after) <= 0:
        raise ValueError(f"counts {before}, {after} and seconds {seconds_before}, {seconds_after}: out of range")
    total = before + after
    if after == 0:
        return 1.0
    # The terms from `after` up to `total`, each from the one before it: log C(n, k) p^k q^(n-k).
    share = seconds_after / (seconds_before + seconds_after)
    odds = math.log(seconds_after) - math.log(seconds_before)
    first = (
        math.lgamma(total + 1)
        - math.lgamma(after + 1)
        - math.lgamma(before + 1)
        + after * math.log(share)
        + before * math.log1p(-share)
    )
    k = np.arange(after, total)
    terms = first + np.concatenate(([0.0], np.cumsum(np.log((total - k) / (k + 1.0)) + odds)))
    top = float(terms.max())
    return float(min(1.0, math.exp(top) * float(np.exp(terms - top).sum())))
