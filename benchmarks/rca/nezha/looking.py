"""Looks at one fault of the Nezha set through each source: a quiet stretch before it, and the minutes since."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from benchmarks.rca.nezha.files import Fault, around, faults, kinds_of_line, metrics, spans
from holdfast.analysis.blending.chatter import Kind, rank_chatter
from holdfast.analysis.blending.usage import Usage, rank_usage
from holdfast.analysis.traces.own_time import Timed, own_times
from holdfast.analysis.traces.places import rank_places
from holdfast.analysis.traces.window import window

LOOKED_AT = 240.0  # seconds after an injection that are looked at, and as many before it that are quiet
LATE = 60.0  # seconds an injection may have been written down late: what came just before it is not called quiet
HISTORY = 3600.0  # seconds of metrics that say what is usual: one value a minute needs an hour for its spread
RESOURCES = ("CpuUsage(m)", "MemoryUsage(Mi)")  # what a pod itself uses


@dataclass(frozen=True)
class Looked:
    """One fault and what each source says, by source and place."""

    fault: Fault
    sources: dict[str, dict[str, float]]


def look(folder: Path) -> Iterator[Looked]:
    """Yield every fault of every day with what its sources say. Nothing later than LOOKED_AT is read."""
    for fault in faults(folder):
        said = {"traces": _traces(folder, fault), "metrics": _metrics(folder, fault), "logs": _logs(folder, fault)}
        yield Looked(fault, said)


def _traces(folder: Path, fault: Fault) -> dict[str, float]:
    near = [t for p in _near(folder, "trace", fault) for t in _timed(p)]
    before = (t for t in near if fault.at - LOOKED_AT <= t.start < fault.at - LATE)
    since = (t for t in near if fault.at <= t.start < fault.at + LOOKED_AT)
    quiet = window(chain(_first_quiet(folder, fault.day), before))
    return {place: score for place, score in rank_places(quiet, window(since)).items() if score > 0.0}


def _near(folder: Path, kind: str, fault: Fault) -> list[Path]:
    return around(folder / "rca_data", kind, fault.day, fault.at - LOOKED_AT, fault.at + LOOKED_AT)


@lru_cache(maxsize=16)  # a file serves at most the fault before it and the one after
def _timed(path: Path) -> list[Timed]:
    return own_times(spans(path))


@lru_cache(maxsize=2)
def _first_quiet(folder: Path, day: str) -> list[Timed]:
    """Return the spans of the day's fault-free files, where there are any, and those from before its first fault."""
    built = sorted((folder / "construct_data" / day / "trace").glob("*.csv"))
    first = min(f.at for f in faults(folder) if f.day == day)
    paths = [*built, *around(folder / "rca_data", "trace", day, first - LOOKED_AT, first)]
    return [t for p in paths for t in own_times(spans(p)) if t.start < first]


def _metrics(folder: Path, fault: Fault) -> dict[str, float]:
    found = []
    for place, columns in metrics(folder / "rca_data" / fault.day).items():
        time = columns["TimeStamp"]
        before = (time >= fault.at - HISTORY) & (time < fault.at - LATE)
        since = (time >= fault.at) & (time < fault.at + LOOKED_AT)
        found += [Usage(place, r, columns[r][before], columns[r][since]) for r in RESOURCES if r in columns]
    return rank_usage(found)


def _logs(folder: Path, fault: Fault) -> dict[str, float]:
    near = [line for p in _near(folder, "log", fault) for line in kinds_of_line(p)]
    built = sorted((folder / "construct_data" / fault.day / "log").glob("*.csv"))
    quiet = Counter[Kind](k for p in built for at, k in kinds_of_line(p) if at < fault.at)
    quiet.update(k for at, k in near if fault.at - LOOKED_AT <= at < fault.at - LATE)
    since = (k for at, k in near if fault.at <= at < fault.at + LOOKED_AT)
    return rank_chatter(quiet.elements(), since)
