"""PetShop: metric root causes on a call graph, an application on AWS (Hardt et al., CLeaR 2024).

A case gives the metrics of quiet days, those of half an hour around a violated objective (one row each 5 minutes),
the call graph and which metric of which node hurts. A right answer names the node of the cause. The quiet protocol
splits the quiet days at half, 60 %, … of them and asks the same question about what follows: the right answer is that
nothing is wrong. As what follows is days long there, windows as short as the cases' are asked as well.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rca.outcome import Answer, Outcome, Row
from holdfast.analysis.metrics.callgraph import Calls, Symptom, explain
from holdfast.analysis.metrics.scoring import scores, usual
from holdfast.analysis.metrics.suspects import Ranking
from holdfast.analysis.metrics.table import Column, Table
from holdfast.analysis.numbers.confidence import LEAST_SURE
from holdfast.analysis.numbers.series import Floats

HEADER = 4  # node, metric, statistic, and the index's name
SHORT = 5  # rows of a case
# A share served, in percent, is told as the share failed: what fails adds up along calls.
FAILED = {"availability": "error_ratio"}
PUBLISHED = "ranked correlation .654/.788, all 52"
Head = tuple[str, str, str]  # node, metric, statistic


@dataclass(frozen=True, eq=False)
class Raw:
    """A file as it is: `heads` of m columns, `times` (n,), `values` (n, m)."""

    heads: tuple[Head, ...]
    times: Floats
    values: Floats


@dataclass(frozen=True)
class Target:
    """What hurts, in the set's words: latency of a statistic, or availability."""

    node: str
    metric: str
    statistic: str


@dataclass(frozen=True, eq=False)
class Traffic:
    """One folder: one deployment under one kind of load."""

    name: str
    calls: Calls
    quiet: Raw
    issues: tuple[tuple[str, Raw, Target, str], ...]


def play(folder: Path) -> Outcome:
    """Play every issue and every quiet window of all kinds of traffic."""
    traffics = [_traffic(p.parent) for p in sorted(folder.glob("*/graph.csv"))]
    found = [
        (t.name + "/" + name, _asked(t, raw, target), cause) for t in traffics for name, raw, target, cause in t.issues
    ]
    ranks = [_place(ranking, cause) for _, ranking, cause in found]
    answers = tuple(_answer(*case) for case in found)
    calm = [q for t in traffics for q in _quiet(t, long=True)]
    brief = [q for t in traffics for q in _quiet(t, long=False)]
    rows = (
        _row("top-1", [r < 1 for r in ranks], (0.70, 0.80), PUBLISHED),
        _row("top-3", [r < 3 for r in ranks], (0.88, 0.95), PUBLISHED),
        _row("specificity", calm, (0.80, 0.90), note="quiet windows of the protocol"),
        _row("specificity, short", brief, (0.80, 0.90), note=f"quiet windows of {SHORT} rows, as long as a case"),
    )
    return Outcome(rows=rows, answers=answers, gap=tuple(_gaps(traffics)))


def _row(measure: str, told: list[bool], bounds: tuple[float, float], published: str = "", note: str = "") -> Row:
    return Row(
        dataset="petshop", measure=measure, ours=float(np.mean(told)), at_least=bounds[0], aim=bounds[1],
        published=published, cases=len(told), note=note,
    )  # fmt: skip


def _asked(traffic: Traffic, after: Raw, target: Target) -> Ranking:
    before = _table(traffic.quiet, target)
    return explain(_symptom(target), before, _table(after, target, before.columns), traffic.calls)


def _symptom(target: Target) -> Symptom:
    return Symptom(target.node, FAILED.get(target.metric, target.metric))


def _place(ranking: Ranking, cause: str) -> int:
    names = [s.entity for s in ranking.suspects]
    return names.index(cause) if cause in names else len(names) + SHORT


def _answer(case: str, ranking: Ranking, cause: str) -> Answer:
    sure = LEAST_SURE if ranking.quiet else ranking.confidence
    return Answer(case=f"petshop/{case}", confidence=sure, right=_place(ranking, cause) == 0)


def _targets(traffic: Traffic) -> list[Target]:
    return list(dict.fromkeys(target for _, _, target, _ in traffic.issues))


def _quiet(traffic: Traffic, *, long: bool) -> Iterator[bool]:
    """Yield for each quiet window and each metric that ever hurt whether "nothing is wrong" was the answer."""
    for target in _targets(traffic):
        table, symptom = _table(traffic.quiet, target), _symptom(target)
        for before, after in _windows(table, long=long):
            yield explain(symptom, before, after, traffic.calls).quiet


def _windows(table: Table, *, long: bool) -> Iterator[tuple[Table, Table]]:
    n = len(table)
    for row in range(n // 2, n - 3, int(n * 0.1)) if long else range(n // 2, n - SHORT, SHORT):
        yield table.rows(0, row), table.rows(row, n if long else row + SHORT)


def _gaps(traffics: list[Traffic]) -> Iterator[Row]:
    """Yield, for a threshold of being felt that lies midway on one kind of traffic, how it does on the other."""
    felt = {t.name: _felt(t) for t in traffics}
    for name, (hurt, calm) in felt.items():
        bound = (min(hurt) + max(calm)) / 2
        for other in felt.keys() - {name}:
            right = [h >= bound for h in felt[other][0]] + [c < bound for c in felt[other][1]]
            yield Row(
                dataset="petshop", measure=f"felt or not, {other}", ours=float(np.mean(right)), cases=len(right),
                note=f"threshold midway on {name} is {bound:.2f}",
            )  # fmt: skip


def _felt(traffic: Traffic) -> tuple[list[float], list[float]]:
    """Return how strongly the symptom was felt in each issue, and in each quiet window of the protocol."""
    before = {t: _table(traffic.quiet, t) for t in _targets(traffic)}
    hurt = [_score(before[t], _table(raw, t, before[t].columns), t) for _, raw, t, _ in traffic.issues]
    calm = [_score(b, a, t) for t, table in before.items() for b, a in _windows(table, long=True)]
    return hurt, calm


def _score(before: Table, after: Table, target: Target) -> float:
    symptom = _symptom(target)
    at = before.columns.index(Column(symptom.entity, symptom.metric))
    return float(scores(after, usual(before))[at])


def _table(raw: Raw, target: Target, columns: tuple[Column, ...] | None = None) -> Table:
    """Return the target's metric and the requests of all nodes."""
    series: dict[Column, Floats] = {}
    for i, (node, metric, statistic) in enumerate(raw.heads):
        if metric == target.metric and statistic == target.statistic:
            told = raw.values[:, i]
            series[Column(node, _symptom(target).metric)] = 1 - told / 100 if metric in FAILED else told
        elif metric == "requests":
            series[Column(node, metric)] = raw.values[:, i]
    chosen = columns or tuple(series)
    gap = np.full(len(raw.times), np.nan)
    return Table(chosen, raw.times, np.column_stack([series.get(c, gap) for c in chosen]))


def _traffic(folder: Path) -> Traffic:
    issues = tuple(_issue(p) for p in sorted(folder.glob("*/issue_*")))
    return Traffic(folder.name, _calls(folder / "graph.csv"), _raw(folder / "noissue" / "metrics.csv"), issues)


def _issue(folder: Path) -> tuple[str, Raw, Target, str]:
    told = json.loads((folder / "target.json").read_text())
    hurt = told["target"]
    target = Target(hurt["node"], hurt["metric"], hurt["agg"])
    return "/".join(folder.parts[-3:]), _raw(folder / "metrics.csv"), target, told["root_cause"]["node"]


def _calls(file: Path) -> Calls:
    rows = _rows(file)
    return {r[0]: tuple(c for c, x in zip(rows[0][1:], r[1:], strict=True) if float(x)) for r in rows[1:]}


def _raw(file: Path) -> Raw:
    rows = _rows(file)
    heads = tuple((a, b, c) for a, b, c in zip(*(r[1:] for r in rows[:3]), strict=True))
    times, first = np.unique([float(r[0]) for r in rows[HEADER:]], return_index=True)
    values = np.array([[float(x) if x else np.nan for x in rows[HEADER + i][1:]] for i in first], dtype=np.float64)
    return Raw(heads, times, values)


def _rows(file: Path) -> list[list[str]]:
    with file.open(newline="") as f:
        return list(csv.reader(f))
