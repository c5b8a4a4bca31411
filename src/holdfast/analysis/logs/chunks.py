"""Log lines in pieces that a reader takes in at once, each with what is known of it without reading it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.analysis.logs.denoise import Repeated, collapsed
from holdfast.analysis.logs.line import LEVELS, SEVERE, Line

LIMIT = 2000  # characters: about what is shown of one answer
PAUSE = timedelta(minutes=1)  # of silence, after which another thing is going on


@dataclass(frozen=True)
class Chunk:
    """Lines in a row. `levels` counts them by level, worst first; times are None where no line has one."""

    text: str
    lines: int
    first: datetime | None
    last: datetime | None
    pods: tuple[str, ...]
    levels: tuple[tuple[str, int], ...]

    @property
    def severe(self) -> int:
        """Return how many of the lines tell of an error."""
        return sum(count for level, count in self.levels if level in SEVERE)


def chunks(lines: Iterable[Line], limit: int = LIMIT) -> tuple[Chunk, ...]:
    """Return `lines` in order in chunks of at most `limit` characters, repeats counted; a pause begins a new one.

    Raises ValueError when `limit` is under 1. A line longer than `limit` is cut.
    """
    if limit < 1:
        raise ValueError(f"limit: {limit}, expected at least 1")
    found: list[Chunk] = []
    held: list[tuple[Repeated, str]] = []
    size = 0
    for repeated in collapsed(lines):
        text = _shown(repeated)[:limit]
        if held and (size + len(text) + 1 > limit or _pauses(held[-1][0], repeated)):
            found.append(_chunk(held))
            held, size = [], 0
        held.append((repeated, text))
        size += len(text) + (len(held) > 1)
    return (*found, _chunk(held)) if held else tuple(found)


def _shown(repeated: Repeated) -> str:
    line = repeated.line
    when = f"{line.time:%H:%M:%S} " if line.time else ""
    times = f"{repeated.count} x " if repeated.count > 1 else ""
    cause = f" (caused by {line.cause})" if line.cause else ""
    return f"{when}{times}[{line.level}] {line.message}{cause}"


def _pauses(before: Repeated, after: Repeated) -> bool:
    one, other = before.last.time, after.line.time
    return one is not None and other is not None and other - one > PAUSE


def _chunk(held: list[tuple[Repeated, str]]) -> Chunk:
    times = [t for repeated, _ in held for t in (repeated.line.time, repeated.last.time) if t is not None]
    levels: Counter[str] = Counter()
    for repeated, _ in held:
        levels[repeated.line.level] += repeated.count
    return Chunk(
        text="\n".join(text for _, text in held),
        lines=sum(levels.values()),
        first=min(times, default=None),
        last=max(times, default=None),
        pods=tuple(sorted({repeated.line.pod for repeated, _ in held if repeated.line.pod})),
        levels=tuple((level, levels[level]) for level in reversed(LEVELS) if levels[level]),
    )
