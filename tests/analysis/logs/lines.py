"""Log lines for these tests: one every second from a fixed moment."""

from datetime import timedelta

from holdfast.analysis.logs.line import Line, level_of
from tests.examples import AT


def line(message: str, second: float = 0, *, pod: str = "p1", level: str = "") -> Line:
    """Return a line `second` seconds after the moment."""
    return Line(AT + timedelta(seconds=second), level_of(level, message), message, pod)


def lines(*messages: str, start: float = 0, step: float = 1) -> list[Line]:
    """Return lines in a row."""
    return [line(m, start + n * step) for n, m in enumerate(messages)]
