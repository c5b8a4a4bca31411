"""Third step of the logs: each template's lines on both sides of the onset, and whether their number means anything."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.logs.line import LEVELS, SEVERE, Line
from holdfast.analysis.logs.templates import Miner
from holdfast.analysis.numbers.rates import chance_of_more

LEAST_NEW = 3  # lines before a template that was never seen counts as new
GROWN = 3.0  # times its earlier rate
RARE = 0.05  # chance, all templates together, below which a growth is no accident
SILENCE = 10.0  # lines expected of a template that wrote none before its silence is news: by chance once in 20,000


@dataclass(frozen=True)
class Template:
    """Lines that say the same with other values. `before` and `after` count them on either side of the onset.

    `growth` is the rate after the onset over that before, `expected` the lines after it had the rate stayed, `chance`
    how likely so many would be then in any of the templates (1 where nothing is known of the time before).
    """

    text: str
    level: str
    count: int
    before: int
    after: int
    growth: float
    example: str
    expected: float = 0.0
    chance: float = 1.0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    pods: tuple[str, ...] = ()

    @property
    def severe(self) -> bool:
        """Return whether it tells of an error."""
        return self.level in SEVERE

    @property
    def new(self) -> bool:
        """Return whether it began with the trouble; where nothing was seen before, nothing can be called new."""
        return self.before == 0 and self.after >= LEAST_NEW and self.growth > 1

    @property
    def grown(self) -> bool:
        """Return whether it is new or came clearly more often than before."""
        return self.new or (self.after >= LEAST_NEW and self.growth >= GROWN)

    @property
    def silenced(self) -> bool:
        """Return whether it stopped with the trouble, as a heartbeat does."""
        return self.after == 0 and self.expected >= SILENCE

    @property
    def anomalous(self) -> bool:
        """Return whether it came more often than chance allows, or stopped."""
        return self.silenced or (self.grown and self.chance < RARE)


@dataclass(frozen=True)
class _Window:
    """When the trouble began, and the seconds that the lines cover on either side; 0 where that cannot be known."""

    onset: datetime | None
    before: float
    after: float

    @property
    def known(self) -> bool:
        return min(self.before, self.after) > 0


def mine(
    lines: Iterable[Line], onset: datetime | None = None, covered_from: datetime | None = None
) -> tuple[Template, ...]:
    """Return the templates of `lines`: severe ones that grew first, then by count.

    `covered_from` is when the answer begins, lines or not; without it, the first line. Without an onset or
    without times nothing is called grown.
    """
    miner = Miner()
    numbered = [(miner.add(line.message), line) for line in lines]
    # A request that failed reads like one that went well but for its number: severe lines are told apart.
    groups: dict[tuple[int, bool], list[Line]] = {}
    for number, line in numbered:
        groups.setdefault((miner.root(number), line.level in SEVERE), []).append(line)
    window = _window([line for _, line in numbered], onset, covered_from)
    found = [_template(miner.text(number), group, window, len(groups)) for (number, _), group in groups.items()]
    return tuple(sorted(found, key=lambda t: (not (t.severe and t.grown), not t.severe, -t.count, t.text)))


def _window(lines: list[Line], onset: datetime | None, covered_from: datetime | None) -> _Window:
    times = [line.time for line in lines if line.time is not None]
    if onset is None or not times:
        return _Window(onset, 0.0, 0.0)
    before = max(0.0, (onset - (covered_from or min(times))).total_seconds())
    return _Window(onset, before, max(1.0, (max(times) - onset).total_seconds()))


def _template(text: str, lines: list[Line], window: _Window, tested: int) -> Template:
    times = [line.time for line in lines if line.time is not None]
    after = sum(1 for time in times if window.onset is not None and time >= window.onset)
    before = len(lines) - after
    levels = Counter(line.level for line in lines)
    return Template(
        text=one_line(text, 160),
        level=max(levels, key=lambda name: (levels[name], LEVELS.index(name))),
        count=len(lines),
        before=before,
        after=after,
        growth=_growth(before, after, window),
        example=one_line(lines[-1].message, 300),
        expected=before * window.after / window.before if window.known else 0.0,
        # Bonferroni: of many templates one will have grown by chance.
        chance=min(1.0, tested * chance_of_more(before, after, window.before, window.after)) if window.known else 1.0,
        first_seen=min(times, default=None),
        last_seen=max(times, default=None),
        pods=tuple(sorted({line.pod for line in lines if line.pod})),
    )


def _growth(before: int, after: int, window: _Window) -> float:
    """Return the rate after over the rate before; half a line on each side keeps it finite."""
    if not window.known:
        return 1.0
    growth = ((after + 0.5) / window.after) / ((before + 0.5) / window.before)
    return growth if math.isfinite(growth) else 1.0
