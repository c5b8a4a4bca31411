"""What the monitoring server stands on: ports to metric, log and trace stores, and what each of them answers."""

from typing import Any, Protocol

from pydantic import JsonValue

from holdfast.domain.noun import Noun
from holdfast.tools.monitoring.queries import LogQuery, MetricQuery

Object = dict[str, Any]


class Series(Noun):
    """One series: its labels, and points of [unix seconds, value or null]; NaN and infinities are null."""

    labels: dict[str, str]
    points: list[tuple[float, float | None]]


class MetricAnswer(Noun):
    """What a metric store answered. `query` is what was really sent, so that another person can fetch it again."""

    query: str
    series: list[Series]
    link: str = ""
    cut: str = ""


class LogLine(Noun):
    """One line; `time` is RFC 3339, `level` one of `debug info warning error critical` or empty."""

    time: str
    service: str
    pod: str = ""
    level: str = ""
    message: str


class LogAnswer(Noun):
    """The newest lines, oldest first, and how many there were; a store that does not count says None."""

    query: str
    lines: list[LogLine]
    total: int | None = None
    link: str = ""
    cut: str = ""


class Span(Noun):
    """One span of a trace; `start` is unix seconds, `seconds` its length."""

    span_id: str
    parent_id: str = ""
    service: str
    name: str
    start: float
    seconds: float
    error: bool = False
    attributes: dict[str, JsonValue] = {}


class TraceAnswer(Noun):
    """One trace, its spans ordered by start."""

    trace_id: str
    spans: list[Span]
    link: str = ""
    cut: str = ""


class MetricSource(Protocol):
    """A metric store."""

    async def metrics(self, query: MetricQuery) -> MetricAnswer:
        """Return the series; raise a `ToolError` of the closed list when they cannot be had."""
        ...


class LogSource(Protocol):
    """A log store."""

    async def logs(self, query: LogQuery) -> LogAnswer:
        """Return the newest `query.limit` lines, oldest first."""
        ...


class TraceSource(Protocol):
    """A trace store."""

    async def trace(self, trace_id: str) -> TraceAnswer:
        """Return one trace; raise `not_found` when it is not kept (any more)."""
        ...


class AlertPlace(Protocol):
    """Where alerts that we raise ourselves are sent."""

    async def alert(self, anomaly: Object, severity: str, context: Object) -> tuple[str, bool]:
        """Keep an alert and return its id and whether it is the first of its kind."""
        ...
