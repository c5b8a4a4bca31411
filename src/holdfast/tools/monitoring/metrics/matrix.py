"""Prometheus' answers, whoever gives them: the matrix of a range query, its warnings, and the type of its errors.

Source: prometheus.io/docs/prometheus/latest/querying/api, "Format overview" and "Range vectors".
"""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.metrics.guarded import Found, number
from holdfast.tools.monitoring.queries import MetricQuery
from holdfast.tools.monitoring.sources import Series
from holdfast.tools.outside.answers import Answer

_TYPES = {
    "bad_data": (Word.BAD_INPUT, "it does not understand the query"),
    "timeout": (Word.TIMEOUT, "the query takes it too long; ask for less"),
    "canceled": (Word.TIMEOUT, "the query was cancelled; ask for less"),
}


def read_matrix(who: str, result: Any, most: int, notes: tuple[str, ...] = ()) -> Found:
    """Return the series of `data.result`, at most `most`.

    Raises:
        ToolError: `failed`, when it has another shape.
    """
    try:
        series = [_series(one) for one in result if "values" in one]
    except (TypeError, ValueError, KeyError, AttributeError) as e:
        raise no(Word.FAILED, f"{who}: answered no matrix; is this Prometheus' API?") from e
    left = len(result) - len(series)
    said = (f"{left} native histograms left out; ask for histogram_quantile of them",) if left else ()
    more = (f"the first {most} series, there are more; ask for fewer",) if len(series) > most else ()
    return Found(series=series[:most], notes=(*notes, *said, *more))


def _series(one: dict[str, Any]) -> Series:
    labels = {str(name): str(value) for name, value in one["metric"].items()}
    return Series(labels=labels, points=[(float(at), number(value)) for at, value in one["values"]])


def warnings(body: bytes) -> tuple[str, ...]:
    """Return what the store warns of, such as a partial answer of Thanos."""
    if b'"warnings"' not in body:
        return ()
    found = json.loads(body).get("warnings") or []
    return tuple(f"the source warns: {str(text)[:200]}" for text in found[:3])


def by_type(answer: Answer) -> tuple[Word, str] | None:
    """Read the `errorType` of a refusal; None when it has none that says more than the status."""
    try:
        said = json.loads(answer.body)
        kind, text = str(said["errorType"]), str(said.get("error"))
    except (ValueError, TypeError, KeyError):
        return None
    if kind == "execution":
        too_much = "too many samples" in text
        return (Word.TOO_LARGE, "ask for less") if too_much else (Word.BAD_INPUT, "the query cannot be evaluated")
    return _TYPES.get(kind)


def prometheus_link(base: str, query: MetricQuery) -> str:
    """Return the graph in Prometheus' own pages."""
    end = datetime.fromtimestamp(query.end, UTC).strftime("%Y-%m-%d %H:%M:%S")
    seconds = max(1, round(query.end - query.start))
    shown = {
        "g0.expr": query.text,
        "g0.tab": "0",
        "g0.range_input": f"{seconds}s",
        "g0.end_input": end,
        "g0.step_input": f"{query.step:g}",
    }
    return f"{base}/graph?{urlencode(shown)}"
