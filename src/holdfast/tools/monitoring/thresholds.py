"""Thresholds with a duration: a rule breaks only when it held for as long as it says."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import LATEST

Parsed = TypeVar("Parsed", bound=Noun)

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Rule(Noun):
    """One rule: `metric operator threshold` for at least `for_seconds`."""

    metric: str
    operator: str = Field(pattern="^(>|>=|<|<=)$")
    threshold: float
    for_seconds: float = Field(default=0, ge=0)


class Series(Noun):
    """One series: points are [unix seconds, value or null]."""

    name: str
    labels: dict[str, str] = Field(default_factory=dict)
    points: list[tuple[Annotated[float, Field(ge=0, le=LATEST)], float | None]]


def breaches(metrics: list[dict[str, Any]], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every breach: `{metric, labels, rule, since, peak}`; a missing point ends a run."""
    series = [_parse(Series, f"metrics.{n}", m) for n, m in enumerate(metrics)]
    parsed = [_parse(Rule, f"rules.{n}", r) for n, r in enumerate(rules)]
    found = [(s, r, _longest(s, r)) for s in series for r in parsed if r.metric == s.name]
    return [
        {
            "metric": s.name,
            "labels": s.labels,
            "rule": r.model_dump(),
            "since": datetime.fromtimestamp(run[0][0], UTC).isoformat(),
            "peak": (max if r.operator.startswith(">") else min)(v for _, v in run),
        }
        for s, r, run in found
        if run and run[-1][0] - run[0][0] >= r.for_seconds
    ]


def _longest(series: Series, rule: Rule) -> list[tuple[float, float]]:
    """Return the longest run of points that break the rule."""
    best: list[tuple[float, float]] = []
    run: list[tuple[float, float]] = []
    for at, value in series.points:
        if value is not None and _OPERATORS[rule.operator](value, rule.threshold):
            run.append((at, value))
            best = max(best, run, key=len)
        else:
            run = []
    return best


def _parse(noun: type[Parsed], where: str, value: Any) -> Parsed:
    try:
        return noun.model_validate(value)
    except ValidationError as e:
        first = e.errors()[0]
        raise no(Word.BAD_INPUT, f"{where}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
