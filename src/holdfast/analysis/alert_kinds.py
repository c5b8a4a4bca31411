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
_WORD = re.compile(r"[A-Za-z]?\d+[a-z]*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def kind_of(alerts: Iterable[Alert]) -> str:
    """Return the kind that most of the alerts are of, those that fire before those that do not; or `unknown`."""
    known = tuple(alerts)
    firing = tuple(a for a in known if a.firing) or known
    counted = Counter(kind for a in firing if (kind := _kind(a.name)) != UNKNOWN)
    return max(KINDS, key=lambda kind: counted[kind]) if counted else UNKNOWN


def _kind(name: str) -> str:
    words = [w.lower() for w in _WORD.findall(name)]
    return next((kind for kind, starts in KINDS.items() if any(w.startswith(starts) for w in words)), UNKNOWN)
