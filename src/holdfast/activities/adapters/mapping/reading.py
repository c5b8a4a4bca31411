"""What a foreign server answered, before it is mapped: its structured content, or its text read as JSON or YAML."""

import json
from typing import Any, Literal

import yaml
from mcp_types import CallToolResult, TextContent

from holdfast.activities.adapters.mapping.expressions import MappingError

Form = Literal["structured", "json", "yaml", "text"]
# A few kilobytes of YAML can name one node a billion times; an answer may have so many values and no more.
MOST_VALUES = 500_000


class _Loader(yaml.CSafeLoader):
    """Leaves times as text, as JSON would."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def text_of(result: CallToolResult) -> str:
    """Return all text of an answer."""
    return "\n".join(c.text for c in result.content if isinstance(c, TextContent))


def read(result: CallToolResult, form: Form) -> Any:
    """Return the answer in its form.

    Raises:
        MappingError: when it is not of that form, or has too many values.
    """
    text = text_of(result)
    if form == "text":
        return text
    if form == "structured":
        if result.structured_content is None:
            raise MappingError("reads: the answer has no structured content; is it json, yaml or text?")
        return result.structured_content
    try:
        found = json.loads(text) if form == "json" else yaml.load(text, _Loader)  # noqa: S506 # a safe loader's child
        _count(found, [0])
    except (json.JSONDecodeError, yaml.YAMLError, RecursionError) as e:
        raise MappingError(f"reads: the answer is no {form}: {text[:100]!r}") from e
    return found


def _count(value: Any, seen: list[int]) -> None:
    seen[0] += 1
    if seen[0] > MOST_VALUES:
        raise MappingError(f"reads: the answer has over {MOST_VALUES} values")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _count(one, seen)
