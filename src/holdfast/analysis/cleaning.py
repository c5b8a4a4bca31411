"""What a text really says: escape codes, invisible characters and look-alikes are taken out before anyone reads it."""

import re
import unicodedata

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]")
# Controls but tab and line feed; zero-width, bidirectional and tag characters; variation selectors; a stray BOM.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef]"
)
_ASCII_CLEAN = re.compile(r"[\t\n\x20-\x7e]*")
# Phrases by which a text addresses a model rather than a reader. They are counted and shown, never obeyed.
_INSTRUCTION = re.compile(
    r"(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+|the\s+|your\s+)*(?:previous|prior|above|earlier|system)"
    r"|(?:you\s+are\s+now|act\s+as|pretend\s+to\s+be)\s+\w+"
    r"|(?:system|developer|assistant)\s*(?:prompt|message|instruction)"
    r"|<\s*/?\s*(?:system|assistant|instructions?)\s*>"
    r"|\bnew\s+instructions?\b"
    r"|\bdo\s+not\s+(?:tell|mention|report|reveal)\b",
    re.IGNORECASE,
)

# What chat templates and our own fences are made of: a `<` that opens something, and the older square brackets.
_OPENING = re.compile(r"<(?=[|/!<A-Za-z])")
_BRACKETED = re.compile(r"\[(/?(?:INST|SYS))\]", re.IGNORECASE)
# Beyond these a name is no name but a text.
_NOT_OF_NAMES = re.compile(r"[^\w.:/@+-]+")


def clean(text: str, limit: int = 4000) -> str:
    """Return `text` as a person would see it, at most `limit` characters long, the cut marked by an ellipsis."""
    if not _ASCII_CLEAN.fullmatch(text):
        text = _ANSI.sub("", text)
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def one_line(text: str, limit: int = 300) -> str:
    """Return `text` cleaned, on one line, at most `limit` characters long."""
    return clean(" ".join(clean(text).split()), limit)


def defused(text: str) -> str:
    """Return `text` without anything that a chat template or a fence could take for its own mark."""
    return _BRACKETED.sub(r"(\1)", _OPENING.sub("\u2039", text))


def name_only(text: str, limit: int = 100) -> str:
    """Return `text` as a bare name: letters, digits and `._:/@+-`; all else becomes an underscore: no sentence fits."""
    return _NOT_OF_NAMES.sub("_", one_line(text, limit)).strip("_")


def instructions_in(text: str) -> int:
    """Return how many phrases of `text` read like orders to a model."""
    return sum(1 for _ in _INSTRUCTION.finditer(clean(text, 100_000)))
