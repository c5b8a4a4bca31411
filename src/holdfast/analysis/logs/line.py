"""A log line as it enters the case, and how bad it says it is."""

import re
from dataclasses import dataclass
from datetime import datetime

LEVELS = ("debug", "info", "warning", "error", "critical")
SEVERE = frozenset({"error", "critical"})

_SAME = {"warn": "warning", "err": "error", "fatal": "critical", "panic": "critical"}
_LEVEL_IN_TEXT = re.compile(r"\b(debug|info|warn(?:ing)?|error|err|critical|fatal|panic)\b", re.IGNORECASE)
_ERROR_WORDS = re.compile(
    r"\b(?:error|exception|traceback|panic|fatal|refused|timed? ?out|unavailable|killed|cannot|failed|denied)\b",
    re.IGNORECASE,
)
_FAILED_REQUEST = re.compile(r"HTTP/\d(?:\.\d)?[\"']?\s+5\d\d\b")  # an access log's line, whoever served it
# Parts of the words above, in lower case: a line that holds none of them is not severe, which costs a tenth to know.
_SIGNS = (
    *("err", "fatal", "panic", "crit", "exception", "traceback", "refused", "timed", "time out", "timeout", "killed"),
    *("unavailable", "cannot", "failed", "denied", "http/"),
)
_BEGINNING = 120  # characters in which a line states its level; later such a word is part of what it tells


@dataclass(frozen=True)
class Line:
    """One log line, cleaned. `time` is None where the source gives no time.

    `frames` counts the stack frames that followed it, `cause` is the innermost "Caused by" among them.
    """

    time: datetime | None
    level: str
    message: str
    pod: str = ""
    frames: int = 0
    cause: str = ""


def level_of(given: str, text: str) -> str:
    """Return one of LEVELS: what the source gives, else what the line's beginning says, else what its words tell."""
    word = given.lower()
    if not word:
        found = _LEVEL_IN_TEXT.search(text[:_BEGINNING])
        word = found.group(1).lower() if found else ("error" if _tells_of_failure(text) else "info")
    word = _SAME.get(word, word)
    return word if word in LEVELS else "info"


def is_severe(given: str, text: str) -> bool:
    """Return whether `level_of` would give one of SEVERE."""
    if not given:
        lowered = text.lower()
        if not any(sign in lowered for sign in _SIGNS):
            return False
    return level_of(given, text) in SEVERE


def _tells_of_failure(text: str) -> bool:
    return bool(_ERROR_WORDS.search(text) or _FAILED_REQUEST.search(text))
