"""What every measurement shares: a figure, its target, and small helpers."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from holdfast.domain.noun import Noun

ADDITIONS = 1_000_000


class Figure(Noun):
    """One measured figure. `at_most` and `at_least` are its targets, where it has them."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> str:
        """Return `met`, `missed`, or nothing when there is no target."""
        if self.at_most is None and self.at_least is None:
            return ""
        high = self.at_most is None or self.value <= self.at_most
        low = self.at_least is None or self.value >= self.at_least
        return "met" if high and low else "missed"


def machine() -> Figure:
    """Return how quick plain Python is here and now: milliseconds below are not the same on every day or machine."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        sum(n for n in range(ADDITIONS))
        times.append(time.perf_counter() - begun)
    return Figure(
        name="a million additions", value=statistics.median(times) * 1000, unit="ms", note="this machine's speed"
    )


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return float(statistics.median(values))


def megabytes(pid: int) -> float:
    """Return the resident memory of a process, in 10^6 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
