"""From spans to the time each step spent itself, so that a slow callee does not blame its caller."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from holdfast.analysis.traces.span import Span

MANY = 64  # steps from which on numpy adds them up sooner than a loop does

_Key = tuple[str, str]
_Stretch = tuple[float, float]  # when it began, Unix seconds, and how long it took


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of work: an operation of a place, and the place it called (empty: it worked itself).

    The own time of a call is what neither side accounts for: the network and the queues between the two.
    """

    place: str
    operation: str
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One kind of step beneath another; the upper one is empty for the first step of a trace."""

    upper: tuple[str, str]
    lower: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Timed:
    """A span's part, its own time in seconds (NaN when unknown), and under which step it ran."""

    start: float
    part: Part
    own: float
    link: Link


def own_times(spans: Iterable[Span]) -> list[Timed]:
    """Return every span's own time: its duration minus what ran beneath it.

    An orphan counts as a first step; a span that is its own ancestor changes nothing, for only direct children count.
    """
    every = list(spans)
    known = {(s.trace, s.span): s for s in every}
    children: dict[_Key, list[Span]] = {}
    for span in every:
        if span.parent != span.span and (span.trace, span.parent) in known:
            children.setdefault((span.trace, span.parent), []).append(span)
    beside = _Beside(children)
    return [_timed(s, known.get((s.trace, s.parent)), children, beside) for s in every]


def _timed(span: Span, parent: Span | None, children: dict[_Key, list[Span]], beside: "_Beside") -> Timed:
    own = children.get((span.trace, span.span), [])
    peer = next((c.place for c in own if c.place != span.place), "")
    upper = (parent.place, parent.operation) if parent and parent is not span else ("", "")
    seconds = math.nan
    if span.timed:
        beneath = [(c.start, c.duration) for c in own if c.timed] if own else beside.waited_for(span)
        seconds = span.duration - _covered(span, beneath)
    part = Part(span.place, span.operation, peer)
    return Timed(span.start, part, seconds, Link(upper, (span.place, span.operation)))


class _Beside:
    """The calls to other places among the steps beneath one step, by the place that made them, in order of time.

    Each step's are put in order once, however many of its steps ask for those beside them.
    """

    def __init__(self, children: dict[_Key, list[Span]]) -> None:
        self._children = children
        self._made: dict[_Key, dict[str, list[_Stretch]]] = {}

    def waited_for(self, span: Span) -> list[_Stretch]:
        """Return the calls that the place of a childless span made beside it, and that began within it.

        Frameworks that do not block record the handler and the call it makes side by side: the handler is idle
        meanwhile.
        """
        above = (span.trace, span.parent)
        if above not in self._children:
            return []
        if above not in self._made:
            self._made[above] = self._sorted(self._children[above])
        made = self._made[above].get(span.place, [])
        return made[bisect_right(made, (span.start, math.inf)) : bisect_left(made, (span.end, -math.inf))]

    def _sorted(self, spans: list[Span]) -> dict[str, list[_Stretch]]:
        made: dict[str, list[_Stretch]] = {}
        for s in spans:
            if s.timed and any(c.place != s.place for c in self._children.get((s.trace, s.span), ())):
                made.setdefault(s.place, []).append((s.start, s.duration))
        for stretches in made.values():
            stretches.sort()
        return made


def _covered(span: Span, beneath: list[_Stretch]) -> float:
    """Return how many of the span's seconds are covered by others; what overlaps counts once.

    A child whose clock runs ahead or behind is moved inside its parent, as far as it fits.
    """
    if len(beneath) >= MANY:
        return _covered_by_many(span, beneath)
    covered, reached = 0.0, span.start
    for begin, end in sorted(_within(span, s) for s in beneath):
        covered += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return min(covered, span.duration)


def _covered_by_many(span: Span, beneath: list[_Stretch]) -> float:
    """Return the same, for hundreds of steps beneath each of hundreds."""
    starts, durations = np.array(beneath).T
    lengths = np.minimum(durations, span.duration)
    begins = np.minimum(np.maximum(starts, span.start), span.end - lengths)
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], (begins + lengths)[order]
    reached = np.maximum.accumulate(np.concatenate(([span.start], ends[:-1])))
    return min(float(np.maximum(0.0, ends - np.maximum(begins, reached)).sum()), span.duration)


def _within(span: Span, child: _Stretch) -> _Stretch:
    length = min(child[1], span.duration)
    begin = min(max(child[0], span.start), span.end - length)
    return begin, begin + length
