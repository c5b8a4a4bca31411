"""Reading an answer row by row: one that makes no sense is left out and counted, so that it costs itself alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue

from holdfast.analysis.observation import Body

R = TypeVar("R")
T = TypeVar("T")

# Whatever an answer that nobody understands can raise on its way into values; numbers and times without end included.
UNREADABLE = (KeyError, TypeError, ValueError, OverflowError, OSError)


@dataclass
class Tally:
    """What became of an answer's rows: how many were looked at, and how many of those could not be read.

    `why` is what was wrong with the first of those. Where there were too many rows to look at all, `left` is how many
    were not, and `thinned` says how the others were chosen.
    """

    rows: int = 0
    bad: int = 0
    why: str = ""
    left: int = 0
    thinned: str = ""

    def take(self, rows: Iterable[R], read: Callable[[R], T]) -> list[T]:
        """Return what `read` makes of the rows, in order.

        Raises what the first bad row raised when none could be read: then the answer has another shape.
        """
        found: list[T] = []
        first: Exception | None = None
        for row in rows:
            self.rows += 1
            try:
                found.append(read(row))
            except UNREADABLE as e:
                self.bad += 1
                self.why = self.why or str(e)
                first = first or e
        if first is not None and not found:
            raise first
        return found

    @property
    def told(self) -> str:
        """Return for people what was not read; nothing when all was."""
        lost = f"{self.bad:,} of {self.rows:,} rows could not be read" if self.bad else ""
        return "; ".join(filter(None, (self.thinned, lost)))


def list_of(body: Body, key: str) -> list[JsonValue]:
    """Return a list out of an answer, whatever it holds.

    Raises:
        KeyError: when the field is not there.
        TypeError: when it is no list, naming the field.
    """
    rows = body[key]
    if not isinstance(rows, list):
        raise TypeError(f"{key}: expected a list")
    return rows


def object_of(row: JsonValue) -> dict[str, JsonValue]:
    """Return a row that is an object; raises TypeError when it is none."""
    if not isinstance(row, dict):
        raise TypeError(f"expected an object, got {type(row).__name__}")
    return row
