"""How well the words of past troubles answer the words of this one: BM25 (Robertson & Zaragoza 2009)."""

import math
from collections import Counter
from collections.abc import Sequence

# The usual constants of Robertson & Zaragoza 2009: how soon a repeated word stops counting, and how much length does.
K1, B = 1.2, 0.75


def coverage(query: Sequence[str], documents: Sequence[Sequence[str]]) -> list[float]:
    """Return for each document the share, 0 to 1, of the query's weight that it answers.

    A document's BM25 score is divided by what one that holds every word of the query once, at the mean length, would
    have, or by the best document's score when that is more. Words that no document knows do not count: what nobody
    ever wrote tells no two documents apart. No query or no documents give zeros.
    """
    counts = [Counter(d) for d in documents]
    weights = _weights(set(query), counts)
    whole = sum(weights.values())
    if not whole:
        return [0.0] * len(counts)
    mean = sum(c.total() for c in counts) / len(counts)
    scores = [_score(weights, c, c.total() / mean) for c in counts]
    return [score / max(whole, *scores) for score in scores]


def _weights(query: set[str], counts: Sequence[Counter[str]]) -> dict[str, float]:
    """Return the inverse document frequency of each word of the query that some document holds; never negative."""
    found = {word: sum(word in c for c in counts) for word in query}
    return {word: math.log(1 + (len(counts) - n + 0.5) / (n + 0.5)) for word, n in found.items() if n}


def _score(weights: dict[str, float], count: Counter[str], length: float) -> float:
    """Return the BM25 score of one document, `length` in units of the mean length."""
    damping = K1 * (1 - B + B * length)
    return sum(weight * count[word] * (K1 + 1) / (count[word] + damping) for word, weight in weights.items())
