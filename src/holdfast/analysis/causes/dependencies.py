"""Dependency rules: walk from the symptom along what the service calls, to the farthest thing that is unwell."""

from collections.abc import Iterator
from datetime import timedelta

from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import Reading
from holdfast.analysis.logs.peers import peer_errors
from holdfast.analysis.numbers.correlation import correlate
from holdfast.analysis.topology.graph import Topology, explained
from holdfast.domain.diagnosis import Cause
from holdfast.domain.service import Service

SLACK = timedelta(minutes=2)  # a cause may be scraped a little later than its effect
DOWN_SHARE = 0.5
LITTLE = 0.4


def dependency_down(scene: Scene) -> Iterator[Finding]:
    """A dependency is unwell since before the service was, its callers say so, or it is the service itself."""
    unwell = {s.name: f for s in _candidates(scene) if (f := _unwell(scene, s))}
    # What a dependency itself depends on, directly or not, when that is unwell too, is the farther and better cause.
    victims = explained(topology_of(scene), unwell)
    for name, finding in unwell.items():
        yield finding.scaled(0.5) if name in victims else finding


def topology_of(scene: Scene) -> Topology:
    """Return who calls whom, as far as the catalogue told of the service and its dependencies."""
    return Topology({s.name: frozenset(s.dependencies) for s in (scene.service, *scene.case.dependencies)})


def _candidates(scene: Scene) -> tuple[Service, ...]:
    """Return the dependencies, and the service itself when it is one that others depend on."""
    own = (scene.service,) if scene.service.kind != "deployment" else ()
    return (*own, *scene.case.dependencies)


def _unwell(scene: Scene, service: Service) -> Finding | None:
    up, errors = scene.reading("up_ratio", service.name), scene.reading("error_ratio", service.name)
    bad = [r for r in (up, errors) if r is not None and r.harmed]
    said, refs = _said_by_callers(scene, service)
    if not bad and not said:
        return None
    strength = either(
        *(_weight(r) * _enough(scene, r) for r in bad), 0.5 if said else 0.0, *(0.2 for r in bad if _leads(scene, r))
    )
    late = any(_came_later(scene, r) for r in bad)
    told = [r.course for r in bad] + ([f"{said} log lines of {scene.service.name} cannot reach it"] if said else [])
    return Finding(
        cause=Cause.DATABASE_DOWN if service.kind == "database" else Cause.DEPENDENCY_FAILURE,
        service=service.name,
        strength=strength * (0.4 if late else 1.0),
        statement=f"{service.name} is down or failing: {'; '.join(told)}",
        evidence=tuple(dict.fromkeys((*(r.evidence_id for r in bad), *refs))),
        target=service.name,
    )


def _weight(reading: Reading) -> float:
    """Return how strongly one signal says that a service does not serve."""
    level = reading.shift.level if reading.shift else 0.0
    if reading.signal.name == "up_ratio":
        return 0.8 if level < DOWN_SHARE else 0.45
    return 0.65 if level > DOWN_SHARE else 0.45


def _enough(scene: Scene, reading: Reading) -> float:
    """Return how much of what the service suffers its dependency's failures can explain, LITTLE to 1.

    Nobody hands on more failures than it gets; and one whose own requests do not fail hands on none.
    """
    own = scene.reading("error_ratio")
    if reading.signal.name != "error_ratio" or own is None or own.service == reading.service or not scene.harmed:
        return 1.0
    if own.shift is None or reading.shift is None or not own.harmed:
        return LITTLE
    return max(LITTLE, min(1.0, reading.shift.level / max(own.shift.level, 1e-9)))


def _said_by_callers(scene: Scene, service: Service) -> tuple[int, tuple[str, ...]]:
    """Return how many new error lines of the service name this dependency as out of reach, and where they are."""
    if service.name == scene.service.name:
        return 0, ()
    told = [
        (seen.evidence_id, error.after)
        for seen in scene.logs
        for error in peer_errors(seen.service, seen.templates, [service.name])
        if error.grown
    ]
    return sum(n for _, n in told), tuple(ref for ref, _ in told)


def _leads(scene: Scene, cause: Reading) -> bool:
    """Return whether the dependency's signal moves with, and not after, one that hurts at the service."""
    for effect in scene.harmed:
        if effect.service == cause.service:
            continue
        found = correlate(cause.series, effect.series)
        if found and found.significant and found.lag >= -SLACK.total_seconds():
            return True
    return False


def _came_later(scene: Scene, reading: Reading) -> bool:
    own = [r.onset for r in scene.harmed if r.onset is not None and r.service != reading.service]
    return bool(own) and reading.onset is not None and reading.onset > min(own) + SLACK
