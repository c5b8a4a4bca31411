"""A query with places for values: whatever a value holds, it stays within the quotes that were written around it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from holdfast.tools.errors import Word, no

_PLACE = re.compile(r"\{(service|environment|level|contains)\}")
_QUOTES = "\"'`"
_LINE_END = "\n"
_NAME = re.compile(r"[A-Za-z0-9_.#/-]{1,200}")


def in_json_string(value: str) -> str:
    """Escape for a double-quoted string as Go, JSON and their kin read it (LogQL, LogsQL)."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def in_backslashes(value: str) -> str:
    """Escape for languages in which a backslash protects a quote and itself and nothing else (SPL, KQL, Insights).

    Such a string ends where its line ends, so that a line break becomes a space.
    """
    one_line = " ".join(value.splitlines())
    return one_line.replace("\\", "\\\\").replace('"', '\\"')


@dataclass(frozen=True)
class Language:
    """How a value is written within double quotes, and how the words of a level are: one pattern, or a list.

    `place` finds where values go; `comment` is what a comment begins with that ends with its line.
    """

    escape: Callable[[str], str]
    levels: Callable[[Iterable[str]], str]
    place: re.Pattern[str] = _PLACE
    comment: str = ""


def as_pattern(words: Iterable[str]) -> str:
    """Return `a|b`, for a regular expression."""
    return "|".join(words)


def as_list(words: Iterable[str]) -> str:
    """Return `a", "A", "b`, which between the template's quotes is a list, in the usual cases of letters."""
    return '", "'.join(in_cases(words))


def in_cases(words: Iterable[str]) -> list[str]:
    """Return each word in lower and upper case and with a capital, for stores that tell these apart."""
    return [form for word in words for form in (word, word.upper(), word.capitalize())]


LOGQL = Language(in_json_string, as_pattern)
LOGSQL = LOGQL
SPL = Language(in_backslashes, as_list)
INSIGHTS = Language(in_backslashes, as_list)
KQL = Language(in_backslashes, as_list)


@dataclass(frozen=True)
class _Place:
    start: int
    end: int
    name: str
    pattern: bool


def places(template: str, marks: re.Pattern[str] = _PLACE, comment: str = "") -> list[_Place]:
    """Return where values go.

    Raises:
        ValueError: for a place that is not within double quotes, or for quotes that are never closed.
    """
    found: list[_Place] = []
    at, quote, pattern = 0, "", False
    while at < len(template):
        place = marks.match(template, at)
        if place and quote != '"':
            raise ValueError(f'{place[0]}: write it within double quotes, "{place[0]}"')
        if place:
            found.append(_Place(at, place.end(), place[1], pattern))
        elif not quote and template[at] == comment:
            quote = _LINE_END  # a quote in a comment opens nothing
        elif not quote and template[at] in _QUOTES:
            quote, pattern = template[at], template[:at].rstrip().endswith("~")
        elif template[at] == quote:
            quote = ""
        escaped = quote in ('"', "'") and template[at] == "\\"
        at = place.end() if place else at + (2 if escaped else 1)
    if quote not in ("", _LINE_END):
        raise ValueError(f"{template[:60]!r}: {quote} is never closed")
    return found


def checked(template: str) -> str:
    """Return a template as it is, for a field of a section; raises ValueError as `places` does."""
    places(template)
    return template


def filled(template: str, values: Mapping[str, str | tuple[str, ...]], language: Language) -> str:
    """Return the query. After `~` a text is escaped as a pattern first, so that it means itself there."""
    done, last = "", 0
    for place in places(template, language.place, language.comment):
        done += template[last : place.start] + _written(values[place.name], language, pattern=place.pattern)
        last = place.end
    return done + template[last:]


def _written(value: str | tuple[str, ...], language: Language, *, pattern: bool) -> str:
    if isinstance(value, tuple):
        return language.levels(value)
    sound = value.encode("utf-8", "replace").decode()
    return language.escape(re.escape(sound) if pattern else sound)


def named(template: str, values: Mapping[str, str], what: str) -> str:
    """Return the name of an index or a log group, into which only plain names are put.

    Raises:
        ToolError: `bad_input`, when a value is no plain name.
    """

    def put(place: re.Match[str]) -> str:
        value = values[place[1]]
        if not _NAME.fullmatch(value) or ".." in value:
            raise no(Word.BAD_INPUT, f"filters.{place[1]}: {value[:40]!r} cannot be part of {what}'s name")
        return value

    return _PLACE.sub(put, template)
