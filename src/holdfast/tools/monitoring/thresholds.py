"""Thresholds with a duration: a rule breaks only when it held for as long as it says."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import LATEST

Parsed = TypeVar("Parsed", bound=Noun)
Run = list[tuple[float, float]]

GAP = 6  # steps without a point: longer, and nobody knows what was between

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
    """One series: points are [unix seconds, value or null]; without a `step` it is seen from the points."""

    name: str
    labels: dict[str, str] = Field(default_factory=dict)
    points: list[tuple[Annotated[float, Field(ge=0, le=LATEST)], float | None]]
    step: float | None = Field(default=None, gt=0, description="Seconds between points.")


def breaches(metrics: list[dict[str, Any]], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every breach: `{metric, labels, rule, since, peak}`; a missing point or a gap ends a run."""
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
        if run and _seconds(run) >= r.for_seconds
    ]


def _longest(series: Series, rule: Rule) -> Run:
    """Return the run of points that break the rule for the longest time; points may be uneven."""
    gap = GAP * (series.step or _usual_step(series))
    runs: list[Run] = [[]]
    last = 0.0
    for at, value in sorted(series.points, key=lambda p: p[0]):
        breaks = value is not None and _OPERATORS[rule.operator](value, rule.threshold)
        if not breaks or at - last > gap:
            runs.append([])
        if breaks and value is not None:
            runs[-1].append((at, value))
        last = at
    return max(filter(None, runs), key=_seconds, default=[])


def _seconds(run: Run) -> float:
    return run[-1][0] - run[0][0]


def _usual_step(series: Series) -> float:
    """Return the distance that three of four points keep: a gap does not widen it, and uneven points do."""
    times = sorted(at for at, _ in series.points)
    apart = sorted(after - before for before, after in pairwise(times))
    return apart[(len(apart) - 1) * 3 // 4] if apart else 0.0


def _parse(noun: type[Parsed], where: str, value: Any) -> Parsed:
    try:
        return noun.model_validate(value)
    except ValidationError as e:
        first = e.errors()[0]
        raise no(Word.BAD_INPUT, f"{where}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
