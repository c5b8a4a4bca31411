"""What an outside system answered, and which word of the closed list its refusal is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, later, no

LONGEST_PAUSE = 10.0  # seconds we wait ourselves; a longer Retry-After goes back to the caller
REPEATED = frozenset({408, 425, 429, 500, 502, 503, 504})
_EPOCH = 1_000_000_000  # a larger number in a reset header is a moment, not a length
_WORDS = {
    400: (Word.BAD_INPUT, "it does not understand the question"),
    401: (Word.FORBIDDEN, "it does not know us; check the credentials in the configuration"),
    403: (Word.FORBIDDEN, "it does not allow us; docs/integrations names the least rights"),
    404: (Word.NOT_FOUND, "there is no such thing"),
    405: (Word.BAD_INPUT, "it does not take this request; check the address in the configuration"),
    409: (Word.CONFLICT, "it changed meanwhile"),
    413: (Word.TOO_LARGE, "the request is too large for it"),
    422: (Word.BAD_INPUT, "it refuses the values"),
    429: (Word.RATE_LIMITED, "it asks to wait"),
}


class Answer(Noun):
    """What came back: its status, its headers in lower case, and its whole body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def parsed(self, who: str) -> Any:
        """Return the body as JSON.

        Raises:
            ToolError: `failed`, when it is none: a log-in page, or half an answer.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as e:
            kind = self.headers.get("content-type", "no content type")[:60]
            raise no(Word.FAILED, f"{who}: answered no JSON but {kind}; check its address and any proxy") from e

    @property
    def said(self) -> str:
        """Return the beginning of the body, as data on one line."""
        return " ".join(self.body[:600].decode("utf-8", "replace").split())[:300]


class Refused(Exception):  # noqa: N818 # an outside system's no, on its way to its word
    """An answer that is no success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


# A vendor's own reading of its refusals, from the body; None leaves the status to speak.
Reading = Callable[[Answer], tuple[Word, str] | None]


def by_status(_: Answer) -> tuple[Word, str] | None:
    """Read nothing but the status."""
    return None


def refusal(name: str, answer: Answer, read: tuple[Word, str] | None = None) -> ToolError:
    """Return the error for a refusal, naming the system, the remedy and what it said."""
    word, why = read or _WORDS.get(answer.status, (Word.UNAVAILABLE, "it fails"))
    if 300 <= answer.status < 400:
        word, why = Word.NOT_CONFIGURED, "it redirects; check the address and the log-in before it"
    after = f"; {later(asked)}" if (asked := _asked(answer)) is not None else ""
    said = f": {answer.said}" if answer.said else ""
    return no(word, f"{name}: {answer.status}, {why}{after}{said}")


def backoff(attempt: int) -> float:
    """Return the seconds to wait after try number `attempt` (from 0)."""
    return min(LONGEST_PAUSE, 0.25 * 2.0**attempt)


def pause(answer: Answer, attempt: int) -> float:
    """Return the seconds the answer asks for (RFC 9110 §10.2.3: seconds or a date), or our own back-off.

    Without Retry-After, X-RateLimit-Reset counts: seconds with Datadog, a moment with GitHub.
    """
    asked = _asked(answer)
    if asked is not None:
        return asked
    return _reset(answer, attempt) if answer.status == 429 else backoff(attempt)


def _asked(answer: Answer) -> float | None:
    """Return the seconds that Retry-After asks for; None when it is absent or neither a number nor a date."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _reset(answer: Answer, attempt: int) -> float:
    reset = answer.headers.get("x-ratelimit-reset", "")
    if not reset.isdecimal():
        return backoff(attempt)
    moment = int(reset)
    return max(0.0, moment - datetime.now(UTC).timestamp()) if moment > _EPOCH else float(moment)
