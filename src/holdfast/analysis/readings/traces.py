"""Reads one request as a trace store keeps it: where its time went, and where it first failed."""

import math
from dataclasses import dataclass

from pydantic import JsonValue

from holdfast.analysis.observation import LAST_SECOND, Body, text_of
from holdfast.analysis.rows import Tally, list_of, object_of
from holdfast.analysis.traces.own_time import own_times
from holdfast.analysis.traces.span import Span


@dataclass(frozen=True)
class Trace:
    """One request: `seconds` each service spent itself, and the services that failed with nothing failing beneath."""

    spans: int
    seconds: dict[str, float]
    failed: tuple[str, ...]

    @property
    def slowest(self) -> tuple[str, float]:
        """Return the service that took most and its share of all own time, 0 to 1; nothing when no time is known."""
        total = sum(self.seconds.values())
        if total <= 0.0:
            return "", 0.0
        name = max(self.seconds, key=lambda s: self.seconds[s])
        return name, self.seconds[name] / total


def read_trace(body: Body, tally: Tally | None = None) -> Trace:
    """Return the trace of an answer of `fetch_trace`; single bad spans are left out and tallied.

    Raises:
        KeyError: when `spans`, or a field in each of its spans, is absent.
        TypeError: when in every span a field has another type, naming it.
        ValueError: when in every span a number is none, or out of range.
    """
    read = (tally or Tally()).take(list_of(body, "spans"), _span)
    rows, spans = [row for row, _ in read], [span for _, span in read]
    seconds: dict[str, float] = {}
    for timed in own_times(spans):
        if timed.own == timed.own:
            # Time on the way is charged to the called side, where a slow queue or network more often is.
            place = timed.part.peer or timed.part.place
            seconds[place] = seconds.get(place, 0.0) + timed.own
    failed = [row for row in rows if row.get("error") is True]
    above = {text_of(row, "parent_id") for row in failed}
    deepest = (text_of(row, "service") for row in failed if text_of(row, "span_id") not in above)
    return Trace(len(rows), seconds, tuple(dict.fromkeys(deepest)))


def tell_trace(body: Body, tally: Tally | None = None) -> tuple[str, dict[str, JsonValue]]:
    """Return what a trace says in a sentence, and its numbers. Raises as `read_trace` does."""
    trace = read_trace(body, tally)
    name, share = trace.slowest
    told = [f"{trace.spans} spans"]
    told += [f"{share:.0%} of the time is {name}'s own"] if name else []
    told += [f"it fails first at {', '.join(trace.failed)}"] if trace.failed else []
    return "; ".join(told), {"spans": trace.spans, "slowest": name, "share": round(share, 3), "failed": [*trace.failed]}


def _span(raw: JsonValue) -> tuple[dict[str, JsonValue], Span]:
    row = object_of(raw)
    span = Span(
        trace="",
        span=text_of(row, "span_id"),
        parent=text_of(row, "parent_id"),
        place=text_of(row, "service"),
        operation=text_of(row, "name"),
        start=_number(row, "start"),
        duration=_number(row, "seconds"),
    )
    if math.isnan(span.start) or math.isinf(span.duration):
        raise ValueError("start, seconds: not finite")
    return row, span


def _number(row: dict[str, JsonValue], key: str) -> float:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{key}: expected a number, got {type(value).__name__}")
    if abs(value) > LAST_SECOND:
        raise ValueError(f"{key}: {str(value)[:20]} is out of range; seconds are expected")
    return float(value)
