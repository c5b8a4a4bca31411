"""Sock Shop 1: CPU and memory faults by their metrics alone (Ikram et al., NeurIPS 2022; protocol of RCAEval, 2024).

A case gives one row a second of every service, 300 before the fault and 300 since. It is asked three times: with the
time of the fault, with that time 60 s late, and with no time at all. A right answer names the service, and its metric.
Quiet windows are the first and the second half of what came before the fault: nothing is wrong there.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rca.outcome import Answer, Outcome, Row
from holdfast.analysis.metrics.ranking import rank_around_onset, rank_entities
from holdfast.analysis.metrics.suspects import Ranking
from holdfast.analysis.metrics.table import Column, Table
from holdfast.analysis.numbers.confidence import LEAST_SURE
from holdfast.analysis.numbers.series import Floats

AROUND = 300  # rows either side of the fault
LATE = 60  # rows
DROPPED = ("_lat_50", "_lat_99")  # by the protocol
MISSED = 99  # the place of a cause that was not named
FOUND = "time found"


@dataclass(frozen=True, eq=False)
class Case:
    """One fault: all rows, the row at which it began, and what it was."""

    name: str
    table: Table
    fault: int
    service: str
    metric: str


def play(folder: Path) -> Outcome:
    """Play every case with the time known, late and unknown, and every quiet window."""
    cases = [_case(p.parent) for p in sorted(folder.glob("*/*/normal.csv"))]
    rankings = {
        "time known": [_around(c, c.fault) for c in cases],
        f"{LATE} s late": [_around(c, c.fault + LATE) for c in cases],
        FOUND: [rank_around_onset(c.table.rows(max(0, c.fault - AROUND), c.fault + AROUND)) for c in cases],
    }
    rows = [row for told, ranked in rankings.items() for row in _scored(told, cases, ranked)]
    answers = tuple(_answer(c, r) for c, r in zip(cases, rankings[FOUND], strict=True))
    return Outcome(rows=(*rows, *_quiet(cases)), answers=answers)


def _around(case: Case, row: int) -> Ranking:
    before, after = case.table.rows(max(0, row - AROUND), row), case.table.rows(row, row + AROUND)
    return rank_entities(before, after)


def _scored(told: str, cases: list[Case], rankings: list[Ranking]) -> tuple[Row, Row]:
    places = [_place(r, c.service) for c, r in zip(cases, rankings, strict=True)]
    average = float(np.mean([np.mean([p < k for k in range(1, 6)]) for p in places]))
    first = float(np.mean([_names_metric(r, c) for c, r in zip(cases, rankings, strict=True)]))
    n = len(cases)
    service = Row(
        dataset="sockshop", measure=f"service Avg@5, {told}", ours=average, at_least=0.99 if "known" in told else 0.98,
        published="BARO .98 late" if "late" in told else "BARO .99", cases=n,
    )  # fmt: skip
    metric = Row(
        dataset="sockshop", measure=f"metric AC@1, {told}", ours=first, at_least=0.90,
        published="BARO .86, N-sigma .90", cases=n,
    )  # fmt: skip
    return service, metric


def _place(ranking: Ranking, service: str) -> int:
    names = [s.entity for s in ranking.suspects]
    return names.index(service) if service in names else MISSED


def _names_metric(ranking: Ranking, case: Case) -> bool:
    if ranking.quiet:
        return False
    first = ranking.suspects[0]
    return (first.entity, first.metrics[0]) == (case.service, case.metric)


def _answer(case: Case, ranking: Ranking) -> Answer:
    sure = LEAST_SURE if ranking.quiet else ranking.confidence
    return Answer(case=f"sockshop/{case.name}", confidence=sure, right=_place(ranking, case.service) == 0)


def _quiet(cases: list[Case]) -> tuple[Row, Row]:
    halves = [c.table.rows(0, c.fault) for c in cases]
    known = [rank_entities(h.rows(0, len(h) // 2), h.rows(len(h) // 2, len(h))).quiet for h in halves]
    found = [rank_around_onset(h).quiet for h in halves]
    return (
        _specificity("time known", known),
        _specificity(FOUND, found),
    )


def _specificity(told: str, quiet: list[bool]) -> Row:
    return Row(
        dataset="sockshop", measure=f"specificity, {told}", ours=float(np.mean(quiet)), at_least=0.8, aim=0.9,
        cases=len(quiet), note="the time before the fault, halved",
    )  # fmt: skip


def _case(folder: Path) -> Case:
    heads, normal = _read(folder / "normal.csv")
    _, faulty = _read(folder / "anomalous.csv")
    kept = [i for i, h in enumerate(heads) if h != "time" and not h.endswith(DROPPED)]
    columns = tuple(Column(*heads[i].split("_", 1)) for i in kept)
    values = np.concatenate([normal, faulty])[:, kept]
    service, _, metric = folder.parent.name.rpartition("-")
    # The two files were recorded hours or days apart: rows are counted, clocks are not compared.
    table = Table(columns, np.arange(len(values), dtype=np.float64), values)
    return Case(f"{folder.parent.name}/{folder.name}", table, len(normal), service, metric)


def _read(file: Path) -> tuple[list[str], Floats]:
    with file.open(newline="") as f:
        rows = list(csv.reader(f))
    return rows[0], np.array([[float(x) if x else np.nan for x in r] for r in rows[1:]], dtype=np.float64)
