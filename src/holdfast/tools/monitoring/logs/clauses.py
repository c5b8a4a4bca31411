"""A query of objects with places for values: a value is put into a finished text, so that it can be nothing else."""

import re
from collections.abc import Mapping
from typing import Any

from holdfast.tools.monitoring.logs.template import in_cases

_PLACE = re.compile(r"\{(service|environment|level|contains)\}")
# These read their text as a language of its own, or run it.
_READ_TEXT = ("query_string", "simple_query_string", "script", "script_score", "regexp", "wildcard", "wrapper")
_LEVEL = "{level}"


def checked_clauses(clauses: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """Return clauses as they are, for a field of a section.

    Raises:
        ValueError: for a clause that would read a value as a language.
    """
    for clause in clauses:
        _check(clause)
    return clauses


def _check(value: Any) -> None:
    if isinstance(value, list):
        for one in value:
            _check(one)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in _READ_TEXT and _PLACE.search(repr(inner)):
            raise ValueError(f"{key}: reads a value as a language; use term, terms, match or match_phrase")
        _check(inner)


def filled_clauses(value: Any, values: Mapping[str, str | tuple[str, ...]]) -> Any:
    """Return a clause with its values; the text `{level}` becomes the list of the level's words."""
    if isinstance(value, dict):
        return {key: filled_clauses(inner, values) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled_clauses(inner, values) for inner in value]
    if value == _LEVEL:
        return in_cases(values["level"])
    return _PLACE.sub(lambda place: str(values[place[1]]), value) if isinstance(value, str) else value
