"""Which of several releases at the same time broke it: `changerca` (FSE 2024), one shop under canary releases."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rca.outcome import Answer, Outcome, Row
from holdfast.analysis.changes.contrast import Kpi
from holdfast.analysis.changes.impact import CALIBRATION, Change, Trouble, margin, rank_changes
from holdfast.analysis.topology.graph import Names, Topology

PAST = 1200.0  # seconds of each number before the detection that are read
ANSWERED_AFTER = 600.0  # seconds after the detection at which the answer is given: nothing later is read
NEW = "-v2-"  # how the set's pods tell the released version from the one before
LEVELS = ("Latency", "CPUUsageRate(%)")
PUBLISHED = (".92", ".98")
BOUNDS = ((0.88, 0.95), (1.0, 1.0))

Parts = dict[str, list[float]]


@dataclass(frozen=True)
class _Played:
    case: str
    named: tuple[str, ...]
    margin: float
    truth: str


def play(folder: Path) -> Outcome:
    """Play every case of every day in the folder."""
    cases = [_case(plan) for plan in sorted(folder.glob("*/*/*.json")) if plan.stem == plan.parent.name]
    rows = tuple(
        Row(
            dataset="changerca",
            measure=f"HR@{k}",
            ours=float(np.mean([c.truth in c.named[:k] for c in cases])),
            at_least=least,
            aim=aim,
            published=best,
            cases=len(cases),
        )
        for k, (least, aim), best in zip((1, 3), BOUNDS, PUBLISHED, strict=True)
    )
    answers = tuple(
        Answer(case=c.case, confidence=CALIBRATION.of(c.margin), right=c.named[:1] == (c.truth,)) for c in cases
    )
    return Outcome(rows=rows, answers=answers)


def _case(plan: Path) -> _Played:
    told: dict[str, Any] = json.loads(plan.read_text())
    detected = float(told["detect_timestamp"])
    released = {s: float(p["release_time"]) for s, p in told["plan"].items()}
    changes = [Change(s, datetime.fromtimestamp(at, UTC), "rollout") for s, at in released.items()]
    kpis = _kpis(plan.parent, released, detected)
    trouble = Trouble(datetime.fromtimestamp(detected, UTC), _entries(plan.parent), kpis)
    impacts = rank_changes(_topology(plan.parent), changes, trouble)
    return _Played(plan.stem, tuple(i.change.service for i in impacts), margin(impacts), told["fault_release_service"])


def _topology(folder: Path) -> Topology:
    calls: dict[str, Names] = {}
    for row in csv.DictReader((folder / "dependency.csv").open()):
        if not row["Target"][:1].isdigit():  # the same table says on which address each pod runs
            calls[row["Source"]] = calls.get(row["Source"], frozenset()) | {row["Target"]}
    return Topology(calls=calls)


def _entries(folder: Path) -> frozenset[str]:
    """Return where users come in: what is called by nothing."""
    calls = _topology(folder).calls
    called = {c for callees in calls.values() for c in callees}
    return frozenset(set(calls) - called)


def _kpis(folder: Path, released: dict[str, float], detected: float) -> dict[str, tuple[Kpi, ...]]:
    parts: dict[tuple[str, str], Parts] = defaultdict(lambda: {"before": [], "old": [], "new": []})
    for service, new, row in _rows(folder):
        at = float(row["Timestamp"])
        if not detected - PAST <= at <= detected + ANSWERED_AFTER:
            continue
        part = "new" if new else "before" if at < released.get(service, detected) else "old"
        for name in ("SuccessRate", *LEVELS):
            parts[(service, name)][part].append(_number(row.get(name)))
    found: dict[str, tuple[Kpi, ...]] = {}
    for (service, name), split in parts.items():
        share = name == "SuccessRate"
        arrays = {k: 1 - np.array(v) / 100 if share else np.array(v) for k, v in split.items()}
        found[service] = (*found.get(service, ()), Kpi(name, share, **arrays))
    return found


def _rows(folder: Path) -> Iterator[tuple[str, bool, dict[str, str]]]:
    """Yield each sample of a pod that is called: its service, whether it is of the new version, and the row."""
    for file in sorted(folder.glob("*-v[0-9]*-*_*_*.csv")):
        pod, _, callee = file.stem.rsplit("_", 2)
        if pod.startswith(f"{callee}-v"):
            with file.open() as lines:
                yield from ((callee, NEW in pod, row) for row in csv.DictReader(lines))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
