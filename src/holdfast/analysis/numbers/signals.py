"""What each golden signal means: which way hurts, what difference matters, and where it is bad without comparison."""

import re
from dataclasses import dataclass
from typing import Literal

from holdfast.domain.units import shown

UP, DOWN = 1, -1


@dataclass(frozen=True)
class Signal:
    """One recorded signal. A difference matters when it exceeds `least` and `share` of the baseline."""

    name: str
    label: str
    unit: Literal["ratio", "per_second", "seconds", "count", "number"]
    harmful: int = UP
    least: float = 0.0
    share: float = 0.0
    limit: float | None = None
    """Beyond this value the signal is bad even when it always was, in the harmful direction."""
    comfort: float | None = None
    """Up to this value the signal is fine whatever it was before, in the harmful direction."""
    merge: Literal["max", "min", "sum"] = "max"
    counter: bool = False

    def beyond(self, value: float) -> bool:
        """Return whether `value` is bad whatever came before."""
        return self.limit is not None and (value - self.limit) * self.harmful > 0

    def matters(self, baseline: float, spread: float) -> float:
        """Return the smallest difference from `baseline` that means something, in the signal's unit."""
        return max(5 * spread, self.least, self.share * abs(baseline), 1e-9)

    def show(self, value: float) -> str:
        """Return `value` as people write it, with its unit."""
        return shown(value, self.unit)


SIGNALS: dict[str, Signal] = {
    s.name: s
    for s in (
        Signal("error_ratio", "error ratio", "ratio", least=0.02, limit=0.05, comfort=0.01),
        Signal("request_rate", "request rate", "per_second", harmful=DOWN, least=0.5, share=0.3, merge="sum"),
        Signal("latency_p99_seconds", "p99 latency", "seconds", least=0.05, share=0.5),
        Signal("cpu_ratio", "CPU", "ratio", least=0.15, limit=0.9, comfort=0.7),
        Signal("memory_ratio", "memory", "ratio", least=0.1, limit=0.92),
        Signal("restarts_total", "restarts", "count", least=1, merge="sum", counter=True),
        Signal("up_ratio", "share up", "ratio", harmful=DOWN, least=0.2, limit=0.75, merge="min"),
    )
}

# The four golden signals, saturation as CPU and memory.
GOLDEN = ("error_ratio", "request_rate", "latency_p99_seconds", "cpu_ratio", "memory_ratio")

_NAME = re.compile(r"\b(?:service:)?(" + "|".join(SIGNALS) + r")\b")


def signal_of(query: str) -> Signal:
    """Return the signal a query asks for; one nobody knows is judged by its own past alone."""
    found = _NAME.search(query)
    return (
        SIGNALS[found.group(1)]
        if found
        else Signal(query[:60] or "metric", query[:60] or "metric", "number", share=0.5)
    )


def signal_asked(arguments: str, answered: object) -> Signal:
    """Return the signal an evidence's arguments ask for by name.

    The answer's own `query` counts only without such a name: a source may have asked in other words.
    """
    return signal_of(arguments if _NAME.search(arguments) else str(answered or arguments))
