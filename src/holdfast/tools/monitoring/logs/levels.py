"""How severe a line is: the many words that loggers use, brought to the contract's five."""

import re

from holdfast.tools.errors import Word, no

LEVELS = ("debug", "info", "warning", "error", "critical")
_WORDS = {
    "debug": ("trace", "debug", "verbose", "fine"),
    "info": ("info", "information", "informational", "notice"),
    "warning": ("warn", "warning"),
    "error": ("error", "err", "severe"),
    "critical": ("critical", "crit", "fatal", "panic", "emergency", "emerg", "alert"),
}
# The numbers of bunyan and pino.
_NUMBERS = {"10": "debug", "20": "debug", "30": "info", "40": "warning", "50": "error", "60": "critical"}
_KNOWN = {word: level for level, words in _WORDS.items() for word in words} | _NUMBERS
_IN_TEXT = re.compile(r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL|PANIC)\b|\blevel=\"?(\w+)")
_HEAD = 200  # characters in which a line says its level, if it does


def level_of(said: object, message: str = "") -> str:
    """Return one of LEVELS for what a field says, or else what the line's beginning says, or ""."""
    known = _KNOWN.get(str(said).strip().lower(), "")
    if known or not message:
        return known
    found = _IN_TEXT.search(message[:_HEAD])
    return _KNOWN.get((found[1] or found[2]).lower(), "") if found else ""


def wanted_words(least: str) -> tuple[str, ...]:
    """Return every word, in lower case, for `least` and what is more severe; none for `debug`, which means all.

    Raises:
        ToolError: `bad_input`, when there is no such level.
    """
    if least not in LEVELS:
        raise no(Word.BAD_INPUT, f"filters.level: {least[:40]!r}; one of {', '.join(LEVELS)}")
    if least == "debug":
        return ()
    return tuple(word for level in LEVELS[LEVELS.index(least) :] for word in _WORDS[level])


def at_least(level: str, least: str) -> bool:
    """Return whether a line is wanted; one that does not say how severe it is, is."""
    return not level or LEVELS.index(level) >= LEVELS.index(least)
