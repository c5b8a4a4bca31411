"""How a tool says no: an MCP error whose text begins with one word of the closed list in docs/tool-contracts.md."""

import math
from enum import StrEnum

from mcp.server.mcpserver.exceptions import ToolError


class Word(StrEnum):
    """The closed list; the first eight are permanent: the same call, sent again at once, cannot help."""

    BAD_INPUT = "bad_input"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    GRANT_REFUSED = "grant_refused"
    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"
    CONFLICT = "conflict"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    FAILED = "failed"


def no(word: Word, text: str) -> ToolError:
    """Return the error to raise."""
    return ToolError(f"{word}: {text}")


def later(seconds: float) -> str:
    """Return how an error's text says that asking again sooner than in so many seconds is of no use."""
    return f"Retry-After {math.ceil(max(0.0, seconds))} s"
