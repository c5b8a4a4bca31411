"""From one window of alerts to the places that may have caused it: the walk from the symptoms down to the cause.

Three sums: what a place itself rings with, what all instances of a service ring with together, and what its callers
complain of that its own callees do not explain (the idea of explaining away: Pearl, 1988).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.analysis.numbers.confidence import Calibration
from holdfast.analysis.topology.alerts import Alert, Background, Source
from holdfast.analysis.topology.graph import Topology

EARLY = 300.0  # seconds after the first alert at which one weighs half: causes ring before consequences
ALONE = 0.5  # a measurement only one place ever reports cannot be compared with peers, so it weighs half
TOGETHER = 0.6  # share of a service's instances that must ring alike before the service itself is suspected
CLEAR = 1.5  # power: one clear resource says more than several faint ones

# From `margin` to the chance that the first is right.
CALIBRATION = Calibration(intercept=-0.71, slope=1.6)


@dataclass(frozen=True)
class Suspect:
    """One place and how much the window speaks against it, in nats of surprise, weighted; `why` names its alerts."""

    place: str
    score: float
    why: tuple[str, ...] = ()


def blame(topology: Topology, background: Background, window: Sequence[Alert]) -> tuple[Suspect, ...]:
    """Return every place of the graph or the window, most suspect first, ties by name.

    `background` must hold earlier windows only. An empty window leaves every score 0.
    """
    weighed = _weigh(background, window)
    metrics = [w for w in weighed if w.alert.source is Source.METRIC]
    traces = [w for w in weighed if w.alert.source is Source.TRACE]
    scores: dict[str, float] = dict.fromkeys(topology.names, 0.0)
    for part in (_own(topology, background, metrics), _shared(topology, metrics), _complaints(background, traces)):
        for place, score in part.items():
            scores[place] = scores.get(place, 0.0) + score
    why: dict[str, list[str]] = defaultdict(list)
    for w in sorted(weighed, key=lambda w: -w.weight):
        why[w.alert.place].append(f"{w.alert.name} {w.alert.way}".strip())
    ranked = sorted(scores, key=lambda place: (-scores[place], place))
    return tuple(Suspect(p, scores[p], tuple(dict.fromkeys(why[p]))[:3]) for p in ranked)


def margin(suspects: Sequence[Suspect]) -> float:
    """Return how far the first stands out of the second, as the log of their ratio; 0 when none is suspect."""
    if not suspects or suspects[0].score <= 0:
        return 0.0
    second = suspects[1].score if len(suspects) > 1 else 0.0
    return math.log((suspects[0].score + 1.0) / (second + 1.0))


@dataclass(frozen=True)
class _Weighed:
    """An alert, how surprising it is, and that times how early it came."""

    alert: Alert
    surprise: float
    weight: float


def _weigh(background: Background, window: Sequence[Alert]) -> list[_Weighed]:
    first = min((a.at for a in window), default=0.0)
    found = []
    for alert in window:
        surprise = background.surprise(alert)
        found.append(_Weighed(alert, surprise, surprise / (1.0 + (alert.at - first) / EARLY)))
    return found


def _ringing(metrics: Iterable[_Weighed]) -> dict[tuple[str, str], set[str]]:
    """Return where each measurement rings in each way."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for w in metrics:
        found[(w.alert.measurement, w.alert.way)].add(w.alert.place)
    return found


def _own(topology: Topology, background: Background, metrics: list[_Weighed]) -> dict[str, float]:
    """Return what each place rings with itself: less when its peers ring alike, once per measurement."""
    ringing = _ringing(metrics)
    families: dict[tuple[str, str], dict[tuple[str, str], float]] = defaultdict(dict)
    for w in metrics:
        alike = (w.alert.measurement, w.alert.way)
        role = topology.role(w.alert.place)
        peers = sum(topology.role(p) is role for p in ringing[alike])
        alone = len(background.reporters(w.alert.measurement) | ringing[alike]) == 1
        weight = w.weight * peers**-0.5 * (ALONE if alone else 1.0)
        family = families[(w.alert.place, w.alert.family)]
        family[alike] = max(weight, family.get(alike, 0.0))
    scores: dict[str, float] = defaultdict(float)
    for (place, _), found in families.items():
        scores[place] += (max(found.values()) * math.sqrt(len(found))) ** CLEAR
    return scores


def _shared(topology: Topology, metrics: list[_Weighed]) -> dict[str, float]:
    """Return what most instances of a service ring with together, less when other services' instances do too."""
    ringing = _ringing(metrics)
    surprise = {(w.alert.measurement, w.alert.way, w.alert.place): w.surprise for w in metrics}
    families: dict[tuple[str, str], float] = defaultdict(float)
    named = {(w.alert.measurement, w.alert.way): w.alert.family for w in metrics}
    instances = set(topology.instance_of)
    for service, own in topology.instances.items():
        for alike, places in ringing.items():
            mine = places & set(own)
            if len(mine) < max(2.0, TOGETHER * len(own)):
                continue
            others = len((places & instances) - mine)
            weight = sum(surprise[(*alike, p)] for p in mine) / math.sqrt(len(own) * (1.0 + others))
            where = (service, named[alike])
            families[where] = max(weight, families[where])
    scores: dict[str, float] = defaultdict(float)
    for (service, _), weight in families.items():
        scores[service] += weight
    return scores


def _complaints(background: Background, traces: list[_Weighed]) -> dict[str, float]:
    """Return what callers complain of at each place, less what the place itself complains of at its callees."""
    heard: dict[tuple[str, str], float] = defaultdict(float)
    passed_on: dict[tuple[str, str], float] = defaultdict(float)
    lines: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for w in traces:
        where = (w.alert.place, w.alert.way)
        lines[where].add((w.alert.caller, w.alert.name))
        own = w.alert.caller == w.alert.place
        heard[where] += w.weight * (0.5 if own else 1.0)
        if not own:
            passed_on[(w.alert.caller, w.alert.way)] += w.weight
    scores: dict[str, float] = defaultdict(float)
    for (place, way), weight in heard.items():
        known = len(lines[(place, way)] | background.lines(place, way))
        scores[place] += max(0.0, weight - passed_on[(place, way)]) / math.sqrt(known)
    return scores
