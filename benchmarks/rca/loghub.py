"""Loghub-2k: lines of many systems into templates, online, by their content alone, one configuration for all.

Measures: grouping accuracy (GA, Zhu et al., ICSE-SEIP 2019) is the share of lines whose group holds exactly the lines
of one true template. FGA (Khan et al., ICSE 2022; Jiang et al., Loghub-2.0, 2024) is the F1 of groups: 2PR / (P + R)
with P the right groups of those found and R the right groups of the true ones.

Protocol: one pass in the order of the file. Templates merge as they are learned and a line goes with its template; the
groups are read at the end. "as it arrives" is the same run, each line judged by the group named when it came.
"""

import csv
import importlib
import importlib.util
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, product
from pathlib import Path

from benchmarks.rca.outcome import Outcome, Row
from holdfast.analysis.logs.masking import flattened, masked
from holdfast.analysis.logs.templates import ANYWHERE, INTRODUCED, Miner

Lines = tuple[list[str], list[str]]  # contents, and the true template of each
GRID = tuple(product((3, 4, 5, 6), (6, 8, 12, 16)))  # settings of the two thresholds that the gap chooses from
DRAIN = importlib.util.find_spec("drain3") is not None  # compared with where it is installed
REPEATS = 10  # times all lines are read for the speed: 160,000 lines take a second or two


def read(folder: Path) -> dict[str, Lines]:
    """Return the systems of the set by name; raises FileNotFoundError when one has no structured lines."""
    systems: dict[str, Lines] = {}
    for place in sorted(p for p in folder.iterdir() if p.is_dir()):
        with (place / f"{place.name}_2k.log_structured.csv").open(newline="", encoding="utf-8", errors="replace") as f:
            rows = list(csv.DictReader(f))
        systems[place.name] = ([r["Content"] for r in rows], [r["EventId"] for r in rows])
    return systems


def accuracy(found: Sequence[int], true: Sequence[str]) -> tuple[float, float]:
    """Return GA and FGA of n lines: `found` (n,) group numbers, `true` (n,) template names."""
    groups, templates = Counter(found), Counter(true)
    both = Counter(zip(found, true, strict=True))
    right = [t for (g, t), n in both.items() if groups[g] == n == templates[t]]
    return sum(templates[t] for t in right) / len(true), 2 * len(right) / (len(groups) + len(templates))


def mined(lines: list[str], introduced: int = INTRODUCED, anywhere: int = ANYWHERE) -> list[int]:
    """Return the group of each line once all were read."""
    miner = Miner(introduced=introduced, anywhere=anywhere)
    numbers = [miner.add(line) for line in lines]
    return [miner.root(n) for n in numbers]


def arriving(lines: list[str]) -> list[int]:
    """Return the group of each line as named when it came."""
    miner = Miner()
    return [miner.add(line) for line in lines]


def drained(lines: list[str]) -> list[int]:
    """Return the groups of Drain (He et al. 2017) with its usual configuration and no masks: the floor."""
    drain = importlib.import_module("drain3.drain").Drain(depth=4, sim_th=0.4, max_children=100)
    return [drain.add_log_message(line)[0].cluster_id for line in lines]


def drained_masked(lines: list[str]) -> list[int]:
    """Return Drain's groups of lines that our masks were put on: what the masks alone do for it."""
    return drained([" ".join(masked(flattened(line)).tokens) or line for line in lines])


DRAINS = (("Drain, one configuration", drained), ("Drain on our masks", drained_masked))


def play(folder: Path) -> Outcome:
    """Play the set."""
    systems = read(folder)
    scores = {name: accuracy(mined(lines), true) for name, (lines, true) in systems.items()}
    ga, fga = _mean(list(scores.values()))
    published = "Brain .983, Drain .865 (tuned a system)"
    rows = [_row("GA, mean", ga, published, (0.85, 0.92)), _row("FGA, mean", fga, "", (0.82, 0.88))]
    others = [("as it arrives", arriving), *(DRAINS if DRAIN else ())]
    for label, way in others:
        other = _mean([accuracy(way(lines), true) for lines, true in systems.values()])
        rows += [_row(f"GA, mean, {label}", other[0]), _row(f"FGA, mean, {label}", other[1])]
    for name, (one, two) in scores.items():
        rows += [_row(f"GA, {name}", one), _row(f"FGA, {name}", two)]
    every = [line for lines, _ in systems.values() for line in lines]
    told = (*rows, *([_speed(every)] if DRAIN else []))
    gap = _gap(systems) if len(systems) > 1 else ()
    return Outcome(rows=_counted(told, len(systems)), gap=_counted(gap, len(systems)))


def _row(measure: str, ours: float, published: str = "", bounds: tuple[float, float] | None = None) -> Row:
    low, aim = bounds or (None, None)
    return Row(dataset="loghub2k", measure=measure, ours=ours, published=published, at_least=low, aim=aim)


def _counted(rows: tuple[Row, ...], systems: int) -> tuple[Row, ...]:
    return tuple(r.model_copy(update={"cases": systems}) for r in rows)


def _mean(scores: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(s[0] for s in scores) / len(scores), sum(s[1] for s in scores) / len(scores)


def _speed(lines: list[str]) -> Row:
    """Return how many times as many lines a second as Drain's, both on the same lines in the same run."""
    ours, drain = (_rate(way, lines * REPEATS) for way in (arriving, drained))
    note = f"{ours:,.0f} lines a second, Drain {drain:,.0f}; repeats come from a cache"
    return Row(dataset="loghub2k", measure="lines a second, times Drain's", ours=ours / drain, note=note)


def _rate(way: Callable[[list[str]], list[int]], lines: list[str]) -> float:
    began = time.perf_counter()
    way(lines)
    return len(lines) / (time.perf_counter() - began)


def _gap(systems: dict[str, Lines]) -> tuple[Row, ...]:
    """Return how the two thresholds do on half of the systems when tuned on the others, for every such split."""
    tried = {
        setting: {name: accuracy(mined(lines, *setting), true) for name, (lines, true) in systems.items()}
        for setting in GRID
    }
    elsewhere = []
    for half in combinations(systems, len(systems) // 2):
        best = max(tried, key=lambda s: sum(_mean([tried[s][n] for n in half])))
        elsewhere += [tried[best][n] for n in systems if n not in half]
    ga, fga = _mean(elsewhere)
    return _row("GA, thresholds tuned on the other half", ga), _row("FGA, thresholds tuned on the other half", fga)
