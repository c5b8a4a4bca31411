"""The bench reads alert streams as their authors wrote them, and answers each incident by what came before it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.rca.alerts import play

LABELS = ("fault_id", "fault_entity", "fault_st_time")
START = 1_700_000_000


def write(folder: Path, faults: list[tuple[str, str]], metrics: dict[str, list[Any]], traces: dict[str, Any]) -> None:
    """Write one system of one service with two instances; faults are (id, place), an hour apart."""
    folder.mkdir()
    with (folder / "label.csv").open("w") as file:
        table = csv.writer(file)
        table.writerows([LABELS, *((case, place, START + 3600 * n) for n, (case, place) in enumerate(faults))])
    edges = [{"source": f"cart-{n}", "target": "cart", "label": "instance_of"} for n in range(2)]
    calls = [{"source": "web", "target": "cart", "label": "control_flow"}]
    (folder / "topology.json").write_text(json.dumps({"nodes": [], "edges": edges + calls}))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "traces.json").write_text(json.dumps(traces))


def test_each_incident_is_answered_by_its_window_and_the_ones_before(tmp_path: Path) -> None:
    """What rang in the first window too says nothing in the second; a window without alerts is answered wrongly."""
    at = str(START * 1000)
    old = [at, "cart-0", None, "memory_used", "up"]
    metrics = {"1": [old], "2": [old, [at, "cart-1", None, "cpu_used", "up"]], "3": []}
    faults = [("1", "cart-0"), ("2", "cart-1"), ("3", "web")]
    write(tmp_path / "MicroSS", faults, metrics, {"1": [[at, "web", "cart-0", "GET /", "PD"]]})
    outcome = play(tmp_path)
    assert [a.right for a in outcome.answers] == [True, True, False]
    assert [(r.measure, r.cases) for r in outcome.rows] == [("Hit@1", 3), ("Hit@3", 3)]
    assert outcome.rows[0].ours == pytest.approx(2 / 3)
    assert outcome.answers[2].confidence < outcome.answers[1].confidence


def test_with_one_system_there_is_no_gap_to_tell(tmp_path: Path) -> None:
    """A gap needs a second system."""
    write(tmp_path / "MicroSS", [("1", "cart")], {}, {})
    assert play(tmp_path).gap == ()
