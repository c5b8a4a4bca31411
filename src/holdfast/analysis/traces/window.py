"""A stretch of traces summed up: how long each kind of work took itself, and how often each step led to another."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from holdfast.analysis.traces.own_time import Link, Part, Timed


@dataclass
class Window:
    """Own times in seconds by part, and counts of steps (place, operation) and of the links between them."""

    seconds: dict[Part, list[float]] = field(default_factory=dict)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    links: Counter[Link] = field(default_factory=Counter)


def window(timed: Iterable[Timed]) -> Window:
    """Return the sum of spans; those without a duration count as steps and not in the timings."""
    found = Window()
    for span in timed:
        found.steps[span.link.lower] += 1
        found.links[span.link] += 1
        if span.own == span.own:
            found.seconds.setdefault(span.part, []).append(span.own)
    return found
