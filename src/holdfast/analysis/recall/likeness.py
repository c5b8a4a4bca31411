"""How like a past incident is to the present one, in parts that a person can check and one number to sort by."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.analysis.recall.bm25 import coverage
from holdfast.analysis.recall.past import Past, Present
from holdfast.analysis.recall.words import words

# What each part counts for. Names and words weigh alike, so that neither the same service with another trouble nor the
# same trouble elsewhere hides the other; the cause is known late and seldom. Only parts that were asked about count.
WEIGHTS = {"words": 0.30, "service": 0.20, "alert": 0.20, "templates": 0.20, "cause": 0.10, "meaning": 0.30}
# Outcome and age order what is alike, they make nothing alike: together at most this share of the score.
WORKED, RECENT = 0.10, 0.05
YEAR = 365 * 86400.0  # seconds after which a memory's freshness has fallen to 1/e: services live for years
LEAST = 0.15  # below it two incidents share a few common words and nothing else


@dataclass(frozen=True)
class Match:
    """One past incident with its `similarity`, 0 to 1, the parts it is made of, each 0 to 1, and why in words."""

    past: Past
    similarity: float
    parts: Mapping[str, float]

    @property
    def why(self) -> str:
        """Return why it is alike in one line, such as `same service; same alert; words 62%; its remedy worked`."""
        said = [_SAID[name](value) for name, value in self.parts.items() if name in _SAID and value >= 0.01]
        return "; ".join(said)


_SAID: dict[str, Callable[[float], str]] = {
    "service": lambda _: "same service",
    "alert": lambda _: "same alert",
    "cause": lambda _: "same cause",
    "words": lambda v: f"words {v:.0%}",
    "templates": lambda v: f"log templates {v:.0%}",
    "meaning": lambda v: f"meaning {v:.0%}",
    "worked": lambda _: "its remedy worked",
}


def most_similar(present: Present, pasts: Sequence[Past], at: datetime, limit: int = 5) -> list[Match]:
    """Return the most similar incidents, best first, none below `LEAST`; `at` is the moment of asking."""
    asked = words(f"{present.alert} {present.text}")
    said = coverage(asked, [words(f"{p.alert} {p.text}") for p in pasts])
    found = [_match(past, _parts(present, past, share), at) for past, share in zip(pasts, said, strict=True)]
    return best(found, limit)


def best(found: Sequence[Match], limit: int) -> list[Match]:
    """Return the best `limit` of them that are alike at all; of equals the one with the smaller key."""
    alike = [m for m in found if m.similarity >= LEAST]
    return sorted(alike, key=lambda m: (-m.similarity, m.past.key))[:limit]


def with_meaning(match: Match, meaning: float, at: datetime) -> Match:
    """Return the match with the cosine of two embeddings among its parts; a negative cosine counts as none."""
    return _match(match.past, {**match.parts, "meaning": max(0.0, min(1.0, meaning))}, at)


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of members that two sets have in common (Jaccard 1901); 0 when both are empty."""
    return len(one & other) / len(one | other) if one or other else 0.0


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors of one length; 0 when either is nothing but zeros.

    Raises:
        ValueError: when their lengths differ.
    """
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0


def _parts(present: Present, past: Past, said: float) -> dict[str, float]:
    """Return the parts that were asked about."""
    parts = {"words": said} if present.text or present.alert else {}
    for name in ("service", "alert", "cause"):
        asked = getattr(present, name)
        if asked:
            parts[name] = float(asked == getattr(past, name))
    if present.templates:
        parts["templates"] = jaccard(present.templates, past.templates)
    return parts


def _match(past: Past, parts: Mapping[str, float], at: datetime) -> Match:
    asked = {name: value for name, value in parts.items() if name in WEIGHTS}
    weight = sum(WEIGHTS[name] for name in asked)
    likeness = sum(WEIGHTS[name] * value for name, value in asked.items()) / weight if weight else 0.0
    recent = math.exp(-max(0.0, (at - past.closed_at).total_seconds()) / YEAR)
    after = {"worked": float(past.worked), "recency": recent}
    similarity = likeness * (1 - WORKED - RECENT + WORKED * after["worked"] + RECENT * recent)
    return Match(past, similarity, {**asked, **after})
