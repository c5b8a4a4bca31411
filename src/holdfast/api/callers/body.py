"""Then what they bring is read: never more than the limit, never deeper, and only what says it is JSON."""

import asyncio
import re
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json

from holdfast.api.problems import Problem, invalid

Body = TypeVar("Body", bound=BaseModel)

SLOWEST = 15.0
"""Seconds a body may take to arrive."""

# A string that never ends matches too, so that the scan stays linear whatever is sent.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


async def read(request: Request, limit: int, slowest: float = SLOWEST) -> bytes:
    """Return the body, at most `limit` bytes, however it is sent, within `slowest` seconds.

    Raises:
        Problem: 413 when there is more, 408 when it comes too slowly.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(slowest):
            return await _gather(request, limit)
    except TimeoutError as e:
        raise Problem(408, f"the body did not arrive within {slowest:g} s") from e


def parse(body: bytes, content_type: str, nesting: int) -> JsonValue:
    """Return the JSON in `body`.

    Raises:
        Problem: 415 when it does not say it is JSON, 400 when it is too deep or malformed.
    """
    said = content_type.partition(";")[0].strip().lower()
    if said != "application/json" and not said.endswith("+json"):
        raise Problem(415, f"send application/json, not {said or 'nothing'}")
    if too_deep(body, nesting):
        raise Problem(400, f"nested deeper than {nesting} levels", fields=[("body", "too deep")])
    try:
        return from_json(body, allow_inf_nan=False)  # type: ignore[no-any-return] # JSON is a JsonValue
    except ValueError as e:
        raise Problem(400, f"malformed JSON: {e}", fields=[("body", str(e))]) from e


def too_deep(body: bytes, nesting: int) -> bool:
    """Return whether brackets outside strings nest deeper than `nesting`, without parsing anything."""
    if body.count(b"[") + body.count(b"{") <= nesting:
        return False
    depth = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if found.group() in b"[{" else -1
        if depth > nesting:
            return True
    return False


def validated(model: type[Body], value: JsonValue) -> Body:
    """Return `value` as `model`.

    Raises:
        Problem: 422 that names every wrong field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as e:
        raise invalid(e) from e


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Return what the API's schema says of a body that is read as `model`."""
    schema = model.model_json_schema()
    whole = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"content": {"application/json": {"schema": whole}}}}


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """Return `part` with every reference replaced by what it names: references are relative to a whole document."""
    if isinstance(part, list):
        return [_inlined(p, definitions) for p in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {k: _inlined(v, definitions) for k, v in part.items()}


async def _gather(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> Problem:
    return Problem(413, f"the body is larger than {limit} bytes", fields=[("body", "too large")])
