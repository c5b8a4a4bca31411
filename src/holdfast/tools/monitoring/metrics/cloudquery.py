"""CloudWatch's question as text: a short form for one metric, or GetMetricData's own queries as JSON.

Source: docs.aws.amazon.com, CloudWatch API reference, "GetMetricData", "MetricDataQuery" and "MetricStat".
"""

import json
import re
import time
from typing import Any
from urllib.parse import quote

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import MetricQuery

MOST_QUERIES = 20
_SHORT = re.compile(
    r"^\s*(?P<namespace>[^\s{}][^{}]*)/(?P<metric>[^/{}]+?)\s*(?:\{(?P<dimensions>[^{}]*)\})?\s*(?:\bstat=(?P<stat>\S+))?\s*$"
)
_DIMENSION = re.compile(r'\s*([^={}",]+?)\s*=\s*"([^"\\]*)"\s*(?:,|$)')
_FORM = 'Namespace/Metric{Dimension="value"} stat=Average, or a JSON list of MetricDataQueries'
_DAY = 86400


def data_queries(query: MetricQuery) -> list[dict[str, Any]]:
    """Return the `MetricDataQueries`, every one with a period.

    Raises:
        ToolError: `bad_input`, naming the form.
    """
    text = query.text.strip()
    found = _json(text) if text.startswith(("[", "{")) else [_short(text)]
    period = period_of(query, time.time())
    for one in found:
        stat = one.get("MetricStat")
        (stat if isinstance(stat, dict) else one).setdefault("Period", period)
    return found


def period_of(query: MetricQuery, now: float) -> int:
    """Return the step as a period that CloudWatch keeps: minutes, and coarser the longer ago the start lies."""
    days = (now - query.start) / _DAY
    unit = 60 if days < 15 else 300 if days < 63 else 3600
    return max(1, -(-int(query.step) // unit)) * unit


def _short(text: str) -> dict[str, Any]:
    found = _SHORT.match(text)
    if found is None:
        raise no(Word.BAD_INPUT, f"query: {text[:80]!r} is not {_FORM}")
    dimensions = [{"Name": name, "Value": value} for name, value in _dimensions(found["dimensions"] or "")]
    metric = {"Namespace": found["namespace"], "MetricName": found["metric"], "Dimensions": dimensions}
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Stat": found["stat"] or "Average"}}


def _dimensions(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    rest = text
    while rest.strip():
        one = _DIMENSION.match(rest)
        if one is None:
            raise no(Word.BAD_INPUT, f'query: {rest.strip()[:60]!r} is not Dimension="value"')
        found.append((one[1], one[2]))
        rest = rest[one.end() :]
    return found


def _json(text: str) -> list[dict[str, Any]]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise no(Word.BAD_INPUT, f"query: no JSON ({e}); it is {_FORM}") from e
    found = said if isinstance(said, list) else [said]
    if not 1 <= len(found) <= MOST_QUERIES or not all(isinstance(one, dict) and one.get("Id") for one in found):
        raise no(Word.BAD_INPUT, f"query: from 1 to {MOST_QUERIES} MetricDataQueries, each with an Id")
    return found


def console_link(region: str, queries: list[dict[str, Any]]) -> str:
    """Return the metric in CloudWatch's console; of several, the first that is no expression."""
    base = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#metricsV2"
    metric = next((q["MetricStat"]["Metric"] for q in queries if "Metric" in (q.get("MetricStat") or {})), None)
    if not isinstance(metric, dict):
        return base
    terms = [f'{d.get("Name")}="{d.get("Value")}"' for d in metric.get("Dimensions") or []]
    asked = " ".join([f'Namespace="{metric.get("Namespace")}"', f'MetricName="{metric.get("MetricName")}"', *terms])
    return f"{base}:query={quote(asked)}"
