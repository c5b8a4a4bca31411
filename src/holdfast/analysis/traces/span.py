"""One timed step of one request, as every later reading of traces sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A step `operation` done at `place` (a service or pod). `start` is Unix seconds, `duration` seconds.

    `duration` may be NaN or negative where the recorder lost the end: such a span keeps its
    place in the tree and is left out of every timing.
    """

    trace: str
    span: str
    parent: str
    place: str
    operation: str
    start: float
    duration: float

    @property
    def end(self) -> float:
        """Return when it ended, Unix seconds."""
        return self.start + self.duration

    @property
    def timed(self) -> bool:
        """Return whether the duration is one: false for NaN and for less than nothing."""
        return self.duration >= 0.0
