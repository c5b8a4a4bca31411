"""The monitoring server's tools: check the question, ask the source, shape the answer."""

from typing import Any, Protocol

from mcp_types import ToolAnnotations
from pydantic import JsonValue

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import MOST_POINTS, LogQuery, MetricQuery, log_query, metric_query
from holdfast.tools.monitoring.thresholds import breaches
from holdfast.tools.toolserver import ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
TELLS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)


class MonitoringSource(Protocol):
    """A metric store, a log store and a place for alerts."""

    def metrics(self, query: MetricQuery) -> list[Object]:
        """Return the series."""
        ...

    def logs(self, query: LogQuery) -> tuple[list[JsonValue], int]:
        """Return the newest lines, oldest first, and how many there were."""
        ...

    def alert(self, anomaly: Object, severity: str, context: Object) -> tuple[str, bool]:
        """Keep an alert and return its id and whether it is the first of its kind."""
        ...


def build(sources: dict[str, MonitoringSource]) -> ToolServer:
    """Return the server over named sources; the first is the default, asked for as an empty name."""
    server = ToolServer("holdfast-monitoring")

    def source_of(name: str) -> MonitoringSource:
        chosen = name or next(iter(sources))
        if chosen not in sources:
            raise no(Word.NOT_CONFIGURED, f"source: {name!r}; there are: {', '.join(sources)}")
        return sources[chosen]

    @server.tool(annotations=LOOKS, description="Metric values over a time range; `step` in seconds.")
    async def fetch_metrics(source: str, query: str, start: str, end: str, step: float) -> Object:
        asked = metric_query(query, start, end, step)
        series, cut = _within_budget(source_of(source).metrics(asked))
        return {
            "source": source,
            "query": query,
            "start": start,
            "end": end,
            "step": step,
            "series": series,
            "link": "",
            "cut": cut,
        }

    @server.tool(annotations=LOOKS, description="Log lines of one service over a time range, oldest first.")
    async def query_logs(source: str, filters: Object) -> Object:
        asked = log_query(filters)
        lines, total = source_of(source).logs(asked)
        cut = f"the newest {len(lines)} of {total} lines" if total > len(lines) else ""
        return {"source": source, "filters": filters, "lines": lines, "total": total, "link": "", "cut": cut}

    @server.tool(annotations=LOOKS, description="Which series break which rule, since when and how far.")
    async def check_thresholds(metrics: list[Object], rules: list[Object]) -> Object:
        return {"breaches": breaches(metrics, rules)}

    @server.tool(annotations=TELLS, description="Raise an alert about an anomaly; the same anomaly twice is one alert.")
    async def create_alert(anomaly: Object, severity: str, context: Object) -> Object:
        if severity not in ("critical", "high", "medium", "low"):
            raise no(Word.BAD_INPUT, f"severity: {severity!r}; one of critical, high, medium, low")
        alert_id, first = source_of("").alert(anomaly, severity, context)
        return {"alert_id": alert_id, "first": first}

    return server


def _within_budget(series: list[Object]) -> tuple[list[Object], str]:
    """Keep the first series that together have at most as many points as one answer may; always one."""
    total = 0
    kept: list[Object] = []
    for one in series:
        total += len(one["points"])
        if kept and total > MOST_POINTS:
            return kept, f"the first {len(kept)} of {len(series)} series"
        kept.append(one)
    return kept, ""
