"""From spans to the time each step spent itself, so that a slow callee does not blame its caller."""

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.analysis.traces.span import Span


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
    children: dict[tuple[str, str], list[Span]] = {}
    for span in every:
        if span.parent != span.span and (span.trace, span.parent) in known:
            children.setdefault((span.trace, span.parent), []).append(span)
    return [_timed(s, known.get((s.trace, s.parent)), children) for s in every]


def _timed(span: Span, parent: Span | None, children: dict[tuple[str, str], list[Span]]) -> Timed:
    own = children.get((span.trace, span.span), [])
    peer = next((c.place for c in own if c.place != span.place), "")
    upper = (parent.place, parent.operation) if parent and parent is not span else ("", "")
    beneath = own or _waited_for(span, children)
    seconds = span.duration - _covered(span, beneath) if span.timed else float("nan")
    part = Part(span.place, span.operation, peer)
    return Timed(span.start, part, seconds, Link(upper, (span.place, span.operation)))


def _waited_for(span: Span, children: dict[tuple[str, str], list[Span]]) -> list[Span]:
    """Return the calls to other places, made beside this childless span by its own place, that began within it.

    Frameworks that do not block record the handler and the call it makes side by side: the handler is idle meanwhile.
    """
    beside = children.get((span.trace, span.parent), [])
    open_with = [s for s in beside if s.place == span.place and s.timed and span.start < s.start < span.end]
    return [s for s in open_with if any(c.place != s.place for c in children.get((s.trace, s.span), []))]


def _covered(span: Span, beneath: list[Span]) -> float:
    """Return how many of the span's seconds are covered by others; what overlaps counts once.

    A child whose clock runs ahead or behind is moved inside its parent, as far as it fits.
    """
    covered, reached = 0.0, span.start
    for begin, end in sorted(_within(span, s) for s in beneath if s.timed):
        covered += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return min(covered, span.duration)


def _within(span: Span, child: Span) -> tuple[float, float]:
    length = min(child.duration, span.duration)
    begin = min(max(child.start, span.start), span.end - length)
    return begin, begin + length
