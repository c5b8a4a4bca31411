"""What may be asked of a metric or log store: checked before it is sent, so that no question can hurt the store."""

import re
from datetime import datetime

from pydantic import JsonValue

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no

LONGEST_RANGE = 7 * 86400
MOST_POINTS = 11_000
LONGEST_QUERY = 2_000
MOST_LINES = 500
# Characters of each text of a log query: no name is longer than Kubernetes allows, and `contains` is a phrase.
LONGEST_TEXTS = {"service": 253, "environment": 253, "level": 20, "contains": 1_000}
# The end of the year 9999 in unix seconds, the last that RFC 3339 can say.
LATEST = 253_402_300_799.0

_SELECTOR = re.compile(r"^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([^{}]*)\})?\s*$")
_MATCHER = re.compile(r'^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"([^"]*)"\s*$')


class MetricQuery(Noun):
    """One range question in its source's own language, from `start` to `end` (unix) every `step` seconds."""

    text: str
    start: float
    end: float
    step: float


class Selector(Noun):
    """A metric's name and the labels it must have: `name{label="value",…}`."""

    metric: str
    labels: dict[str, str]


class LogQuery(Noun):
    """One question about logs, from `start` to `end` (unix)."""

    service: str
    environment: str = "production"
    start: float
    end: float
    level: str = "debug"
    contains: str = ""
    limit: int = MOST_LINES


def moment(field: str, value: object) -> float:
    """Return an RFC 3339 time (or unix seconds) as unix seconds; refuse anything else, naming the field."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value <= LATEST:
            raise no(Word.BAD_INPUT, f"{field}: {value!r} is no time in unix seconds")
        return float(value)
    try:
        parsed = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as e:
        raise no(Word.BAD_INPUT, f"{field}: {value!r} is no RFC 3339 time") from e
    if parsed.tzinfo is None:
        raise no(Word.BAD_INPUT, f"{field}: {value!r} has no time zone")
    return parsed.timestamp()


def metric_query(query: str, start: str, end: str, step: float) -> MetricQuery:
    """Check a range query's length, range and step; its language is its source's to check."""
    if len(query) > LONGEST_QUERY:
        raise no(Word.BAD_INPUT, f"query: {len(query)} characters; the most is {LONGEST_QUERY}")
    if not query.strip():
        raise no(Word.BAD_INPUT, "query: needed")
    begin, finish = _range(start, end)
    if not 1 <= step <= LONGEST_RANGE:
        raise no(Word.BAD_INPUT, f"step: {step} s; from 1 s to {LONGEST_RANGE // 86400} days")
    if (finish - begin) / step > MOST_POINTS:
        raise no(Word.BAD_INPUT, f"step: {step} s over this range gives more than {MOST_POINTS} points")
    return MetricQuery(text=query, start=begin, end=finish, step=step)


def selector(text: str) -> Selector:
    """Parse Prometheus' selector form, such as `service:up_ratio{service="cart"}`."""
    found = _SELECTOR.match(text)
    if found is None:
        raise no(Word.BAD_INPUT, f'query: {text[:80]!r} is not name{{label="value",…}}')
    return Selector(metric=found[1], labels=_labels(found[2] or ""))


def log_query(filters: dict[str, JsonValue]) -> LogQuery:
    """Check the filters of `query_logs`."""
    unknown = sorted(set(filters) - {"service", "environment", "start", "end", "level", "contains", "limit"})
    if unknown:
        raise no(Word.BAD_INPUT, f"filters.{unknown[0]}: no such filter")
    for needed in ("service", "start", "end"):
        if not filters.get(needed):
            raise no(Word.BAD_INPUT, f"filters.{needed}: needed")
    for name, longest in LONGEST_TEXTS.items():
        text = filters.get(name) or ""
        if not isinstance(text, str):
            raise no(Word.BAD_INPUT, f"filters.{name}: a text")
        if len(text) > longest:
            raise no(Word.BAD_INPUT, f"filters.{name}: {len(text)} characters; the most is {longest}")
    begin, finish = _range(filters["start"], filters["end"])
    limit = filters.get("limit", MOST_LINES)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_LINES:
        raise no(Word.BAD_INPUT, f"filters.limit: a whole number from 1 to {MOST_LINES}")
    return LogQuery(
        service=str(filters["service"]),
        environment=str(filters.get("environment") or "production"),
        start=begin,
        end=finish,
        level=str(filters.get("level") or "debug"),
        contains=str(filters.get("contains") or ""),
        limit=limit,
    )


def _range(start: object, end: object) -> tuple[float, float]:
    begin, finish = moment("start", start), moment("end", end)
    if finish < begin:
        raise no(Word.BAD_INPUT, "end: before start")
    if finish - begin > LONGEST_RANGE:
        raise no(Word.BAD_INPUT, f"start: the range is longer than {LONGEST_RANGE // 86400} days")
    return begin, finish


def _labels(text: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for part in filter(str.strip, text.split(",")):
        found = _MATCHER.match(part)
        if found is None:
            raise no(Word.BAD_INPUT, f'query: {part.strip()[:60]!r} is not label="value"')
        labels[found[1]] = found[2]
    return labels
