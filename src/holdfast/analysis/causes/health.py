"""The rule that speaks for innocence: an alert fires although everything that was looked at is good, and as ever."""

from collections.abc import Iterator

import numpy as np

from holdfast.analysis.alert_kinds import kind_of
from holdfast.analysis.causes.bounds import bounds_of, signal_about
from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import Reading
from holdfast.analysis.numbers.onset import settled
from holdfast.analysis.numbers.signals import GOLDEN, UP
from holdfast.analysis.readings.pods import Pod
from holdfast.domain.alert import Alert
from holdfast.domain.diagnosis import Cause

SURE = 0.85  # with every golden signal seen and well; an alert may still be about something nobody looked at
# What is well for anybody, as the shipped alert rules draw the line or stricter. A service that always stands beyond
# may be well by its own measure, but only a time at which it is known to have been well could say so.
WELL = {
    "error_ratio": 0.01,
    "latency_p99_seconds": 1.0,
    "cpu_ratio": 0.8,
    "memory_ratio": 0.9,
    "restarts_total": 0.0,
    "up_ratio": 0.99,
}
PASSED = 10  # per cent of the time that a spike may have stood beyond it, as long as it is over
STILL = 0.05  # share of its usual requests below which a service serves nobody
NO_REQUEST = 0.001  # a second
A_DAY = 86400.0  # seconds: a pod that restarted once in so long has its reasons, and they are not of now


def healthy(scene: Scene) -> Iterator[Finding]:
    """Golden signals good in themselves and unmoved, the alert's condition not met, nothing wrong anywhere."""
    seen = {r.signal.name for r in scene.of(scene.service.name)} & set(GOLDEN)
    if not seen or scene.too_early or _anything_wrong(scene) or any(unwell(scene)):
        return
    usual = scene.of(scene.service.name)
    cited = [r.evidence_id for r in usual] + [s.evidence_id for s in (*scene.pods, *scene.events, *scene.logs)]
    yield Finding(
        cause=Cause.HEALTHY,
        service=scene.service.name,
        strength=SURE * (len(seen) / len(GOLDEN)) ** 2,
        statement=f"{scene.service.name} is healthy: {_labels(scene)} are good and as usual, and nothing else is wrong",
        evidence=tuple(cited),
    )


def unwell(scene: Scene) -> Iterator[str]:
    """Yield what speaks against health though nothing moved, each as a person reads it."""
    for reading in scene.of(scene.service.name):
        if not _good(reading) and not (reading.harmed and reading.onset):
            yield f"{reading.standing}, and no time was seen when it was well"
    yield from _as_alerted(scene)
    if scene.began is not None and not scene.harmed:
        # Too little of each to hurt by itself, and together more than chance would do.
        yield f"something of {scene.service.name} changed at {scene.began:%H:%M:%S}, by little"
    pods = [p for seen in scene.pods for p in seen.pods if _restarts(scene, p)]
    if pods:
        yield f"{len(pods)} pods of {scene.service.name} restarted, {max(p.restarts for p in pods)} times at most"


def _as_alerted(scene: Scene) -> Iterator[str]:
    """Yield where an alert's own condition holds now, and where nothing was seen of what it is about."""
    for alert in (a for a in scene.case.alerts if a.firing):
        for bound in bounds_of(alert):
            reading = scene.reading(bound.signal)
            if reading is not None and bound.holds(settled(reading.series.values)):
                yield f"{reading.standing}, {bound}"
        if not _looked_at(scene, alert):
            yield f"nothing was seen of what {alert.name} is about"


def _looked_at(scene: Scene, alert: Alert) -> bool:
    """Return whether anything was seen of what an alert is about; one that does not say is about the service."""
    about = signal_about(alert.name) or next((b.signal for b in bounds_of(alert)), "")
    if scene.reading(about) is not None:
        return True
    kind = kind_of((alert,))
    if kind in ("crash", "cluster"):
        return bool(scene.pods) or scene.reading("up_ratio") is not None
    return not about and kind != "saturation"


def _good(reading: Reading) -> bool:
    """Return whether a signal is well now, and was for all but a moment."""
    values, name = reading.series.values, reading.signal.name
    now = settled(values)
    if name == "request_rate":
        return now > max(NO_REQUEST, STILL * float(np.median(values)))
    if name not in WELL:
        return True
    most = float(np.percentile(values, 100 - PASSED if reading.signal.harmful == UP else PASSED))
    return all((value - WELL[name]) * reading.signal.harmful <= 0 for value in (now, most))


def _restarts(scene: Scene, pod: Pod) -> bool:
    """Return whether a pod restarts too often to be well; counted restarts tell better, where they were."""
    if scene.reading("restarts_total") is not None or not pod.restarts:
        return False
    age = (scene.case.at - pod.started_at).total_seconds() if pod.started_at else 0.0
    return pod.restarts * A_DAY > age


def _anything_wrong(scene: Scene) -> bool:
    signals = any(r.harmed for r in scene.readings.values())
    pods = any(not p.ready for seen in scene.pods for p in seen.pods)
    warned = any(e.warning for seen in scene.events for e in seen.events)
    errors = any(t.severe and t.grown for seen in scene.logs for t in seen.templates)
    return signals or pods or warned or errors


def _labels(scene: Scene) -> str:
    labels = [r.signal.label for r in scene.of(scene.service.name)]
    return ", ".join(labels[:-1]) + f" and {labels[-1]}" if len(labels) > 1 else labels[0]
