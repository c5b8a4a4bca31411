"""The rule that speaks for innocence: an alert fires although everything that was looked at is as it always is."""

from collections.abc import Iterator

from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.numbers.signals import GOLDEN
from holdfast.domain.diagnosis import Cause

SURE = 0.85  # with every golden signal seen and usual; an alert may still be about something nobody looked at


def healthy(scene: Scene) -> Iterator[Finding]:
    """Since the alert: golden signals within their baseline, pods ready, no new errors, warnings or sick dependency."""
    usual = [r for r in scene.of(scene.service.name) if not r.harmed]
    if scene.too_early or _anything_wrong(scene) or not usual:
        return
    seen = {r.signal.name for r in usual}
    share = len(seen & set(GOLDEN)) / len(GOLDEN)
    cited = [r.evidence_id for r in usual] + [s.evidence_id for s in (*scene.pods, *scene.events, *scene.logs)]
    yield Finding(
        cause=Cause.HEALTHY,
        service=scene.service.name,
        strength=SURE * share,
        statement=f"{scene.service.name} is healthy: {_labels(scene)} are as usual, and nothing else is wrong",
        evidence=tuple(cited),
    )


def _anything_wrong(scene: Scene) -> bool:
    signals = any(r.harmed for r in scene.readings.values())
    pods = any(not p.ready for seen in scene.pods for p in seen.pods)
    warned = any(e.warning for seen in scene.events for e in seen.events)
    errors = any(t.severe and t.grown for seen in scene.logs for t in seen.templates)
    return signals or pods or warned or errors


def _labels(scene: Scene) -> str:
    labels = [r.signal.label for r in scene.of(scene.service.name)]
    return ", ".join(labels[:-1]) + f" and {labels[-1]}" if len(labels) > 1 else labels[0]
