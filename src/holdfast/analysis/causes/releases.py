"""Release rules: did the trouble begin with a change of what runs?"""

from collections.abc import Iterator

from holdfast.analysis.causes.changes import OUTRANKED, outranked
from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import SourcedRollouts
from holdfast.analysis.readings.changes import Revision, closeness
from holdfast.domain.diagnosis import Cause

# Most incidents follow a change, so a rollout right before the onset is the strongest single sign there is.
PRIOR = 0.72
RESTARTS_MATTER = 2


def bad_release(scene: Scene) -> Iterator[Finding]:
    """The running revision went out just before the service began to hurt; new error lines point at it too."""
    for seen in scene.rollouts:
        running = seen.rollouts.running
        hurt = scene.harmed
        if running is None or scene.onset is None or not (hurt or _pods_hurt(scene)):
            continue
        near = closeness(running.created_at, scene.onset)
        if near < 0.05 or seen.rollouts.deployment not in ("", scene.service.deployment, scene.service.name):
            continue
        fresh = [(s.evidence_id, t) for s in scene.logs for t in s.templates if t.severe and t.new]
        yield Finding(
            cause=_cause_of(seen, running),
            service=scene.service.name,
            strength=either(PRIOR * near, 0.3 * near if fresh else 0.0) * (OUTRANKED if outranked(scene) else 1.0),
            statement=_statement(scene, running, bool(fresh)),
            evidence=tuple(
                dict.fromkeys((seen.evidence_id, *(r.evidence_id for r in hurt), *(ref for ref, _ in fresh)))
            ),
            target=f"{seen.rollouts.deployment or scene.service.deployment} revision {running.number}",
        )


def _cause_of(seen: SourcedRollouts, running: Revision) -> Cause:
    """Return configuration when the image did not change between the revisions, else a bad release."""
    previous = seen.rollouts.previous
    same = previous is not None and previous.image == running.image and bool(running.image)
    return Cause.CONFIGURATION if same else Cause.BAD_RELEASE


def _pods_hurt(scene: Scene) -> bool:
    return any(p.restarts >= RESTARTS_MATTER or not p.ready for seen in scene.pods for p in seen.pods)


def _statement(scene: Scene, running: Revision, fresh: bool) -> str:
    lead = (scene.onset - running.created_at).total_seconds() if scene.onset else 0.0
    minutes = f"{abs(lead) / 60:.0f} min" if abs(lead) >= 60 else f"{abs(lead):.0f} s"
    when = f"{minutes} before" if lead >= 0 else f"within {minutes} of"
    what = f" ({running.change_cause})" if running.change_cause else ""
    errors = " and brought errors never seen before" if fresh else ""
    return f"revision {running.number} of {scene.service.name}{what} went out {when} the onset{errors}"
