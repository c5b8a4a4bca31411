"""The language of mappings: CEL with its optional values, strings and bindings, and five functions for answers in text.

https://github.com/google/cel-spec; extensions as https://pkg.go.dev/github.com/google/cel-go/ext describes them.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings
from pydantic import JsonValue

# What an expression may look at: our own arguments, what their server answered, and what was made of it before.
VARIABLES = {"args": cel.Type.DYN, "answer": cel.Type.DYN, "given": cel.Type.DYN}
_LONGEST_ERROR = 200
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([KMGTPE]i?|k|m)?")
_POWERS = "KMGTPE"
_COLUMN = re.compile(r"\S+(?: \S+)*")


class MappingError(ValueError):
    """An expression that is none, or that does not fit the answer; the text names its place in the mapping."""


class Expression:
    """One compiled expression."""

    def __init__(self, place: str, text: str) -> None:
        self._place = place
        try:
            self._compiled = _ENV.compile(text)
        except RuntimeError as e:
            raise MappingError(f"{place}: {_short(e)}") from e

    def value(self, args: Mapping[str, JsonValue], answer: Any, given: Mapping[str, JsonValue]) -> JsonValue:
        """Return its value as JSON; NaN and infinities become null, as in our contract.

        Raises:
            MappingError: naming the place and what did not fit.
        """
        try:
            found = self._compiled.eval(data={"args": args, "answer": answer, "given": given})
        except Exception as e:  # whatever the binding raises for a value it cannot take
            raise MappingError(f"{self._place}: {_short(e)}") from e
        # An error comes back as a value whose plain form is text: ask for its type first.
        if found.type() == cel.Type.ERROR:
            raise MappingError(f"{self._place}: {_short(found.plain_value())}")
        return _json(self._place, found.plain_value())


def lines(text: str) -> list[str]:
    """Return the lines of a text, blank ones left out."""
    return [line for line in text.splitlines() if line.strip()]


def capture(text: str, pattern: str) -> str:
    """Return the first group of the first match, or nothing."""
    found = re.search(pattern, text)
    return (found.group(1) or "") if found else ""


def quantity(text: str) -> int:
    """Return a Kubernetes quantity such as `256Mi` in its whole units, 0 for anything else."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return 0
    number, unit = float(found.group(1)), found.group(2) or ""
    if unit == "m":
        return int(number / 1000)
    base = 1024 if unit.endswith("i") else 1000
    return int(number * base ** (_POWERS.find(unit[:1].upper()) + 1 if unit else 0))


def table(text: str) -> list[dict[str, str]]:
    """Return the rows of a table in text, by the names in its first line, each column beginning where its name does."""
    rows = lines(text)
    heads = [(m.group(), m.start()) for m in _COLUMN.finditer(rows[0])] if rows else []
    ends = [start for _, start in heads[1:]] + [None]
    return [{name: row[start:end].strip() for (name, start), end in zip(heads, ends, strict=True)} for row in rows[1:]]


def sorted_by(rows: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    """Return rows ordered by a field of theirs."""
    return sorted(rows, key=lambda row: row[field])


def _function(name: str, call: Any, given: list[Any], back: Any) -> Any:
    return cel.FunctionDecl(name, [cel.Overload(f"holdfast_{name}", back, given, True, call)])


_TEXT, _ROWS = cel.Type.STRING, cel.Type.List(cel.Type.DYN)
_ENV = cel.NewEnv(
    variables=VARIABLES,
    extensions=[
        ext_bindings.ExtBindings(),
        ext_math.ExtMath(),
        ext_optional.ExtOptional(),
        ext_strings.ExtStrings(),
    ],
    functions=[
        _function("lines", lines, [_TEXT], cel.Type.List(_TEXT)),
        _function("capture", capture, [_TEXT, _TEXT], _TEXT),
        _function("quantity", quantity, [_TEXT], cel.Type.INT),
        _function("table", table, [_TEXT], _ROWS),
        _function("sortedBy", sorted_by, [_ROWS, _TEXT], _ROWS),
    ],
)


def _json(place: str, value: Any) -> JsonValue:
    if isinstance(value, dict):
        return {str(k): _json(place, v) for k, v in value.items()}
    if isinstance(value, list):
        return [_json(place, v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise MappingError(f"{place}: a {type(value).__name__} is no JSON; make it a string or a number")


def _short(error: object) -> str:
    return " ".join(str(error).split())[:_LONGEST_ERROR]
