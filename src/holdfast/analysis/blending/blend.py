"""From what each source says of the places to one ranking, how sure it is, and which source was missing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.analysis.numbers.confidence import Calibration

Scores = Mapping[str, float]  # of places, 0 and up, in nats

# How much one nat of each source counts. Traces tell caller from callee. Usage also rises where the load merely moved,
# so it counts a quarter; what is written changes with every change of what is asked, so lines count half of that.
WEIGHTS = {"traces": 1.0, "metrics": 0.25, "logs": 0.125}
FAINT = 0.01  # nats added to a margin before its logarithm: below it two places are as good as level
CALIBRATION = Calibration(4.9, 1.6)  # fitted by `fit` to 41 faults of the Nezha set's two systems together


@dataclass(frozen=True)
class Ranking:
    """Places with their scores, best first; `margin` is ln of how far the first leads, in nats."""

    places: tuple[tuple[str, float], ...]
    margin: float
    missing: tuple[str, ...]

    @property
    def first(self) -> str:
        """Return the place blamed most, or nothing when no source blames any."""
        return self.places[0][0] if self.places else ""

    @property
    def confidence(self) -> float:
        """Return the chance, 0 to 1, that the first place is right; 0 when there is none."""
        return CALIBRATION.of(self.margin) if self.places else 0.0


def blend(sources: Mapping[str, Scores], weights: Mapping[str, float] = WEIGHTS) -> Ranking:
    """Return the ranking of all places any source blames; a source with a weight and without scores is named missing.

    Raises ValueError for a source that has no weight.
    """
    unknown = sorted(sources.keys() - weights.keys())
    if unknown:
        raise ValueError(f"sources: {', '.join(unknown)} unknown, expected some of {', '.join(weights)}")
    total: dict[str, float] = {}
    for name, scores in sources.items():
        for place, score in scores.items():
            total[place] = total.get(place, 0.0) + weights[name] * score
    ranked = sorted(((p, s) for p, s in total.items() if s > 0.0), key=lambda each: (-each[1], each[0]))
    return Ranking(tuple(ranked), _margin(ranked), tuple(n for n in weights if not sources.get(n)))


def _margin(ranked: list[tuple[str, float]]) -> float:
    top, second = ([s for _, s in ranked] + [0.0, 0.0])[:2]
    return math.log(top - second + FAINT)
