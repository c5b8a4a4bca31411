"""The answer of a log tool into clean lines: chatter dropped, stack traces joined, ready to be mined."""

from collections.abc import Sequence

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.logs.denoise import folded, is_frame, without_probes
from holdfast.analysis.logs.line import Line, is_severe, level_of
from holdfast.analysis.logs.patterns import Template, mine
from holdfast.analysis.logs.sampling import MOST_LINES, sample
from holdfast.analysis.observation import Body, text_of, time_of
from holdfast.analysis.rows import Tally, list_of

__all__ = ["Line", "Template", "mine", "read_lines"]

LONGEST_LINE = 2000  # characters kept of a line
LONGEST_FRAME = 500  # and of a stack frame, of which only the cause is read


def read_lines(body: Body, tally: Tally | None = None) -> tuple[Line, ...]:
    """Return the lines of an answer of `query_logs` or `get_logs`, in order, health checks dropped, stacks folded.

    Single bad ones are left out and tallied; of more than MOST_LINES a part is read, evenly, and the tally says so.

    Raises:
        KeyError: when `lines` is absent.
        TypeError: when every line is neither text nor an object.
        ValueError: when every time is none.
    """
    counted = tally or Tally()
    lines = counted.take(_thinned(list_of(body, "lines"), counted), _line)
    return tuple(folded(without_probes(lines)))


def _thinned(raw: list[JsonValue], tally: Tally) -> Sequence[JsonValue]:
    if len(raw) <= MOST_LINES:
        return raw
    chosen = sample(map(_glance, raw))
    tally.left, tally.thinned = len(raw) - len(chosen.places), chosen.told
    return [raw[place] for place in chosen.places]


def _glance(raw: JsonValue) -> tuple[bool, bool]:
    """Return whether a line tells of an error and whether it is a stack frame, before it is cleaned."""
    message = raw.get("message") if isinstance(raw, dict) else raw
    text = message[:LONGEST_LINE] if isinstance(message, str) else ""
    given = raw.get("level") if isinstance(raw, dict) else ""
    return is_severe(str(given or ""), text), is_frame(text)


def _line(raw: JsonValue) -> Line:
    if isinstance(raw, str):
        text = _cleaned(raw)
        return Line(None, level_of("", text), text)
    if not isinstance(raw, dict):
        raise TypeError("lines: expected text or objects")
    text = _cleaned(text_of(raw, "message"))
    given = raw.get("level")
    return Line(time_of(raw, "time"), level_of(str(given) if given else "", text), text, text_of(raw, "pod"))


def _cleaned(message: str) -> str:
    """Return a line's text on one line; a stack frame keeps two blanks before it, to be known by."""
    return f"  {one_line(message, LONGEST_FRAME)}" if is_frame(message) else one_line(message, LONGEST_LINE)
