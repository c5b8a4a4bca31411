"""The set's own alerts, read into measures that left their usual value."""

import re
from collections.abc import Iterator
from typing import Any

from benchmarks.rca.opsbench.cache import CachedCase
from holdfast.analysis.cluster.parts import Anomaly

_MEASURES = {
    "LATENCY_DEGRADATION": "latency",
    "THROUGHPUT_DROP": "throughput",
    "THROUGHPUT_SURGE": "throughput",
    "NETWORK_QUALITY_DEGRADED": "retransmissions",
    "ERROR_SPIKE": "success",
    "TRAFFIC_ANOMALY": "packets",
}
_CHANGE = re.compile(r"Normal=([\d.]+)[^>]*-> Cur(?:rent)?=([\d.]+)")
_THROTTLED = re.compile(r"Val: ([\d.]+)s \(Throttled\)")


def anomalies(case: CachedCase) -> Iterator[Anomaly]:
    """Yield every change that the alerts state."""
    for _, answer in case.asked("GetAlerts"):
        for alert in answer.get("alerts") or [] if isinstance(answer, dict) else []:
            for text in alert.get("evidence") or []:
                yield from _of(alert, str(text))


def _of(alert: dict[str, Any], text: str) -> Iterator[Anomaly]:
    thing = str(alert.get("entity_name") or alert.get("name") or "")
    word = text.split(" ", 1)[0]
    throttled = _THROTTLED.search(text)
    if throttled:
        yield Anomaly(thing, "throttling", 0.0, float(throttled[1]))
    measure = _MEASURES.get(word) or ("cpu" if "cores" in text else "memory")
    for usual, now in _CHANGE.findall(text):
        yield Anomaly(thing, measure, float(usual), float(now))
