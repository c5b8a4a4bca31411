"""Ranks what was changed by how well each change explains the trouble: in time, in effect, and along the calls."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.analysis.causes.finding import either
from holdfast.analysis.changes.contrast import Kpi, harm, unwell
from holdfast.analysis.numbers.confidence import Calibration
from holdfast.analysis.readings.changes import closeness
from holdfast.analysis.topology.graph import Topology, explained

SILENT = 0.7  # a new version that never reports where the old one does has most likely never served
LEVEL = 0.5  # slower or busier is a weaker sign than failing
SHARED = 0.4  # a service unwell in both versions may be its change's doing, or its callees'
INHERITED = 0.3  # harm without an old version beside it, at a service whose callees explain it
PRIOR = 0.05  # what a change is suspected of by its time alone
FARTHER = 0.9  # each call between the symptom and the change
ELSEWHERE = 0.3  # a change that the symptom does not call, directly or through others
SICK = 0.01  # a share of failures below this is everyday life

# From `margin` to the chance that the first is right.
CALIBRATION = Calibration(intercept=0.8, slope=2.0)


@dataclass(frozen=True)
class Change:
    """Something that was changed at a service: a rollout, a scaling, a commit that went live."""

    service: str
    at: datetime
    what: str = ""


@dataclass(frozen=True)
class Impact:
    """One change and how well it explains the trouble, 0 to 1, with the reasons in words."""

    change: Change
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """When it began, where it is seen first (empty: not known), and what every service's numbers did."""

    onset: datetime
    symptoms: frozenset[str] = frozenset()
    kpis: Mapping[str, Sequence[Kpi]] | None = None

    def of(self, service: str) -> Sequence[Kpi]:
        """Return the numbers of one service, none when it was not measured."""
        return (self.kpis or {}).get(service, ())


def rank_changes(topology: Topology, changes: Iterable[Change], trouble: Trouble) -> tuple[Impact, ...]:
    """Return every change, the likeliest culprit first, ties by how shortly before the onset it was made."""
    listed = tuple(changes)
    failing = {s for s in _measured(trouble) if _failing(trouble.of(s)) > SICK}
    suffering = explained(topology, failing | {c.service for c in listed if _silent(trouble.of(c.service))})
    impacts = [_impact(topology, change, trouble, change.service in suffering) for change in listed]
    return tuple(sorted(impacts, key=lambda i: (-i.score, -i.change.at.timestamp(), i.change.service)))


def margin(impacts: Sequence[Impact]) -> float:
    """Return how far the first stands out, as the log of its score against the second's; 0 for none."""
    if not impacts:
        return 0.0
    second = impacts[1].score if len(impacts) > 1 else 0.0
    return math.log((impacts[0].score + PRIOR) / (second + PRIOR))


def _impact(topology: Topology, change: Change, trouble: Trouble, suffering: bool) -> Impact:
    kpis = trouble.of(change.service)
    failures, level = _harms(kpis, suffering)
    silent = _silent(kpis)
    shared = _failing(kpis) if not suffering else 0.0
    effect = either(PRIOR, failures, LEVEL * level, SILENT if silent else 0.0, SHARED * shared)
    reasons = (
        (failures > SICK, f"the new version of {change.service} fails {failures:.0%} more often than the old one"),
        (silent, f"the new version of {change.service} never reported"),
        (LEVEL * level > PRIOR, f"the new version of {change.service} is slower or busier than the old one"),
        (shared > SICK, f"{change.service} fails more than before and nothing it calls explains it"),
    )
    near = closeness(change.at, trouble.onset)
    score = effect * near * _reach(topology, trouble.symptoms, change.service)
    return Impact(change, score, tuple(words for holds, words in reasons if holds))


def _harms(kpis: Sequence[Kpi], suffering: bool) -> tuple[float, float]:
    """Return the worst harm among shares of failures and among levels."""
    felt = [(k.is_share, harm(k) * (INHERITED if suffering and not k.beside else 1.0)) for k in kpis]
    shares, levels = ([h for is_share, h in felt if is_share is wanted] for wanted in (True, False))
    return max(shares, default=0.0), max(levels, default=0.0)


def _measured(trouble: Trouble) -> frozenset[str]:
    return frozenset(trouble.kpis or ())


def _failing(kpis: Sequence[Kpi]) -> float:
    return max((unwell(k) for k in kpis if k.is_share), default=0.0)


def _silent(kpis: Sequence[Kpi]) -> bool:
    """Return whether the service is measured and the new version appears in none of its numbers."""
    told = [k for k in kpis if any(len(part) for part in k.finite())]
    return bool(told) and all(k.silent for k in told)


def _reach(topology: Topology, symptoms: frozenset[str], service: str) -> float:
    """Return how plausible it is that trouble at `service` is seen at the symptoms: less for each call between."""
    if not symptoms:
        return 1.0
    far = [d for s in symptoms if (d := topology.distance(s, service)) is not None]
    return math.pow(FARTHER, min(far)) if far else ELSEWHERE
