"""Whose trouble explains the symptom, when it is known who calls whom: what each node adds beyond what it calls."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.analysis.metrics.scoring import Usual, excess, scores, usual
from holdfast.analysis.metrics.suspects import Ranking, Suspect, ranking
from holdfast.analysis.metrics.table import Column, Table
from holdfast.analysis.numbers.confidence import Calibration
from holdfast.analysis.numbers.series import Floats

Calls = Mapping[str, tuple[str, ...]]  # caller to callees
Rows = npt.NDArray[np.bool_]

# A symptom that somebody named is felt from this many usual spreads on; one that is not is "nothing wrong".
FELT = 1.75
NOTED = 2.0  # a node's part counts from this many of its own usual spreads on
WORST = 0.5  # the rows that show the symptom: those with at least this share of its largest excess
# The margin is by how much of the symptom the first one's own part exceeds the second's. Set by hand, below what the
# cases seen would bear out: all of them were right, and so few cannot show how often the next will be.
SURE = Calibration(intercept=0.7, slope=2.5)


@dataclass(frozen=True)
class Symptom:
    """What hurts and whom. `metric` must be in the tables for `entity`, and for all that may explain it.

    `requests` is the metric that counts the calls a node answers in one step.
    """

    entity: str
    metric: str
    requests: str = "requests"


@dataclass(frozen=True)
class Part:
    """A node's part of the trouble. `burden` is the excess times the calls it concerns; `own` is less its callees'."""

    entity: str
    burden: float
    own: float


def explain(symptom: Symptom, before: Table, after: Table, calls: Calls) -> Ranking:
    """Return who explains the symptom, best first, by share of it; quiet when the symptom is not felt.

    Time lost and requests failed add up along calls. So each node that the symptom's can reach is asked how much of
    either it has in excess while the symptom shows, more than while it does not; what its callees have in excess is
    theirs, also through a node that shows nothing itself. What was not there before has no usual level and is
    nobody's excuse: whoever began to call it did that.

    Raises ValueError when the tables' columns differ or the symptom is not among them.
    """
    if before.columns != after.columns:
        raise ValueError("columns: those before and those after differ")
    column = Column(symptom.entity, symptom.metric)
    if column not in after.columns:
        raise ValueError(f"symptom: no series {symptom.metric} of {symptom.entity}")
    normal, at = usual(before), after.columns.index(column)
    if scores(after, normal)[at] < FELT:
        return Ranking()
    parts = _parts(symptom, after, normal, calls)
    return _ranked(symptom, parts)


def _parts(symptom: Symptom, after: Table, normal: Usual, calls: Calls) -> list[Part]:
    beyond = excess(after, normal)
    bad = _bad_rows(beyond[:, after.columns.index(Column(symptom.entity, symptom.metric))])
    burdens: dict[str, float] = {}
    for entity in reachable(symptom.entity, calls):
        column = Column(entity, symptom.metric)
        if column not in after.columns:
            continue
        at = after.columns.index(column)
        more = _contrast(beyond[:, at], bad)
        noted = more > NOTED * float(normal.spread[at])  # False where the usual is unknown
        if noted or entity == symptom.entity:
            burdens[entity] = max(0.0, _contrast(beyond[:, at] * _requests(symptom, entity, after), bad))
    theirs = {e: sum(burdens[c] for c in _nearest(e, calls, burdens)) for e in burdens}
    return [Part(e, burden, max(0.0, burden - theirs[e])) for e, burden in burdens.items()]


def _nearest(start: str, calls: Calls, told: Collection[str]) -> set[str]:
    """Return the callees of `start` that are told of; for one that is not, those that it calls, and so on."""
    nearest: set[str] = set()
    seen, waiting = {start}, [start]
    while waiting:
        new = set(calls.get(waiting.pop(), ())) - seen
        seen |= new
        nearest |= {c for c in new if c in told}
        waiting += sorted(c for c in new if c not in told)
    return nearest


def reachable(start: str, calls: Calls) -> tuple[str, ...]:
    """Return `start` and all that it calls, directly or not, nearest first."""
    seen = [start]
    for caller in seen:
        seen += [c for c in dict.fromkeys(calls.get(caller, ())) if c not in seen]
    return tuple(seen)


def _bad_rows(beyond: Floats) -> Rows:
    """Return which rows show the symptom, shape (n,): those nearer to its worst than to its calm."""
    told = np.where(np.isfinite(beyond), beyond, 0.0)
    calm = min(float(np.percentile(told, 25)), 0.0)
    return np.asarray(told - calm >= WORST * (told.max() - calm), dtype=np.bool_)


def _contrast(values: Floats, bad: Rows) -> float:
    """Return the mean over bad rows less that over the others; a gap is no excess."""
    told = np.where(np.isfinite(values), values, 0.0)
    return float(told[bad].mean() - (told[~bad].mean() if not bad.all() else 0.0))


def _requests(symptom: Symptom, entity: str, after: Table) -> Floats:
    """Return how many calls a node answered in each row; as many as the symptom's node where it is not told."""
    for name in (entity, symptom.entity):
        told = after.of(name, symptom.requests)
        if told is not None and np.isfinite(told).any():
            return np.where(np.isfinite(told), told, 0.0)
    return np.ones(len(after))


def _ranked(symptom: Symptom, parts: list[Part]) -> Ranking:
    whole = max(next(p.burden for p in parts if p.entity == symptom.entity), 1e-12)
    order = sorted((p for p in parts if p.burden > 0), key=lambda p: (-p.own, -p.burden, p.entity))
    suspects = tuple(Suspect(p.entity, min(1.0, p.own / whole), (symptom.metric,)) for p in order)
    second = suspects[1].score if len(suspects) > 1 else 0.0
    return ranking(suspects, suspects[0].score - second if suspects else 0.0, SURE)
