"""What a metric measures, told from its name: which way hurts, what difference is too small, what causes what."""

import re
from dataclasses import dataclass

from holdfast.analysis.numbers.signals import DOWN, UP

EITHER = 0  # nobody knows which way hurts


@dataclass(frozen=True)
class Kind:
    """One kind of metric. `least` is a difference too small to matter, in its own unit.

    `depth` says what stands behind what inside one service: a greater depth is nearer to the cause. Filling memory
    costs CPU, but using CPU fills no memory; both slow requests, and slow requests use up neither.
    """

    name: str
    harmful: int
    words: re.Pattern[str]
    least: float = 0.0
    depth: int = 0


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[^a-z])(?:{pattern})(?:$|[^a-z])", re.IGNORECASE)


# Half a percent of requests failing is what a quiet system shows now and then.
LEAST_FAILING = 0.005

KINDS: tuple[Kind, ...] = (
    Kind("errors", UP, _words("errors?|failures?|faults?|failed"), least=LEAST_FAILING),
    Kind("availability", DOWN, _words("availability|success|up"), least=LEAST_FAILING),
    Kind("latency", UP, _words("latency|lat|duration|seconds|response")),
    Kind("memory", UP, _words("memory|mem|heap|rss"), depth=2),
    Kind("cpu", UP, _words("cpu"), depth=1),
    Kind("restarts", UP, _words("restarts?"), depth=1),
    Kind("requests", EITHER, _words("requests?|load|rate|throughput|rps|qps")),
)
OTHER = Kind("other", EITHER, re.compile(""))


def kind_of(metric: str) -> Kind:
    """Return what a metric of this name measures; `OTHER` when the name does not say."""
    return next((k for k in KINDS if k.words.search(metric)), OTHER)


def is_counter(metric: str) -> bool:
    """Return whether a metric only grows until its process restarts, by Prometheus' naming rule."""
    return metric.endswith("_total")
