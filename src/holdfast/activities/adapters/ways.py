"""The ways to ask a model for structured output, strictest first: an endpoint is asked in the first one it knows."""

import json
from collections.abc import Callable
from typing import Any

import openai
from pydantic import BaseModel

from holdfast.activities.ports import ModelMessage

Fields = dict[str, Any]


def _plain(messages: list[ModelMessage]) -> list[Fields]:
    return [{"role": m.role, "content": m.content} for m in messages]


def _with_schema(messages: list[ModelMessage], schema: type[BaseModel]) -> list[Fields]:
    """Return the messages with the schema told in words, for endpoints that cannot be bound to it."""
    told = f"Reply with one JSON object of this JSON schema, and nothing else:\n{json.dumps(_schema(schema))}"
    return [*_plain(messages), {"role": "user", "content": told}]


def _schema(schema: type[BaseModel]) -> Fields:
    """Return the schema as strict endpoints want it: every field required, nothing beside them."""
    tool: Any = openai.pydantic_function_tool(schema)
    parameters: Fields = tool["function"]["parameters"]
    return parameters


def _as_schema(messages: list[ModelMessage], schema: type[BaseModel]) -> Fields:
    form = {"name": schema.__name__, "strict": True, "schema": _schema(schema)}
    return {"messages": _plain(messages), "response_format": {"type": "json_schema", "json_schema": form}}


def _as_tool(messages: list[ModelMessage], schema: type[BaseModel]) -> Fields:
    choice = {"type": "function", "function": {"name": schema.__name__}}
    return {"messages": _plain(messages), "tools": [openai.pydantic_function_tool(schema)], "tool_choice": choice}


def _as_object(messages: list[ModelMessage], schema: type[BaseModel]) -> Fields:
    return {"messages": _with_schema(messages, schema), "response_format": {"type": "json_object"}}


def _as_text(messages: list[ModelMessage], schema: type[BaseModel]) -> Fields:
    return {"messages": _with_schema(messages, schema)}


RUNGS: tuple[Callable[[list[ModelMessage], type[BaseModel]], Fields], ...] = (
    _as_schema,
    _as_tool,
    _as_object,
    _as_text,
)


TOLD = RUNGS.index(_as_object)  # from here on the schema is told in words


def unfenced(text: str) -> str:
    """Return the JSON object within `text`: without a code fence, and without words around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text.strip()
