"""One tool of ours, asked of somebody else's server: whom to ask, with what, and how their answer becomes ours."""

import re
from typing import Literal, Self

from mcp_types import CallToolResult
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from holdfast.activities.adapters.mapping.expressions import Expression, MappingError
from holdfast.activities.adapters.mapping.reading import Form, read

Object = dict[str, JsonValue]

__all__ = ["MappedTool", "MappingError", "ToolMapping"]


# The words of docs/tool-contracts.md.
Word = Literal[
    "bad_input",
    "not_found",
    "forbidden",
    "grant_refused",
    "not_configured",
    "too_large",
    "conflict",
    "unavailable",
    "timeout",
    "rate_limited",
    "failed",
]


class ToolMapping(BaseModel):
    """What the tools file says of one tool: expressions over `args` (ours), `answer` (theirs) and `given`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str = Field(min_length=1, description="The tool's name on their server.")
    arguments: dict[str, str] = Field(
        default_factory=dict, description="Their argument to an expression; null drops it."
    )
    reads: Form = Field(default="structured", description="What their answer is.")
    given: dict[str, str] = Field(default_factory=dict, description="Names for `given.NAME`, each of those before it.")
    result: dict[str, str] = Field(default_factory=dict, description="Our field to an expression; none: as it is.")
    errors: dict[str, Word] = Field(default_factory=dict, description="Pattern in their error to a word of ours.")

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        MappedTool(self)
        return self


class MappedTool:
    """A mapping with its expressions compiled.

    Raises:
        MappingError: naming the expression that is none.
    """

    def __init__(self, mapping: ToolMapping) -> None:
        self.tool = mapping.tool
        self._form = mapping.reads
        self._arguments = _compiled("arguments", mapping.arguments)
        self._given = _compiled("given", mapping.given)
        self._result = _compiled("result", mapping.result)
        self._errors = [(_pattern(text), word) for text, word in mapping.errors.items()]

    def arguments(self, ours: Object) -> Object:
        """Return the arguments for their tool; one whose expression is null is left out.

        Raises:
            MappingError: naming the argument.
        """
        made = {name: expression.value(ours, None, {}) for name, expression in self._arguments.items()}
        return {name: value for name, value in made.items() if value is not None}

    def answer(self, ours: Object, result: CallToolResult) -> Object:
        """Return our answer out of theirs.

        Raises:
            MappingError: naming the field that their answer does not fill.
        """
        theirs = read(result, self._form)
        if self._result:
            given: Object = {}
            for name, expression in self._given.items():
                given[name] = expression.value(ours, theirs, given)
            return {name: expression.value(ours, theirs, given) for name, expression in self._result.items()}
        if not isinstance(theirs, dict):
            raise MappingError("result: their answer is no object, so its fields must be named")
        return theirs

    def word(self, error: str) -> str:
        """Return the word of our closed list for an error of theirs, or nothing."""
        return next((word for pattern, word in self._errors if pattern.search(error)), "")


def _compiled(part: str, texts: dict[str, str]) -> dict[str, Expression]:
    return {name: Expression(f"{part}.{name}", text) for name, text in texts.items()}


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as e:
        raise MappingError(f"errors.{text}: {e}") from e
