"""The scene as the rules see it: every answer of the case read once, and when the trouble began."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from holdfast.analysis.causes.sourced import (
    Reading,
    SourcedCommits,
    SourcedEvents,
    SourcedLogs,
    SourcedPods,
    SourcedRollouts,
    SourcedTrace,
)
from holdfast.analysis.cleaning import one_line
from holdfast.analysis.metrics.onset import find_onset
from holdfast.analysis.metrics.table import Column, aligned
from holdfast.analysis.numbers.onset import find_shift
from holdfast.analysis.numbers.series import read_series
from holdfast.analysis.numbers.signals import signal_asked
from holdfast.analysis.observation import Case, Observation
from holdfast.analysis.readings.changes import read_commits, read_rollouts
from holdfast.analysis.readings.logs import Line, mine, read_lines
from holdfast.analysis.readings.pods import Event, belongs, of_deployment, read_events, read_pods
from holdfast.analysis.readings.traces import read_trace
from holdfast.analysis.rows import UNREADABLE, Tally
from holdfast.domain.evidence import EvidenceKind
from holdfast.domain.service import Service

T = TypeVar("T")

# Lines are written when something happens, metrics show it at the next scrape, and an alert waits before it fires.
SCRAPED_LATE = timedelta(seconds=30)
FIRES_LATE = timedelta(minutes=10)


@dataclass
class Scene:
    """Everything the rules read. Built once a case; the rules never change it.

    `onset` is since when the service hurts, `began` when its signals changed together, whether or not it hurts.
    """

    case: Case
    readings: dict[tuple[str, str], Reading] = field(default_factory=dict)
    pods: tuple[SourcedPods, ...] = ()
    events: tuple[SourcedEvents, ...] = ()
    logs: tuple[SourcedLogs, ...] = ()
    rollouts: tuple[SourcedRollouts, ...] = ()
    commits: tuple[SourcedCommits, ...] = ()
    traces: tuple[SourcedTrace, ...] = ()
    onset: datetime | None = None
    began: datetime | None = None
    unread: tuple[str, ...] = ()

    @property
    def service(self) -> Service:
        """Return the service the incident is about."""
        return self.case.service

    def reading(self, signal: str, service: str = "") -> Reading | None:
        """Return one signal of a service, by default of the incident's own."""
        return self.readings.get((service or self.service.name, signal))

    def of(self, service: str) -> tuple[Reading, ...]:
        """Return every signal read of one service."""
        return tuple(r for (name, _), r in self.readings.items() if name == service)

    @property
    def too_early(self) -> bool:
        """Return whether an alert fires that the newest points are too old to show, or to clear."""
        firing = [a.starts_at.timestamp() for a in self.case.alerts if a.firing]
        last = [float(r.series.times[-1]) for r in self.of(self.service.name)]
        return bool(firing and last) and max(last) < max(firing)

    @property
    def harmed(self) -> tuple[Reading, ...]:
        """Return the service's own signals that moved the way that hurts."""
        return tuple(r for r in self.of(self.service.name) if r.harmed)


def read_scene(case: Case) -> Scene:
    """Read every answer of the case; one that cannot be read is named in `unread` and breaks nothing."""
    scene, broken = Scene(case), _Broken()
    for seen in _readable(case, EvidenceKind.METRIC):
        reading = broken.guard(seen, _reading)
        if reading is not None and len(reading.series):
            scene.readings[(reading.service, reading.signal.name)] = reading
    scene.began = _began(scene)
    scene.onset = _onset(scene)
    scene.pods = tuple(filter(None, (broken.guard(s, _pods_of(case)) for s in _readable(case, EvidenceKind.PODS))))
    scene.events = tuple(
        filter(None, (broken.guard(s, _events_of(case)) for s in _readable(case, EvidenceKind.EVENTS)))
    )
    scene.logs = tuple(
        filter(None, (broken.guard(s, _logs_since(_logs_onset(scene))) for s in _readable(case, EvidenceKind.LOGS)))
    )
    scene.rollouts = tuple(filter(None, (broken.guard(s, _rollouts) for s in _readable(case, EvidenceKind.ROLLOUTS))))
    scene.commits = tuple(filter(None, (broken.guard(s, _commits) for s in _readable(case, EvidenceKind.COMMITS))))
    scene.traces = tuple(filter(None, (broken.guard(s, _trace) for s in _readable(case, EvidenceKind.TRACE))))
    scene.unread = tuple(broken.told)
    return scene


class _Broken:
    """Remembers which answers made no sense, so that they are told and not swallowed."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def guard(self, seen: Observation, read: Callable[[Observation, Tally], T]) -> T | None:
        """Return what `read` makes of an answer, or None with a note of what is wrong with it, as with single rows."""
        tally, name = Tally(), seen.evidence.title or seen.evidence.source
        try:
            found = read(seen, tally)
        except UNREADABLE as e:
            self.told.append(f"{name} could not be read: {one_line(str(e), 200)}")
            return None
        if tally.told:
            self.told.append(f"{name}: {tally.told}" + (f": {one_line(tally.why, 200)}" if tally.why else ""))
        return found


def _readable(case: Case, kind: EvidenceKind) -> list[Observation]:
    return [o for o in case.observations if o.evidence.kind is kind and o.readable]


def _reading(seen: Observation, tally: Tally) -> Reading:
    signal = signal_asked(seen.evidence.query, seen.body.get("query"))
    series = read_series(seen.body, signal, tally)
    return Reading(seen.evidence_id, seen.evidence.service, signal, series, find_shift(series, signal))


def _onset(scene: Scene) -> datetime | None:
    """Return when the service began to hurt: its earliest harmful shift, else when it changed or an alert fired."""
    shifts = [r.onset for r in scene.harmed if r.onset is not None]
    firing = [a.starts_at for a in scene.case.alerts if a.firing]
    return min(shifts, default=None) or scene.began or min(firing, default=None)


def _began(scene: Scene) -> datetime | None:
    """Return when the service's signals changed their levels together, which shows where each alone is too noisy."""
    own = {Column(r.service, r.signal.name): r.series for r in scene.of(scene.service.name)}
    found = find_onset(aligned(own)) if own else None
    return datetime.fromtimestamp(found.unix, UTC) if found else None


def _logs_onset(scene: Scene) -> datetime | None:
    """Return from when on a line belongs to the trouble: well before the alert where no signal says when it began."""
    if scene.onset is None:
        return None
    seen = scene.began is not None or any(r.onset for r in scene.harmed)
    return scene.onset - (SCRAPED_LATE if seen else FIRES_LATE)


def _pods_of(case: Case) -> Callable[[Observation, Tally], SourcedPods]:
    def read(seen: Observation, tally: Tally) -> SourcedPods:
        pods = read_pods(seen.body, tally)
        own = of_deployment(pods, case.service.deployment or case.service.name)
        return SourcedPods(seen.evidence_id, own)

    return read


def _events_of(case: Case) -> Callable[[Observation, Tally], SourcedEvents]:
    def read(seen: Observation, tally: Tally) -> SourcedEvents:
        name = case.service.deployment or case.service.name
        own = tuple(e for e in read_events(seen.body, tally) if _concerns(e, name))
        return SourcedEvents(seen.evidence_id, own)

    return read


def _concerns(event: Event, name: str) -> bool:
    kind, _, thing = event.thing.partition("/")
    return kind == "node" or belongs(thing, name)


def _logs_since(onset: datetime | None) -> Callable[[Observation, Tally], SourcedLogs]:
    def read(seen: Observation, tally: Tally) -> SourcedLogs:
        lines: tuple[Line, ...] = read_lines(seen.body, tally)
        asked = seen.evidence.range
        # An answer that was cut holds the newest lines, so what it covers begins with its first line.
        covered_from = asked.start if asked and not seen.evidence.cut else None
        return SourcedLogs(seen.evidence_id, seen.evidence.service, mine(lines, onset, covered_from))

    return read


def _rollouts(seen: Observation, _: Tally) -> SourcedRollouts:
    return SourcedRollouts(seen.evidence_id, read_rollouts(seen.body), seen.evidence.service)


def _commits(seen: Observation, tally: Tally) -> SourcedCommits:
    return SourcedCommits(seen.evidence_id, seen.evidence.service, read_commits(seen.body, tally))


def _trace(seen: Observation, tally: Tally) -> SourcedTrace:
    return SourcedTrace(seen.evidence_id, read_trace(seen.body, tally))
