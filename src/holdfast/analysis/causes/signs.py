"""Plain signs: what the cluster or the logs say outright, from one table of signs and causes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.domain.diagnosis import Cause


@dataclass(frozen=True)
class Sign:
    """What gives a cause away: reasons of waiting containers, reasons of warnings, and words in new error lines."""

    cause: Cause
    label: str
    waiting: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    weight: float = 0.6


# What kept a pod from starting, while every pod serves: it is over, or it concerns one that nobody waits for.
OVER = 0.4


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


SIGNS: tuple[Sign, ...] = (
    Sign(
        Cause.CRASH_LOOP,
        "its container ends again and again",
        waiting=frozenset({"CrashLoopBackOff"}),
        events=frozenset({"BackOff", "CrashLoopBackOff"}),
    ),
    Sign(
        Cause.IMAGE,
        "its image cannot be pulled",
        waiting=frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"}),
        events=frozenset({"ErrImagePull", "ImagePullBackOff", "InspectFailed"}),
        weight=0.75,
    ),
    Sign(
        Cause.CONFIGURATION,
        "its configuration is refused",
        waiting=frozenset({"CreateContainerConfigError", "RunContainerError", "CreateContainerError"}),
        words=_words(
            r"(?:missing|invalid|unknown|malformed)\s+(?:\w+\s+){0,3}(?:config|configuration|setting|environment|flag)"
        ),
    ),
    Sign(
        Cause.SCHEDULING,
        "no node has room for it",
        events=frozenset({"FailedScheduling", "Preempting", "FailedCreate"}),
        weight=0.7,
    ),
    Sign(
        Cause.NODE,
        "its node is unwell",
        events=frozenset({"NodeNotReady", "NodeHasDiskPressure", "NodeHasInsufficientMemory", "Evicted", "SystemOOM"}),
    ),
    Sign(
        Cause.STORAGE,
        "its storage is full or away",
        events=frozenset({"FailedMount", "FailedAttachVolume", "VolumeResizeFailed", "EvictionThresholdMet"}),
        words=_words(
            r"no space left|disk (?:is )?full|read-only file ?system|input/output error|disk quota exceeded"
            r"|ENOSPC|EROFS"
        ),
        weight=0.5,
    ),
    Sign(
        Cause.NETWORK,
        "names or routes do not resolve",
        events=frozenset({"NetworkNotReady", "FailedCreatePodSandBox", "DNSConfigForming"}),
        words=_words(
            r"no such host|name resolution|no route to host|network is unreachable|could not resolve|NXDOMAIN"
            r"|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN"
        ),
        weight=0.5,
    ),
    Sign(
        Cause.PERMISSIONS,
        "it is not allowed to do what it needs",
        words=_words(
            r"permission denied|access denied|unauthori[sz]ed|not authori[sz]ed|certificate (?:has )?expired|forbidden"
            r"|EACCES"
        ),
        weight=0.5,
    ),
)


def plain_signs(scene: Scene) -> Iterator[Finding]:
    """Each sign of the table that pods, events or new error lines of the service show."""
    for sign in SIGNS:
        seen = [*_in_pods(scene, sign), *_in_events(scene, sign), *_in_logs(scene, sign)]
        if seen:
            name = scene.service.name
            yield Finding(
                cause=sign.cause,
                service=name,
                strength=either(*(weight for weight, _, _ in seen)),
                statement=f"{name}: {sign.label} ({'; '.join(text for _, text, _ in seen)})",
                evidence=tuple(dict.fromkeys(ref for _, _, ref in seen)),
                target=scene.service.deployment,
            )


Seen = tuple[float, str, str]


def _in_pods(scene: Scene, sign: Sign) -> Iterator[Seen]:
    for seen in scene.pods:
        waiting = [p for p in seen.pods if p.reason in sign.waiting]
        if waiting:
            yield sign.weight, f"{len(waiting)} of {len(seen.pods)} pods wait as {waiting[0].reason}", seen.evidence_id


def _in_events(scene: Scene, sign: Sign) -> Iterator[Seen]:
    over = OVER if sign.cause is not Cause.NODE and _all_ready(scene) else 1.0
    for seen in scene.events:
        told = [e for e in seen.events if e.reason in sign.events and e.warning]
        if told:
            yield (
                sign.weight * 0.6 * over,
                f"{sum(e.count for e in told)} events of {told[-1].reason}",
                seen.evidence_id,
            )


def _all_ready(scene: Scene) -> bool:
    """Return whether the service's pods were seen and all of them serve."""
    pods = [p for seen in scene.pods for p in seen.pods]
    return bool(pods) and all(p.ready for p in pods)


def _in_logs(scene: Scene, sign: Sign) -> Iterator[Seen]:
    if sign.words is None:
        return
    for seen in scene.logs:
        told = [t for t in seen.templates if t.severe and t.grown and sign.words.search(t.example)]
        if told and seen.service == scene.service.name:
            yield (
                sign.weight * 0.8,
                f"{sum(t.after for t in told)} new log lines: {told[0].example[:80]}",
                seen.evidence_id,
            )
