"""The cause from alerts alone: real alert streams of several systems (`alerts`, rca-llm-reasoning, FORGE 2026)."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rca.outcome import Answer, Outcome, Row
from holdfast.analysis.numbers.confidence import Calibration, calibration_error, fit
from holdfast.analysis.topology.alerts import HALF_LIFE, Alert, Background, Source
from holdfast.analysis.topology.blame import CALIBRATION, blame, margin
from holdfast.analysis.topology.graph import Names, Topology

HERE = timezone(timedelta(hours=8))  # the labels' clock; the alerts' is Unix time
CALLS = ("control_flow", "data_flow")
SLOW = "PD"  # the set's word for a span that took longer than usual
HALF_LIVES = (3.0, HALF_LIFE, 12.0, 24.0)  # what the cross-system test tunes: the one constant that is about time
# Per system: at least and aim of Hit@1 and Hit@3, and the best published (language models, same protocol).
Bounds = tuple[float | None, float | None]
BOUNDS: dict[str, tuple[tuple[Bounds, Bounds], tuple[str, str]]] = {
    "MicroSS": (((0.36, 0.45), (0.55, 0.65)), (".388", ".533")),
    "Online-Boutique-cloudbed-2": (((0.40, 0.50), (0.60, 0.70)), (".115", ".256")),
}
UNBOUND: tuple[tuple[Bounds, Bounds], tuple[str, str]] = (((None, None), (None, None)), ("", ""))


@dataclass(frozen=True)
class Played:
    """One incident answered: the first three places, how clear the first was, and the truth."""

    case: str
    system: str
    first: tuple[str, ...]
    margin: float
    truth: str

    @property
    def right(self) -> bool:
        """Return whether the first answer is the truth."""
        return self.first[:1] == (self.truth,)


def play(folder: Path) -> Outcome:
    """Play every system, each incident by what rang before it and in its own window."""
    played = {p.parent.name: list(_system(p.parent)) for p in sorted(folder.glob("*/label.csv"))}
    rows = tuple(row for name, cases in played.items() for row in _rows(name, cases))
    answers = tuple(
        Answer(case=f"{p.system}/{p.case}", confidence=CALIBRATION.of(p.margin), right=p.right)
        for cases in played.values()
        for p in cases
    )
    return Outcome(
        rows=rows,
        answers=answers,
        gap=(*_gap(played), *_tuned(folder, {name: len(cases) for name, cases in played.items()})),
    )


def _rows(name: str, cases: list[Played]) -> Iterator[Row]:
    bounds, published = BOUNDS.get(name, UNBOUND)
    for k, (least, aim), best in zip((1, 3), bounds, published, strict=True):
        hit = float(np.mean([p.truth in p.first[:k] for p in cases]))
        yield Row(
            dataset=f"alerts {name}",
            measure=f"Hit@{k}",
            ours=hit,
            at_least=least,
            aim=aim,
            published=best,
            cases=len(cases),
        )


def _system(folder: Path, half_life: float = HALF_LIFE) -> Iterator[Played]:
    topology, background = _topology(folder), Background(half_life)
    metrics, traces = _json(folder / "metrics.json"), _json(folder / "traces.json")
    for label in sorted(csv.DictReader((folder / "label.csv").open()), key=lambda r: _moment(r["fault_st_time"])):
        case = label["fault_id"]
        window = [*_metrics(metrics.get(case, [])), *_traces(traces.get(case, []))]
        suspects = blame(topology, background, window)
        first = tuple(s.place for s in suspects[:3])
        yield Played(case, folder.name, first, margin(suspects), label["fault_entity"])
        background.remember(window)


def _metrics(rows: list[list[str]]) -> Iterator[Alert]:
    for at, place, _, name, way in rows:
        yield Alert(float(at) / 1000, place, name, way)


def _traces(rows: list[list[str]]) -> Iterator[Alert]:
    for at, caller, callee, name, way in rows:
        yield Alert(float(at) / 1000, callee, name, "slow" if way == SLOW else "error", Source.TRACE, caller)


def _topology(folder: Path) -> Topology:
    edges = [(e["label"], e["source"], e["target"]) for e in _json(folder / "topology.json")["edges"]]
    calls: dict[str, Names] = {}
    for label, source, target in edges:
        if label in CALLS:
            calls[source] = calls.get(source, frozenset()) | {target}
    return Topology(
        calls=calls,
        instance_of={source: target for label, source, target in edges if label == "instance_of"},
        runs_on={source: target for label, source, target in edges if label == "hosted_on"},
    )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=HERE).timestamp() if ":" in text else float(text)


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def _gap(played: dict[str, list[Played]]) -> tuple[Row, ...]:
    """Return how well confidence fitted on one system holds on the other, as 1 minus the calibration error."""
    return tuple(_fitted(fit_on, score_on, played) for fit_on in played for score_on in played if fit_on != score_on)


def _fitted(fit_on: str, score_on: str, played: dict[str, list[Played]]) -> Row:
    curve: Calibration = fit(_margins(played[fit_on]), _right(played[fit_on]))
    sure = np.array([curve.of(p.margin) for p in played[score_on]])
    error = calibration_error(sure, _right(played[score_on]))
    return Row(
        dataset=f"alerts {score_on}", measure="calibration", ours=1 - error, cases=len(sure), note=f"fitted on {fit_on}"
    )


def _tuned(folder: Path, cases: dict[str, int]) -> Iterator[Row]:
    """Yield how the half-life that is best on one system does on each other."""
    hits = {n: {h: _first_right(_system(folder / n, h)) for h in HALF_LIVES} for n in cases}
    for tuned, own in hits.items():
        best = max(own, key=own.__getitem__)
        for scored, asked in cases.items():
            if scored != tuned:
                there, its_best = hits[scored][best], max(hits[scored].values())
                note = f"half-life {best:.0f} tuned on {tuned}; its own best {its_best:.3f}"
                yield Row(dataset=f"alerts {scored}", measure="Hit@1", ours=there, cases=asked, note=note)


def _first_right(cases: Iterator[Played]) -> float:
    return float(np.mean([p.right for p in cases]))


def _margins(cases: list[Played]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.array([p.margin for p in cases])


def _right(cases: list[Played]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.array([float(p.right) for p in cases])
