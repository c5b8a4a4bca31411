"""Memory rules: was a container killed at its limit, or does its memory only ever grow?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.numbers.onset import Shift
from holdfast.domain.diagnosis import Cause

NEAR_LIMIT = 0.9  # share of the limit at which the kernel may step in between two scrapes
SAYS_MEMORY = ("out of memory", "outofmemory", "oom", "cannot allocate", "memory allocation of", "heap space")
RECENT = timedelta(hours=2)


def out_of_memory(scene: Scene) -> Iterator[Finding]:
    """A container ended as OOMKilled, events and logs say so too, and memory was seen near the limit."""
    signs = [*_killed_pods(scene), *_memory_events(scene), *_memory_logs(scene)]
    if not signs:
        return
    peak = _near_limit(scene)
    signs += [peak] if peak else []
    name = scene.service.name
    how = "; ".join(dict.fromkeys(text for _, text, _ in signs))
    yield Finding(
        cause=Cause.OUT_OF_MEMORY,
        service=name,
        strength=either(*(strength for strength, _, _ in signs)),
        statement=f"{name} ran out of memory: {how}",
        evidence=tuple(dict.fromkeys(ref for _, _, ref in signs)),
        target=scene.service.deployment,
    )


def memory_leak(scene: Scene) -> Iterator[Finding]:
    """Memory climbs in a straight line, not in a step, and nothing but time explains it."""
    reading = scene.reading("memory_ratio")
    if reading is None or reading.shift is None or not (reading.harmed and reading.shift.ramp):
        return
    rate = scene.reading("request_rate")
    # Memory that follows the load is a cache or a queue doing its work.
    follows_load = rate is not None and rate.shift is not None and rate.shift.direction > 0
    strength = either(0.65, 0.3 if reading.shift.now >= NEAR_LIMIT else 0.0)
    yield Finding(
        cause=Cause.MEMORY_LEAK,
        service=scene.service.name,
        strength=strength * (0.5 if follows_load else 1.0),
        statement=f"{reading.course} and climbs on{_forecast(reading.shift)}: it does not give memory back",
        evidence=(reading.evidence_id, *((rate.evidence_id,) if rate else ())),
        target=scene.service.deployment,
    )


Sign = tuple[float, str, str]


def _killed_pods(scene: Scene) -> Iterator[Sign]:
    for seen in scene.pods:
        killed = [p for p in seen.pods if p.out_of_memory and _recently(scene, p.started_at, p.restarts)]
        if killed:
            yield 0.75, f"{len(killed)} of {len(seen.pods)} pods last ended as OOMKilled", seen.evidence_id


def _recently(scene: Scene, started_at: datetime | None, restarts: int) -> bool:
    """Return whether the kill may belong to this incident; a pod that restarted long ago and lives is history."""
    if restarts > 0 or started_at is None:
        return True
    return started_at >= scene.case.at - RECENT


def _memory_events(scene: Scene) -> Iterator[Sign]:
    for seen in scene.events:
        told = [e for e in seen.events if "oom" in e.reason.lower() or "out of memory" in e.message.lower()]
        if told:
            yield 0.45, f"{sum(e.count for e in told)} events of {told[-1].reason}", seen.evidence_id


def _memory_logs(scene: Scene) -> Iterator[Sign]:
    for seen in scene.logs:
        told = [t for t in seen.templates if t.severe and any(word in t.text.lower() for word in SAYS_MEMORY)]
        if told and seen.service == scene.service.name:
            yield 0.3, f"{sum(t.count for t in told)} log lines about memory", seen.evidence_id


def _near_limit(scene: Scene) -> Sign | None:
    reading = scene.reading("memory_ratio")
    if reading is None or reading.shift is None or not reading.harmed or reading.shift.peak < NEAR_LIMIT:
        return None
    return 0.4, f"memory reached {reading.signal.show(reading.shift.peak)} of its limit", reading.evidence_id


def _forecast(shift: Shift) -> str:
    return f" ({1 - shift.now:.0%} left)" if shift.now < 1 else ""
