"""An alert small enough to live in a history: what is too long is cut, and the cut is noted; nothing is refused."""

from typing import Any

from pydantic import JsonValue
from pydantic_core import to_json

from holdfast.domain.alert import Alert

LARGEST = 5 * 1024
"""Bytes of JSON one alert may have: an incident keeps 200 of them, half of the 2 MiB that Temporal takes at once."""

LONGEST_SUMMARY = 1000
_MOST_PAIRS = 40


def sized(alert: Alert) -> Alert:
    """Return `alert` with at most `LARGEST` bytes of JSON: first annotations are cut, then the unknown, then labels."""
    before = _size(alert)
    if before <= LARGEST:
        return alert
    steps: tuple[dict[str, Any], ...] = (
        {"annotations": _cut(alert.annotations, 400)},
        {"extra": {}},
        {"annotations": {}, "generator_url": "", "summary": alert.summary[:300]},
        {"labels": _cut(alert.labels, 60)},
        # Where each character takes up to six bytes even that is too long.
        {"labels": _cut(alert.labels, 10, most=10), "summary": alert.summary[:100]},
        {"labels": {}, "summary": ""},
    )
    small = alert
    for step in steps:
        small = small.model_copy(update=step)
        if _size(small) <= LARGEST - 100:
            break
    note: JsonValue = before - _size(small)
    return small.model_copy(update={"extra": {**small.extra, "cut_bytes": note}})


def _cut(pairs: dict[str, str], longest: int, most: int = _MOST_PAIRS) -> dict[str, str]:
    return {k[:60]: v[:longest] for k, v in list(pairs.items())[:most]}


def _size(alert: Alert) -> int:
    return len(to_json(alert))
