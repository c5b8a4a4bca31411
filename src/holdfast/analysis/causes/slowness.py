"""The slowness rule: the service waits, and what it waits for is a dependency that answers, but late."""

from collections.abc import Iterator

from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import Reading
from holdfast.analysis.metrics.callgraph import Symptom, explain
from holdfast.analysis.metrics.suspects import Suspect
from holdfast.analysis.metrics.table import Column, aligned
from holdfast.domain.diagnosis import Cause

LATENCY, REQUESTS = "latency_p99_seconds", "request_rate"
MOSTLY = 0.5  # of the slowness that a dependency must explain
# How likely a dependency is that explains all of it. No more, as percentiles do not add up as means do.
WHOLLY = 0.6


def slow_dependency(scene: Scene) -> Iterator[Finding]:
    """A dependency became slower when the service did, by as much; it neither fails nor is down, which says more."""
    own = scene.reading(LATENCY)
    if own is None or not own.harmed or own.shift is None or own.shift.onset is None:
        return
    first = _first(scene, own.shift.onset)
    cause = scene.reading(LATENCY, first.entity) if first and first.entity != scene.service.name else None
    if first is None or cause is None or first.score < MOSTLY or _fails(scene, first.entity):
        return
    yield Finding(
        cause=Cause.DEPENDENCY_FAILURE,
        service=first.entity,
        strength=WHOLLY * first.score,
        statement=f"{first.entity} is slow and explains {first.score:.0%} of it: {cause.course}; {own.course}",
        evidence=(own.evidence_id, cause.evidence_id),
        target=first.entity,
    )


def _first(scene: Scene, onset: float) -> Suspect | None:
    """Return who explains the service's latency best, out of what was read of it and of its dependencies."""
    read = [r for r in scene.readings.values() if r.signal.name in (LATENCY, REQUESTS)]
    before, after = aligned({_column(r): r.series for r in read}).split(onset)
    calls = {s.name: s.dependencies for s in scene.case.dependencies}
    calls[scene.service.name] = tuple(calls)
    found = explain(Symptom(scene.service.name, LATENCY, REQUESTS), before, after, calls)
    return None if found.quiet else found.suspects[0]


def _column(reading: Reading) -> Column:
    return Column(reading.service, reading.signal.name)


def _fails(scene: Scene, service: str) -> bool:
    told = (scene.reading(name, service) for name in ("up_ratio", "error_ratio"))
    return any(r is not None and r.harmed for r in told)
