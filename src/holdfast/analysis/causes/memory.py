"""Memory rules: was a container killed at its limit, or does its memory only ever grow?"""

import re
from collections.abc import Iterator
from datetime import timedelta

from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.logs.peers import names
from holdfast.analysis.numbers.onset import Shift
from holdfast.analysis.readings.pods import Event, Pod
from holdfast.domain.diagnosis import Cause

NEAR_LIMIT = 0.9  # share of the limit at which the kernel may step in between two scrapes
# Whole words: "room" and "zoom" are none of memory's.
_SAYS_MEMORY = re.compile(
    r"\b(?:oom|oom[-_ ]?kill(?:ed|er|ing)?|out[-_ ]of[-_ ]memory|outofmemory(?:error|exception)?|heap space"
    r"|(?:cannot|can't|could not|failed to|unable to) allocate(?: \S+){0,3} memory|memory allocation (?:of|failed))\b",
    re.IGNORECASE,
)
_KILL = re.compile(r"(?<![A-Z])OOM")  # in a reason, which is written in camel case: OOMKilling, SystemOOM
KILLED = 0.75
ONCE = 0.35  # a kill that nothing dates: the pod serves, and may have served since last month
UNSEEN = 0.38  # the most where nobody saw a kill: below what fusion calls 60 %, from which a restart needs no asking
RECENT = timedelta(hours=2)


def out_of_memory(scene: Scene) -> Iterator[Finding]:
    """A container ended as OOMKilled or the cluster says so; new log lines and memory near the limit add to it.

    Words alone open the cause only where no pods were seen that live on, and never as surely as a kill does.
    """
    killed = [*_killed_pods(scene), *_memory_events(scene)]
    told, peak = list(_memory_logs(scene)), _near_limit(scene)
    if not killed and (not told or (_pods_live_on(scene) and not peak)):
        return
    signs = [*killed, *told, *([peak] if peak else [])]
    name = scene.service.name
    how = "; ".join(dict.fromkeys(text for _, text, _ in signs))
    strength = either(*(strength for strength, _, _ in signs))
    yield Finding(
        cause=Cause.OUT_OF_MEMORY,
        service=name,
        strength=strength if killed else min(UNSEEN, strength),
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
        killed = [p for p in seen.pods if p.out_of_memory and _recently(scene, p)]
        if killed:
            surely = any(_now(scene, p) for p in killed)
            told = f"{len(killed)} of {len(seen.pods)} pods last ended as OOMKilled"
            yield KILLED if surely else ONCE, told, seen.evidence_id


def _recently(scene: Scene, pod: Pod) -> bool:
    """Return whether the kill may belong to this incident; a pod that was made long ago and lives is history."""
    return pod.restarts > 0 or pod.started_at is None or pod.started_at >= scene.case.at - RECENT


def _now(scene: Scene, pod: Pod) -> bool:
    """Return whether anything dates the kill: the pod does not serve, is young, or restarts were counted."""
    counted = scene.reading("restarts_total")
    young = pod.started_at is not None and pod.started_at >= scene.case.at - RECENT
    return not pod.ready or young or (counted is not None and counted.harmed)


def _pods_live_on(scene: Scene) -> bool:
    """Return whether pods were seen; asked where none of them ended for memory."""
    return any(seen.pods for seen in scene.pods)


def _memory_events(scene: Scene) -> Iterator[Sign]:
    for seen in scene.events:
        told = [e for e in seen.events if _tells_of_memory(e) and _of_service(scene, e)]
        if told:
            yield 0.45, f"{sum(e.count for e in told)} events of {told[-1].reason}", seen.evidence_id


def _tells_of_memory(event: Event) -> bool:
    return bool(_KILL.search(event.reason) or _SAYS_MEMORY.search(event.message))


def _of_service(scene: Scene, event: Event) -> bool:
    """Return whether an event is about the service: a node tells of kills of everybody's processes on it."""
    own = scene.service.deployment or scene.service.name
    return not event.thing.startswith("node/") or names(event.message, own)


def _memory_logs(scene: Scene) -> Iterator[Sign]:
    for seen in scene.logs:
        told = [t for t in seen.templates if t.severe and t.grown and _SAYS_MEMORY.search(t.example)]
        if told and seen.service == scene.service.name:
            yield 0.3, f"{sum(t.after for t in told)} new log lines about memory", seen.evidence_id


def _near_limit(scene: Scene) -> Sign | None:
    reading = scene.reading("memory_ratio")
    if reading is None or reading.shift is None or not reading.harmed or reading.shift.peak < NEAR_LIMIT:
        return None
    return 0.4, f"memory reached {reading.signal.show(reading.shift.peak)} of its limit", reading.evidence_id


def _forecast(shift: Shift) -> str:
    return f" ({1 - shift.now:.0%} left)" if shift.now < 1 else ""
