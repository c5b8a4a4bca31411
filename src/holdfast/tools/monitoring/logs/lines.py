"""What a store's rows say: their fields read, their text cleaned, and cut to what one answer may hold."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from holdfast.analysis.cleaning import clean
from holdfast.domain.noun import Noun
from holdfast.tools.monitoring.logs.levels import at_least, level_of
from holdfast.tools.monitoring.logs.section import Shaped
from holdfast.tools.monitoring.queries import LATEST, LogQuery
from holdfast.tools.monitoring.sources import LogLine

# Nanoseconds, of which Python's datetime holds only the microseconds.
_FINER = re.compile(r"(\.\d{6})\d+")
_MOST_JSON = 100_000  # characters of a line that are read as an object


class Row(Noun):
    """One line as a store gave it: when (unix), its text, and the fields beside it."""

    at: float
    text: str = ""
    fields: dict[str, Any] = {}


class Found(Noun):
    """The rows, how many there were if the store counts, what was sent, and what the answer lacks."""

    rows: list[Row]
    query: str
    total: int | None = None
    notes: tuple[str, ...] = ()


class Shape:
    """How one source's rows become the contract's lines."""

    def __init__(self, section: Shaped) -> None:
        self._section = section

    def lines(self, rows: Iterable[Row], query: LogQuery) -> tuple[list[LogLine], list[str]]:
        """Return the newest lines that are wanted, oldest first, and a note for whatever was cut."""
        ordered = sorted(rows, key=lambda row: row.at)
        wanted = [line for row in ordered if at_least((line := self._line(row, query)).level, query.level)]
        kept = self._within(wanted[-query.limit :])
        fewer = len(kept) < len(wanted)
        notes = [f"the newest {len(kept)} of the {len(wanted)} lines that were read"] if fewer else []
        long = sum(line.message.endswith("…") for line in kept)
        return kept, notes + ([f"{long} long lines cut at {self._section.longest_line} characters"] if long else [])

    def _line(self, row: Row, query: LogQuery) -> LogLine:
        fields = {**_object(row.text), **row.fields}
        names = self._section.fields_
        message = str(picked(fields, names.message) or row.text)
        return LogLine(
            time=datetime.fromtimestamp(row.at, UTC).isoformat(),
            service=clean(query.service, 200),
            pod=clean(str(picked(fields, names.pod) or ""), 200),
            level=level_of(picked(fields, names.level), message),
            message=clean(message, self._section.longest_line),
        )

    def _within(self, lines: list[LogLine]) -> list[LogLine]:
        """Keep the newest lines that together fit; always one."""
        left = self._section.most_characters
        for n, line in enumerate(reversed(lines)):
            left -= len(line.message)
            if left < 0 and n:
                return lines[len(lines) - n :]
        return lines


def picked(fields: Mapping[str, Any], names: Iterable[str]) -> Any:
    """Return the first of the named fields that holds something, or None."""
    return next((value for name in names if (value := _inside(fields, name)) not in (None, "")), None)


def _inside(fields: Any, name: str) -> Any:
    if isinstance(fields, Mapping):
        if name in fields:
            value = fields[name]
            return value if isinstance(value, str | int | float | bool) else None
        head, dot, rest = name.partition(".")
        return _inside(fields.get(head), rest) if dot else None
    return None


def _object(text: str) -> dict[str, Any]:
    """Return the line's own fields, when it is a JSON object."""
    if not text.lstrip().startswith("{") or len(text) > _MOST_JSON:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def instant(value: object) -> float:
    """Return unix seconds for RFC 3339, or for a number of seconds; a time without a zone is UTC.

    Raises:
        ValueError: when it is no time.
    """
    try:
        at = float(str(value))
    except ValueError:
        parsed = datetime.fromisoformat(_FINER.sub(r"\1", str(value)))
        at = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    if not 0 <= at <= LATEST:
        raise ValueError(f"{value!r} is no time")
    return at
