"""Other ways to rank one recorded case, by name, so that a diagnosis can be held against what others say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.fusion import STRAIGHT, fuse
from holdfast.analysis.causes.scene import Scene, read_scene
from holdfast.analysis.observation import Case
from holdfast.analysis.ranking import rank
from holdfast.domain.diagnosis import Cause, Diagnosis
from holdfast.domain.evidence import EvidenceKind

Ranker = Callable[[Case], Diagnosis]

# A rollout is blamed for what begins up to this long after it: a leak or a full queue needs some minutes to show.
BLAMED_FOR = timedelta(minutes=15)
# What comes first is the cause about every other time; a rule of thumb claims no more.
THUMB = 0.5

_CAUSES: dict[str, Cause] = {
    "cpu_ratio": Cause.CPU_SATURATION,
    "memory_ratio": Cause.MEMORY_LEAK,
    "request_rate": Cause.TRAFFIC_SURGE,
    "restarts_total": Cause.CRASH_LOOP,
}


def first_change(case: Case) -> Diagnosis:
    """Blame what changed first: a rollout shortly before the trouble, else the signal that left its baseline first.

    The rule of thumb that people use, as a yardstick: it reads no logs, pods or events, and weighs nothing.
    """
    scene = read_scene(case)
    found = _rollout(scene) or _signal(scene)
    hypotheses = fuse([found], STRAIGHT) if found else ()
    missing = () if found else ("nothing that was looked at changed",)
    return Diagnosis(method="ranker:first-change", hypotheses=hypotheses, missing=(*scene.unread, *missing))


def _only(*kinds: EvidenceKind, name: str) -> Ranker:
    """Return the present ranker with its eyes on some kinds of evidence alone."""

    def ranked(case: Case) -> Diagnosis:
        kept = tuple(o for o in case.observations if o.evidence.kind in kinds)
        return rank(replace(case, observations=kept)).model_copy(update={"method": f"ranker:{name}"})

    return ranked


_CLUSTER = (EvidenceKind.PODS, EvidenceKind.EVENTS, EvidenceKind.ROLLOUTS)
RANKERS: dict[str, Ranker] = {
    "rules": rank,
    "metrics-only": _only(EvidenceKind.METRIC, name="metrics-only"),
    "without-metrics": _only(EvidenceKind.LOGS, *_CLUSTER, name="without-metrics"),
    "without-logs": _only(EvidenceKind.METRIC, *_CLUSTER, name="without-logs"),
    "first-change": first_change,
}


def _rollout(scene: Scene) -> Finding | None:
    """Return the newest rollout that came shortly before the trouble."""
    for seen in scene.rollouts:
        running = seen.rollouts.running
        if running is not None and scene.onset is not None and _before(running.created_at, scene.onset):
            name = scene.service.name
            said = f"revision {running.number} of {name} was rolled out shortly before the trouble"
            return Finding(Cause.BAD_RELEASE, name, THUMB, said, (seen.evidence_id,), scene.service.deployment)
    return None


def _before(rollout: datetime, onset: datetime) -> bool:
    return timedelta(0) <= onset - rollout <= BLAMED_FOR


def _signal(scene: Scene) -> Finding | None:
    """Return the signal, of the service or of what it depends on, that left its baseline first."""
    moved = [(r.onset, r.evidence_id, r) for r in scene.readings.values() if r.onset is not None]
    if not moved:
        return None
    first = min(moved, key=lambda m: m[:2])[2]
    own = first.service == scene.service.name
    elsewhere = Cause.DATABASE_DOWN if first.signal.name == "up_ratio" else Cause.DEPENDENCY_FAILURE
    cause = _CAUSES.get(first.signal.name, Cause.UNKNOWN) if own else elsewhere
    return Finding(cause, first.service, THUMB, f"{first.course} before anything else", (first.evidence_id,))
