"""Reads the files of the Nezha set: which faults were injected when, and the spans, metrics and lines around them."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from holdfast.analysis.blending.usage import Floats
from holdfast.analysis.traces.span import Span

NANO, MICRO = 1e-9, 1e-6
STAMP_EARLY, STAMP_LATE = 60.0, 120.0  # seconds: a file named 10_05 holds what began from 10:03 to 10:06
WORD = re.compile(r"\b[A-Za-z_.]{3,}\b")
SPAN_FIELDS = 8  # a row with another number of fields was cut off
LINE_WORDS = 12  # words that tell one kind of line from another; what follows is mostly values


class Fault(BaseModel):
    """One row of a fault list: the day, Unix seconds of the injection, and what was broken how."""

    model_config = ConfigDict(frozen=True)

    day: str
    at: float
    service: str
    fault: str


def service_of(pod: str) -> str:
    """Return the service of a pod: its name without the two parts the cluster adds."""
    return pod.rsplit("-", 2)[0]


def faults(folder: Path) -> list[Fault]:
    """Return all faults of all days, in order of time; rows that bear another day than their file's are no faults."""
    found = []
    for path in sorted((folder / "rca_data").glob("*/*fault_list.json")):
        day = path.parent.name
        rows = [r for hour in json.loads(path.read_text()).values() for r in hour]
        found += [_fault(day, r) for r in rows if r["inject_time"].startswith(day)]
    return sorted(found, key=lambda f: f.at)


def _fault(day: str, row: dict[str, str]) -> Fault:
    return Fault(
        day=day, at=float(row["inject_timestamp"]), service=service_of(row["inject_pod"]), fault=row["inject_type"]
    )


def around(folder: Path, kind: str, day: str, begin: float, end: float) -> list[Path]:
    """Return the files of `kind` (trace or log) that may hold something from `begin` to `end`, Unix seconds."""
    found = []
    for path in sorted((folder / day / kind).glob("*.csv")):
        stamp = datetime.strptime(f"{day} {path.name[:5]} +0000", "%Y-%m-%d %H_%M %z").timestamp()
        if stamp - STAMP_LATE <= end and stamp + STAMP_EARLY >= begin:
            found.append(path)
    return found


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a file."""
    with path.open(newline="") as lines:
        yield from csv.DictReader(lines)


def spans(path: Path) -> Iterator[Span]:
    """Yield the spans of a file; durations are recorded in microseconds, NaN where there is none."""
    with path.open(newline="") as lines:
        rest = csv.reader(lines)
        next(rest, None)
        for trace, span, parent, pod, operation, start, _, duration in (r for r in rest if len(r) == SPAN_FIELDS):
            length = float(duration or "nan") * MICRO
            yield Span(trace, span, parent, service_of(pod), operation, int(start) * NANO, length)


def kinds_of_line(path: Path) -> Iterator[tuple[float, tuple[str, str]]]:
    """Yield when each line was written, Unix seconds, and its kind: the service and its words without values."""
    for row in rows(path):
        words = WORD.findall(row["Log"] or "")[:LINE_WORDS]
        yield int(row["TimeUnixNano"]) * NANO, (service_of(row["PodName"]), " ".join(words))


@lru_cache(maxsize=4)
def metrics(folder: Path) -> dict[str, dict[str, Floats]]:
    """Return by service every column of its metrics as floats (n,), NaN where there is no value."""
    found = {}
    for path in sorted((folder / "metric").glob("*_metric.csv")):
        every = list(rows(path))
        columns = [c for c in (every[0] if every else {}) if c not in ("Time", "PodName")]
        found[service_of(path.name.removesuffix("_metric.csv"))] = {
            c: np.array([float(r[c] or "nan") for r in every]) for c in columns
        }
    return found
