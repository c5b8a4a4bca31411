"""The monitoring server's tools: check the question, ask the source, shape the answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from mcp_types import ToolAnnotations

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import MOST_POINTS, log_query, metric_query
from holdfast.tools.monitoring.sources import (
    AlertPlace,
    LogSource,
    MetricSource,
    Object,
    Series,
    TraceSource,
)
from holdfast.tools.monitoring.thresholds import breaches
from holdfast.tools.toolserver import Part, ToolServer

LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
TELLS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)
_TRACE_ID = re.compile(r"[0-9a-fA-F]{16,32}")
Source = TypeVar("Source")


@dataclass(frozen=True)
class Monitoring:
    """The stores by name; the first of each kind is the default, asked for as an empty name."""

    metrics: Mapping[str, MetricSource]
    logs: Mapping[str, LogSource]
    traces: Mapping[str, TraceSource] = field(default_factory=dict)
    alerts: AlertPlace | None = None
    parts: Sequence[Part] = ()


def build(stores: Monitoring) -> ToolServer:
    """Return the server over its stores."""
    server = ToolServer("holdfast-monitoring", stores.parts)
    _metrics(server, stores)
    _logs(server, stores)
    _alerts(server, stores)
    return server


def _metrics(server: ToolServer, stores: Monitoring) -> None:
    @server.tool(annotations=LOOKS, description="Metric values over a time range; `step` in seconds.")
    async def fetch_metrics(source: str, query: str, start: str, end: str, step: float) -> Object:
        asked = metric_query(query, start, end, step)
        name, store = _named(source, stores.metrics, "metric")
        answer = await store.metrics(asked)
        series, cut = _within_budget(answer.series)
        shown = [s.model_dump(mode="json") for s in series]
        when = {"start": start, "end": end, "step": step}
        said = "; ".join(filter(None, (answer.cut, cut)))
        return {"source": name, "query": answer.query, **when, "series": shown, "link": answer.link, "cut": said}

    @server.tool(annotations=LOOKS, description="Which series break which rule, since when and how far.")
    async def check_thresholds(metrics: list[Object], rules: list[Object]) -> Object:
        return {"breaches": breaches(metrics, rules)}


def _logs(server: ToolServer, stores: Monitoring) -> None:
    @server.tool(annotations=LOOKS, description="Log lines of one service over a time range, oldest first.")
    async def query_logs(source: str, filters: Object) -> Object:
        asked = log_query(filters)
        name, store = _named(source, stores.logs, "log")
        answer = await store.logs(asked)
        cut = answer.cut
        if not cut and answer.total is not None and answer.total > len(answer.lines):
            cut = f"the newest {len(answer.lines)} of {answer.total} lines"
        lines = [line.model_dump(mode="json") for line in answer.lines]
        told = {"total": answer.total, "link": answer.link, "cut": cut}
        return {"source": name, "query": answer.query, "filters": filters, "lines": lines, **told}

    @server.tool(annotations=LOOKS, description="One trace by its id: its spans, ordered by start.")
    async def fetch_trace(source: str, trace_id: str) -> Object:
        if not _TRACE_ID.fullmatch(trace_id):
            raise no(Word.BAD_INPUT, f"trace_id: {trace_id[:40]!r} is not 16 to 32 hexadecimal digits")
        name, store = _named(source, stores.traces, "trace")
        return {"source": name, **(await store.trace(trace_id.lower())).model_dump(mode="json")}


def _alerts(server: ToolServer, stores: Monitoring) -> None:
    @server.tool(annotations=TELLS, description="Raise an alert about an anomaly; the same anomaly twice is one alert.")
    async def create_alert(anomaly: Object, severity: str, context: Object) -> Object:
        if severity not in ("critical", "high", "medium", "low"):
            raise no(Word.BAD_INPUT, f"severity: {severity!r}; one of critical, high, medium, low")
        if stores.alerts is None:
            raise no(Word.NOT_CONFIGURED, "no place for alerts is configured (monitoring.alerts)")
        alert_id, first = await stores.alerts.alert(anomaly, severity, context)
        return {"alert_id": alert_id, "first": first}


def _named(name: str, stores: Mapping[str, Source], kind: str) -> tuple[str, Source]:
    chosen = name or next(iter(stores), "")
    if chosen not in stores:
        raise no(Word.NOT_CONFIGURED, f"source: {name!r}; {kind} sources there are: {', '.join(stores) or 'none'}")
    return chosen, stores[chosen]


def _within_budget(series: list[Series]) -> tuple[list[Series], str]:
    """Keep the first series that together have at most as many points as one answer may; always one."""
    total = 0
    kept: list[Series] = []
    for one in series:
        total += len(one.points)
        if kept and total > MOST_POINTS:
            return kept, f"the first {len(kept)} of {len(series)} series"
        kept.append(one)
    return kept, ""
