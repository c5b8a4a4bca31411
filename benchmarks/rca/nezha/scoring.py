"""Scores the answers to the Nezha set, system by system, and what was fitted on one system on the other."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from benchmarks.rca.nezha.looking import Looked
from benchmarks.rca.outcome import Row
from holdfast.analysis.blending.blend import WEIGHTS, Ranking, blend
from holdfast.analysis.numbers.confidence import calibration_error, fit

DATASET = "nezha"
STEPS = (0.0, 0.125, 0.25, 0.5, 1.0)  # weights of a source that are tried when one is fitted
# By system: at least and aim of AS@1 and AS@3, what the set's authors publish, and how they count sources.
BOUNDS = {
    "Train-Ticket": ((0.80, 0.90, ".867 (373 s)"), (0.95, 0.98, ".978")),
    "Boutique": ((0.66, 0.75, ".643 without logs"), (0.80, 0.88, ".643 without logs")),
}


@dataclass(frozen=True)
class Played:
    """One fault, the ranking given, and the seconds it took, reading included."""

    looked: Looked
    ranking: Ranking
    seconds: float

    @property
    def name(self) -> str:
        """Return a name of the case."""
        return f"{DATASET}/{self.looked.fault.day}/{self.looked.fault.at:.0f}"

    @property
    def system(self) -> str:
        """Return which of the two systems it is: the services of one bear its mark."""
        return "Train-Ticket" if self.looked.fault.service.startswith("ts-") else "Boutique"

    def within(self, k: int) -> bool:
        """Return whether the service that was broken is among the first k."""
        return self.looked.fault.service in [p for p, _ in self.ranking.places[:k]]


def rows(played: list[Played]) -> tuple[Row, ...]:
    """Return AS@1 and AS@3 of each system that was played."""
    found = []
    for system, bounds in BOUNDS.items():
        own = [p for p in played if p.system == system]
        note = f"{sum(p.seconds for p in own):.0f} s; {_missing(own)}"
        for k, (at_least, aim, published) in zip((1, 3), bounds, strict=True):
            if own:
                found.append(
                    _row(f"{system} AS@{k}", own, k, note).model_copy(
                        update={"at_least": at_least, "aim": aim, "published": published}
                    )
                )
    return tuple(found)


def _row(measure: str, played: list[Played], k: int, note: str) -> Row:
    return Row(dataset=DATASET, measure=measure, ours=_share(played, k), cases=len(played), note=note)


def _share(played: list[Played], k: int) -> float:
    return sum(p.within(k) for p in played) / len(played)


def _missing(played: list[Played]) -> str:
    counts = {n: sum(n in p.ranking.missing for p in played) for n in WEIGHTS}
    told = ", ".join(f"{n} {c}" for n, c in counts.items() if c)
    return f"cases without {told}" if told else "all sources in all cases"


def gaps(played: list[Played]) -> tuple[Row, ...]:
    """Return, for each pair of systems, how what was fitted on the first does on the second."""
    found = []
    for one, other in permutations(BOUNDS, 2):
        fitted, asked = ([p for p in played if p.system == s] for s in (one, other))
        if fitted and asked:
            found += [_weights_row(fitted, asked), _calibration_row(fitted, asked)]
    return tuple(found)


def _weights_row(fitted: list[Played], asked: list[Played]) -> Row:
    """Return AS@1 with the weights of metrics and logs that do best on the other system; the smallest of equals."""
    tried = [{"traces": 1.0, "metrics": m, "logs": lines} for m in STEPS for lines in STEPS]
    best = max(tried, key=lambda w: _share(_again(fitted, w), 1))
    note = f"weights metrics {best['metrics']}, logs {best['logs']}; as shipped {_share(asked, 1):.3f}"
    return _row(f"weights of {fitted[0].system} on {asked[0].system}, AS@1", _again(asked, best), 1, note)


def _again(played: list[Played], weights: dict[str, float]) -> list[Played]:
    return [Played(p.looked, blend(p.looked.sources, weights), p.seconds) for p in played]


def _calibration_row(fitted: list[Played], asked: list[Played]) -> Row:
    margins, right = _answers(fitted)
    curve = fit(margins, right)
    margins, right = _answers(asked)
    error = calibration_error(np.array([curve.of(float(m)) for m in margins]), right)
    return Row(
        dataset=DATASET,
        measure=f"calibration of {fitted[0].system} on {asked[0].system}",
        ours=1 - error,
        cases=len(asked),
        note=f"expected calibration error {error:.3f}",
    )


def _answers(played: list[Played]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p.ranking.margin for p in played]), np.array([float(p.within(1)) for p in played])
