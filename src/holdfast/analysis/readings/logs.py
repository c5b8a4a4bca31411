"""Log lines into templates: chatter dropped, repeats collapsed, and what began or grew after the onset found."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.logs.templates import Miner
from holdfast.analysis.observation import Body, text_of, time_of

LEVELS = ("debug", "info", "warning", "error", "critical")
LEAST_NEW = 3  # lines before a template that was never seen counts as new
GROWN = 3.0  # times its earlier rate

_HEALTH = re.compile(
    r"kube-probe|ELB-HealthChecker|GoogleHC|/(?:healthz?|readyz?|livez?|liveness|readiness|ping|-/healthy|-/ready)(?![\w-])",
    re.I,
)
_FAILED_PROBE = re.compile(r"\b(?:fail(?:ed|ure|s)?|timed? ?out|refused|unhealthy|[45]\d\d)\b", re.I)
_LEVEL_IN_TEXT = re.compile(r"\b(debug|info|warn(?:ing)?|error|err|critical|fatal|panic)\b", re.I)
_ERROR_WORDS = re.compile(
    r"\b(?:error|exception|traceback|panic|fatal|refused|timed? ?out|unavailable|killed|cannot|failed|denied)\b", re.I
)
_STACK = re.compile(r"^\s+(?:at |File |\.\.\. |\d+: |in )|^Caused by:|^\s{2,}\S")


@dataclass(frozen=True)
class Line:
    """One log line, cleaned. `time` is None where the source gives no time."""

    time: datetime | None
    level: str
    message: str
    pod: str = ""


@dataclass(frozen=True)
class Template:
    """Lines that say the same with other numbers. `before` and `after` count them on either side of the onset."""

    text: str
    level: str
    count: int
    before: int
    after: int
    growth: float
    example: str

    @property
    def severe(self) -> bool:
        """Return whether it tells of an error."""
        return self.level in ("error", "critical")

    @property
    def new(self) -> bool:
        """Return whether it began with the trouble; where nothing was seen before, nothing can be called new."""
        return self.before == 0 and self.after >= LEAST_NEW and self.growth > 1

    @property
    def grown(self) -> bool:
        """Return whether it is new or came clearly more often than before."""
        return self.new or (self.after >= LEAST_NEW and self.growth >= GROWN)


def read_lines(body: Body) -> tuple[Line, ...]:
    """Return the lines of an answer of `query_logs` or `get_logs`, in order, health checks dropped, stacks folded.

    Raises:
        KeyError: when `lines` is absent.
        TypeError: when a line is neither text nor an object.
        ValueError: when a time is none.
    """
    raw = body["lines"]
    if not isinstance(raw, list):
        raise TypeError("lines: expected a list")
    return tuple(_folded(line for line in map(_line, raw) if not _is_health_check(line.message)))


def mine(
    lines: Iterable[Line], onset: datetime | None = None, covered_from: datetime | None = None
) -> tuple[Template, ...]:
    """Return the templates of `lines`: severe ones that grew first, then by count.

    `covered_from` is when the answer begins, lines or not; without it, the first line. Without an onset or
    without times nothing is called grown.
    """
    miner = Miner()
    numbered = [(miner.add(line.message), line) for line in lines]
    groups: dict[int, list[Line]] = {}
    for number, line in numbered:
        groups.setdefault(miner.root(number), []).append(line)
    spans = _spans([line for _, line in numbered], onset, covered_from)
    found = [_template(miner.text(key), group, onset, spans) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda t: (not (t.severe and t.grown), not t.severe, -t.count, t.text)))


def _line(raw: JsonValue) -> Line:
    if isinstance(raw, str):
        text = one_line(raw, 2000) if not _STACK.match(raw) else f"  {one_line(raw, 500)}"
        return Line(None, _level(None, text), text)
    if not isinstance(raw, dict):
        raise TypeError("lines: expected text or objects")
    message = text_of(raw, "message")
    text = one_line(message, 2000) if not _STACK.match(message) else f"  {one_line(message, 500)}"
    return Line(time_of(raw, "time"), _level(raw.get("level"), text), text, text_of(raw, "pod"))


def _level(given: JsonValue, text: str) -> str:
    word = str(given).lower() if given else ""
    if not word:
        found = _LEVEL_IN_TEXT.search(text[:120])
        word = found.group(1).lower() if found else ("error" if _ERROR_WORDS.search(text) else "info")
    word = {"warn": "warning", "err": "error", "fatal": "critical", "panic": "critical"}.get(word, word)
    return word if word in LEVELS else "info"


def _is_health_check(message: str) -> bool:
    """Return whether a line only says that a probe passed; one that failed is worth reading."""
    return bool(_HEALTH.search(message)) and not _FAILED_PROBE.search(message)


def _folded(lines: Iterable[Line]) -> Iterable[Line]:
    """Join the frames of a stack trace to the line they belong to, so that one failure is one line."""
    held: Line | None = None
    for line in lines:
        frame = line.message.startswith("  ")
        if frame and held is not None:
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _spans(lines: list[Line], onset: datetime | None, covered_from: datetime | None) -> tuple[float, float]:
    """Return how many seconds the lines cover before and after the onset; (0, 0) when that cannot be known."""
    times = [line.time for line in lines if line.time is not None]
    if onset is None or not times:
        return (0.0, 0.0)
    before = max(0.0, (onset - (covered_from or min(times))).total_seconds())
    return (before, max(1.0, (max(times) - onset).total_seconds()))


def _template(text: str, lines: list[Line], onset: datetime | None, spans: tuple[float, float]) -> Template:
    after = sum(1 for line in lines if onset is not None and line.time is not None and line.time >= onset)
    before = len(lines) - after
    # Half a line on each side keeps the ratio finite; with no quiet part seen there is nothing to compare with.
    growth = ((after + 0.5) / spans[1]) / ((before + 0.5) / spans[0]) if min(spans) > 0 else 1.0
    levels = Counter(line.level for line in lines)
    level = max(levels, key=lambda name: (levels[name], LEVELS.index(name)))
    return Template(
        text=one_line(text, 160),
        level=level,
        count=len(lines),
        before=before,
        after=after,
        growth=growth if math.isfinite(growth) else 1.0,
        example=one_line(lines[-1].message, 300),
    )
