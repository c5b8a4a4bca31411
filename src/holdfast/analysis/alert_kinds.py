"""What kind of trouble the alerts speak of, by the words of the trade in their names; it decides who is asked first."""

import re
from collections import Counter
from collections.abc import Iterable

from holdfast.domain.alert import Alert

UNKNOWN = "unknown"
# Beginnings of words. The first kind that fits wins: what crashes also fails, and what fails is also slow.
KINDS: dict[str, tuple[str, ...]] = {
    "crash": ("crash", "restart", "oom", "kill", "backoff", "exit", "panic"),
    "cluster": (
        "pod",
        "node",
        "replica",
        "container",
        "ready",
        "unready",
        "pending",
        "schedul",
        "evict",
        "image",
        "kube",
        "down",
        "unavail",
        "unreach",
        "absent",
    ),
    "saturation": ("cpu", "memory", "disk", "saturat", "throttl", "queue", "capacity", "quota", "heap", "connection"),
    "latency": ("latency", "slow", "duration", "p90", "p95", "p99", "timeout", "apdex"),
    "errors": ("error", "5xx", "fail", "exception", "availab", "success", "burn", "slo"),
    "traffic": ("traffic", "request", "load", "surge", "throughput"),
}
# Parts of a cluster that an alert may be about, whatever its kind; beginnings of words as above.
PARTS: dict[str, tuple[str, ...]] = {
    "quota": ("quota",),
    "storage": ("volume", "pvc", "claim", "persistent", "storage", "mount"),
    "node": ("node", "kubelet"),
    "scheduling": ("pending", "schedul", "unschedul", "taint", "evict"),
    "gateway": ("ingress", "gateway", "route"),
    "network": ("network", "dns", "policy", "egress", "endpoint", "unreach"),
    "service": ("service", "down", "unavail", "absent", "target"),
    "configuration": ("config", "secret"),
    "pods": ("pod", "ready", "unready", "replica", "container", "deployment", "rollout", "image"),
}
_WORD = re.compile(r"[A-Za-z]?\d+[a-z]*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def kind_of(alerts: Iterable[Alert]) -> str:
    """Return the kind that most of the alerts are of, those that fire before those that do not; or `unknown`."""
    known = tuple(alerts)
    firing = tuple(a for a in known if a.firing) or known
    counted = Counter(kind for a in firing if (kind := _kind(a.name)) != UNKNOWN)
    return max(KINDS, key=lambda kind: counted[kind]) if counted else UNKNOWN


def parts_of(alerts: Iterable[Alert]) -> tuple[str, ...]:
    """Return the parts of a cluster that the firing alerts speak of, the most particular first."""
    words = [w for a in alerts if a.firing for w in _words(a.name)]
    return tuple(part for part, starts in PARTS.items() if any(w.startswith(starts) for w in words))


def _words(name: str) -> list[str]:
    return [w.lower() for w in _WORD.findall(name)]


def _kind(name: str) -> str:
    words = _words(name)
    return next((kind for kind, starts in KINDS.items() if any(w.startswith(starts) for w in words)), UNKNOWN)
