"""The words that one trouble shares with another: names taken apart, numbers that name only one thing left out."""

import re

# Longer numbers name one pod, request or moment, never a kind of trouble; shorter ones are statuses and ports.
LONGEST_NUMBER = 5  # digits
_IDENTIFIER = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HEXADECIMAL = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{8,}", re.IGNORECASE)


def words(text: str) -> list[str]:
    """Return the words of `text` in order, in lower case.

    `OrdersDbDown`, `orders-db-down` and `orders_db_down` give the same words: their parts, and the whole as one word,
    so that a name matches itself better than its parts do.
    """
    return [word for found in _IDENTIFIER.findall(text) for word in _taken_apart(found)]


def _taken_apart(identifier: str) -> list[str]:
    pieces = [p for p in re.split(r"[-_.]", identifier) if not _HEXADECIMAL.fullmatch(p)]
    parts = [part.lower() for piece in pieces for part in _PART.findall(piece)]
    kept = [p for p in parts if not (p.isdigit() and len(p) > LONGEST_NUMBER)]
    whole = "".join(kept)
    return [*kept, whole] if len(kept) > 1 else kept
