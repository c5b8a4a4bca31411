"""Alerts as the walk reads them, and how surprising each is after what rang in earlier windows."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

HALF_LIFE = 6.0  # windows; what rang all day says little, what rang last week and fell silent says something again
PRIOR = 0.5  # pseudo-windows each for "rang" and "was silent" (Krichevsky and Trofimov, 1981)
DIGITS = re.compile(r"\d+")
WORDS = re.compile(r"[A-Za-z0-9]+")
FAMILY_WORDS = 2  # "container_memory_usage" and "container_memory_rss" measure one resource

Key = tuple[str, str, str, str]


class Source(StrEnum):
    """What an alert was raised on."""

    METRIC = "metric"
    TRACE = "trace"


@dataclass(frozen=True)
class Alert:
    """One alert of a window. `at` is in seconds on any clock that all alerts of the window share.

    `place` is what it is about, for a trace the callee; `caller` is named for traces only. `way` tells alerts of
    one name apart: "up" or "down" for a metric, the status or slowness for a trace.
    """

    at: float
    place: str
    name: str
    way: str = ""
    source: Source = Source.METRIC
    caller: str = ""

    @property
    def measurement(self) -> str:
        """Return the name without numbers: core 3 and core 12 are one measurement, not two."""
        return DIGITS.sub("#", self.name)

    @property
    def family(self) -> str:
        """Return the resource the measurement belongs to, by its first words."""
        return "_".join(WORDS.findall(self.measurement.replace("#", ""))[:FAMILY_WORDS])

    @property
    def key(self) -> Key:
        """Return what makes two alerts of different windows the same alert."""
        return self.place, self.measurement, self.way, self.caller


class Background:
    """What rang in earlier windows, older ones counting less; the windows are told one by one, oldest first.

    `half_life`, in windows, is after how many an alert counts half; raises ValueError when it is not above 0.
    """

    def __init__(self, half_life: float = HALF_LIFE) -> None:
        if not half_life > 0:
            raise ValueError(f"half_life: {half_life}, expected above 0")
        self._fade = 0.5 ** (1.0 / half_life)
        self._rang: dict[Key, float] = {}
        self._windows = 0.0
        self._reporters: dict[str, set[str]] = {}
        self._lines: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def remember(self, window: Sequence[Alert]) -> None:
        """Add one window; an alert counts once however often it rang."""
        self._rang = {key: weight * self._fade for key, weight in self._rang.items()}
        self._windows = self._windows * self._fade + 1.0
        for alert in window:
            self._reporters.setdefault(alert.measurement, set()).add(alert.place)
            self._lines.setdefault((alert.place, alert.way), set()).add((alert.caller, alert.name))
        for key in {a.key for a in window}:
            self._rang[key] = self._rang.get(key, 0.0) + 1.0

    def surprise(self, alert: Alert) -> float:
        """Return minus the log of the chance that this alert rings in a window, at least 0 (Shannon, 1948)."""
        chance = (self._rang.get(alert.key, 0.0) + PRIOR) / (self._windows + 2 * PRIOR)
        return max(0.0, -math.log(chance))

    def reporters(self, measurement: str) -> frozenset[str]:
        """Return every place that was ever heard to ring with this measurement."""
        return frozenset(self._reporters.get(measurement, ()))

    def lines(self, place: str, way: str) -> frozenset[tuple[str, str]]:
        """Return each (caller, name) by which alerts of this way were ever raised on the place."""
        return frozenset(self._lines.get((place, way), ()))
