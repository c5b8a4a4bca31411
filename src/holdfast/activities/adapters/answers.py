"""What an MCP server answered: our data, or a failure with its kind from the closed list."""

import json
import re

from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, INVALID_PARAMS, METHOD_NOT_FOUND, REQUEST_TIMEOUT, CallToolResult, TextContent
from pydantic import JsonValue

from holdfast.activities.adapters.mapping import MappedTool, MappingError
from holdfast.activities.adapters.mapping.reading import text_of
from holdfast.activities.errors import ToolError, ToolErrorKind

# The closed list of first words in an error's text: docs/tool-contracts.md.
_WORDS: dict[str, ToolErrorKind] = {
    "bad_input": ToolErrorKind.BAD_INPUT,
    "not_found": ToolErrorKind.NOT_FOUND,
    "forbidden": ToolErrorKind.FORBIDDEN,
    "grant_refused": ToolErrorKind.GRANT_REFUSED,
    "not_configured": ToolErrorKind.NOT_CONFIGURED,
    "too_large": ToolErrorKind.TOO_LARGE,
    "conflict": ToolErrorKind.CONFLICT,
    "busy": ToolErrorKind.BUSY,
    "unavailable": ToolErrorKind.UNAVAILABLE,
    "timeout": ToolErrorKind.TIMEOUT,
    "rate_limited": ToolErrorKind.RATE_LIMITED,
    "failed": ToolErrorKind.FAILED,
}
# What passes with time, and how its text says with how much: docs/tool-contracts.md.
_PASSING = frozenset({ToolErrorKind.RATE_LIMITED, ToolErrorKind.UNAVAILABLE})
_RETRY_AFTER = re.compile(r"Retry-After (\d{1,9}) s")
LONGEST_WAIT = 3600.0
# How MCP SDKs themselves answer a call that never reached a tool.
_SDK_PHRASES: dict[str, ToolErrorKind] = {
    "Unknown tool": ToolErrorKind.NOT_FOUND,
    "validation error": ToolErrorKind.BAD_INPUT,
}


def structured(name: str, result: CallToolResult) -> dict[str, JsonValue]:
    """Return the answer of one of our own tools, `<server>.<tool>`.

    Raises:
        ToolError: of the kind that its error's first word says, or NONSENSE when it is no JSON object.
    """
    text = " ".join(c.text for c in result.content if isinstance(c, TextContent))
    if result.is_error:
        raise _tool_failure(name, text)
    if isinstance(result.structured_content, dict):
        return result.structured_content
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ToolError(ToolErrorKind.NONSENSE, f"{name} answered no JSON object but {text[:200]!r}")
    return parsed


def mapped_answer(
    name: str, mapped: MappedTool, arguments: dict[str, JsonValue], result: CallToolResult
) -> dict[str, JsonValue]:
    """Return our answer out of somebody else's.

    Raises:
        ToolError: of the kind that the mapping gives their error, or NONSENSE when their answer does not fit it.
    """
    if result.is_error:
        text = " ".join(text_of(result).split())
        kind = _WORDS.get(mapped.word(text), ToolErrorKind.FAILED)
        raise ToolError(kind, f"{name}: {mapped.tool} answered: {text[:500]}")
    try:
        return mapped.answer(arguments, result)
    except MappingError as e:
        raise ToolError(ToolErrorKind.NONSENSE, f"{name}: mapping of {mapped.tool}: {e}") from e


def _tool_failure(name: str, text: str) -> ToolError:
    """Read the closed list's word from an error's text; the SDK may put words of its own before it."""
    for part in text.split(": "):
        kind = _WORDS.get(part.strip())
        if kind is not None:
            said = text.split(part.strip() + ": ", 1)[-1][:500]
            return ToolError(kind, f"{name}: {said}", retry_after=_asked_to_wait(kind, said))
    kind = next((k for phrase, k in _SDK_PHRASES.items() if phrase in text), ToolErrorKind.FAILED)
    return ToolError(kind, f"{name}: {' '.join(text.split())[:500]}")


def _asked_to_wait(kind: ToolErrorKind, text: str) -> float | None:
    """Return the seconds a source asked us to wait, an hour at most: the text may be anybody's."""
    found = _RETRY_AFTER.search(text) if kind in _PASSING else None
    return min(float(found[1]), LONGEST_WAIT) if found else None


def protocol_failure(name: str, error: MCPError) -> ToolError:
    """Return what a failure of the protocol itself is called in our list."""
    kinds = {
        CONNECTION_CLOSED: ToolErrorKind.UNAVAILABLE,
        REQUEST_TIMEOUT: ToolErrorKind.TIMEOUT,
        METHOD_NOT_FOUND: ToolErrorKind.NOT_FOUND,
        INVALID_PARAMS: ToolErrorKind.BAD_INPUT,
    }
    return ToolError(kinds.get(error.code, ToolErrorKind.FAILED), f"{name}: {error.message[:500]}")


def flat(error: BaseException) -> str:
    """Return the first real reason inside nested exception groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:300]
