"""Fits the curve of `fusion`: the two constants under which what came true was likeliest to."""

from collections.abc import Sequence

import numpy as np

from holdfast.analysis.causes.finding import STRONGEST, Finding
from holdfast.analysis.causes.fusion import Curve, weighed
from holdfast.analysis.numbers.confidence import Floats
from holdfast.domain.diagnosis import Cause

SHIFTS, SLOPES = np.arange(-3.0, 3.01, 0.05), np.arange(0.1, 2.01, 0.05)
RIDGE = 4.0  # nats that a curve costs which is one off the straight one
Truth = tuple[Cause, str]


def fit(cases: Sequence[tuple[Sequence[Finding], Truth]]) -> Curve:
    """Return the curve under which the first answers, right and wrong, are likeliest; silence tells nothing."""
    told = [(weighed(findings), truth) for findings, truth in cases if findings]
    widest = max(len(found) for found, _ in told)
    odds, right = np.full((len(told), widest), -np.inf), np.zeros(len(told))
    for row, (found, truth) in enumerate(told):
        ranked = sorted(found, key=lambda f: -f.strength)
        odds[row, : len(ranked)] = [np.log(max(f.strength, 1e-6) / (1 - f.strength)) for f in ranked]
        right[row] = (ranked[0].cause, ranked[0].service) == truth
    _, shift, slope = max((_likelihood(odds, right, a, b), a, b) for a in SHIFTS for b in SLOPES)
    return Curve(shift=round(float(shift), 2), slope=round(float(slope), 2))


def _likelihood(odds: Floats, right: Floats, shift: float, slope: float) -> float:
    bent = np.minimum(np.exp(np.where(np.isfinite(odds), shift + slope * odds, -np.inf)), STRONGEST / (1 - STRONGEST))
    sure = np.clip(bent[:, 0] / (1 + bent.sum(axis=1)), 1e-6, 1 - 1e-6)
    # The shop is tidier than life: without good reason a strength stays what it is.
    moved = RIDGE * (shift**2 + (slope - 1) ** 2)
    return float((right * np.log(sure) + (1 - right) * np.log(1 - sure)).sum()) - moved
