"""Change rules: when several things were changed, at the service and at what it calls, which of them did it?"""

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.analysis.causes.dependencies import topology_of
from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import Reading
from holdfast.analysis.changes.contrast import Kpi
from holdfast.analysis.changes.impact import Change, Impact, Trouble, rank_changes
from holdfast.analysis.readings.changes import closeness
from holdfast.domain.diagnosis import Cause

PRIOR = 0.72  # as for the service's own rollout: most incidents follow a change
UNMEASURED = 0.4  # nobody looked at how the changed service fares
WELL = 0.1  # somebody looked, and it fares well
COMMITTED = 0.5  # a commit is no rollout: it may not run yet
FAINT = 0.05  # a finding weaker than this is not worth telling
OUTRANKED = 0.6  # what remains of the service's own rollout when another change explains more


@dataclass(frozen=True)
class _Made:
    """A change with the evidence that told of it, and how surely it is live."""

    change: Change
    evidence_id: str
    live: float


def changed_elsewhere(scene: Scene) -> Iterator[Finding]:
    """Something the service calls was changed just before the service began to hurt."""
    made = {m.change: m for m in _made(scene)}
    for impact in _ranked(scene, tuple(made)):
        service = impact.change.service
        strength = _strength(scene, impact) * made[impact.change].live
        if service == scene.service.name or strength < FAINT:
            continue
        seen = (made[impact.change].evidence_id, *(r.evidence_id for r in scene.of(service)))
        yield Finding(
            cause=Cause.BAD_RELEASE,
            service=service,
            strength=strength,
            statement=_statement(scene, impact),
            evidence=tuple(dict.fromkeys(seen)),
            target=f"{service} {impact.change.what}".strip(),
        )


def outranked(scene: Scene) -> bool:
    """Return whether a change elsewhere explains the trouble better than the service's own."""
    ranked = _ranked(scene, tuple(m.change for m in _made(scene)))
    return bool(ranked) and bool(ranked[0].why) and ranked[0].change.service != scene.service.name


def _ranked(scene: Scene, changes: tuple[Change, ...]) -> tuple[Impact, ...]:
    """Return the changes by impact; none when the service does not hurt or none of them is elsewhere."""
    own = scene.service.name
    if scene.onset is None or not scene.harmed or all(c.service == own for c in changes):
        return ()
    latest = {c.service: c for c in changes}
    kpis = {name: tuple(_kpi(r, change) for r in scene.of(name)) for name, change in latest.items()}
    return rank_changes(topology_of(scene), changes, Trouble(scene.onset, frozenset({own}), kpis))


def _made(scene: Scene) -> Iterator[_Made]:
    """Yield each service's running revision, and the last commit before the onset where no rollout is known."""
    rolled = set()
    for told in scene.rollouts:
        running = told.rollouts.running
        if running is not None:
            rolled.add(told.service)
            what = f"revision {running.number}"
            yield _Made(Change(told.service, running.created_at, what), told.evidence_id, 1.0)
    for seen in scene.commits:
        before = [c for c in seen.commits if scene.onset is not None and c.at <= scene.onset]
        if before and seen.service not in rolled:
            change = Change(seen.service, before[-1].at, f"commit {before[-1].sha[:10]}")
            yield _Made(change, seen.evidence_id, COMMITTED)


def _kpi(reading: Reading, change: Change) -> Kpi:
    """Return a reading split at the change; of the signals that measure service, the share up is one of failure."""
    before, after = reading.series.until(change.at.timestamp()), reading.series.since(change.at.timestamp())
    name = reading.signal.name
    if name == "up_ratio":
        return Kpi(name, True, before=1 - before.values, new=1 - after.values)
    return Kpi(name, name == "error_ratio", before=before.values, new=after.values)


def _strength(scene: Scene, impact: Impact) -> float:
    near = closeness(impact.change.at, scene.onset) if scene.onset else 0.0
    measured = WELL if scene.of(impact.change.service) else UNMEASURED
    return PRIOR * near * (1.0 if impact.why else measured)


def _statement(scene: Scene, impact: Impact) -> str:
    change = impact.change
    lead = (scene.onset - change.at).total_seconds() / 60 if scene.onset else 0.0
    effect = f": {'; '.join(impact.why)}" if impact.why else ""
    when = f"{lead:.0f} min before" if lead >= 1 else "within a minute of"
    return f"{change.what} of {change.service} came {when} the onset{effect}"
