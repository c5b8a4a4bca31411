"""What past incidents teach: each remembered once, and found again by words, name, service and how it went."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from holdfast.domain.noun import Noun
from holdfast.records.database import insert_for
from holdfast.records.store import RecordsStore
from holdfast.records.tables import MemoryRow

# BM25's usual constants (Robertson, Zaragoza 2009).
K1, B = 1.2, 0.75
NEWEST = 2000
DEFAULT_TENANT = "default"
YEAR = 365 * 86400.0


class Remembered(Noun):
    """One past incident, as `remember_incident` takes it."""

    workflow_id: str = Field(min_length=1)
    run_id: str = Field(min_length=1)
    tenant: str = DEFAULT_TENANT
    number: str = ""
    title: str = ""
    service: str = ""
    environment: str = ""
    alert: str = ""
    symptoms: tuple[str, ...] = ()
    cause: str = ""
    action: str = ""
    worked: bool = False
    closed_at: AwareDatetime


class Similar(Noun):
    """One past incident that is like the present one; `similarity` from 0 to 1."""

    number: str
    title: str
    service: str
    cause: str
    action: str
    worked: bool
    similarity: float
    closed_at: datetime


async def remember(store: RecordsStore, incident: Remembered) -> bool:
    """Keep an incident; the same run twice is one memory. Return whether it is the first time.

    Raises:
        RecordsUnavailable: when nothing could be written.
    """
    async with store.database.session() as session:
        values = {**incident.model_dump(), "symptoms": list(incident.symptoms)}
        insert = insert_for(session)(MemoryRow).values(**values).on_conflict_do_nothing().returning(MemoryRow)
        first = (await session.execute(insert)).first() is not None
        if not first:
            await session.merge(MemoryRow(**values))
    return first


class Likeness(Noun):
    """What past incidents are compared with, and whose they must be: no tenant learns from another's."""

    service: str
    alert: str = ""
    text: str = ""
    tenant: str = DEFAULT_TENANT


async def find_similar(store: RecordsStore, like: Likeness, limit: int = 5) -> list[Similar]:
    """Return the most similar past incidents of one tenant, best first.

    Words count by BM25 over title, symptoms and cause; the same service, the same alert, a remedy that
    worked and recency count beside them.
    """
    async with store.database.session() as session:
        newest = MemoryRow.closed_at.desc()  # type: ignore[attr-defined] # a column
        own = select(MemoryRow).where(MemoryRow.tenant == like.tenant)  # type: ignore[arg-type] # a column comparison
        rows = (await session.execute(own.order_by(newest).limit(NEWEST))).scalars().all()
    words = _bm25(_words(f"{like.alert} {like.text} {like.service}"), [_words(_text(r)) for r in rows])
    scored = [(_score(r, w, like), r) for r, w in zip(rows, words, strict=True)]
    best = sorted(scored, key=lambda pair: (-pair[0], pair[1].workflow_id))[:limit]
    return [_similar(r, score) for score, r in best if score > 0.2]


def _score(row: MemoryRow, words: float, like: Likeness) -> float:
    age = max(0.0, (datetime.now(UTC) - row.closed_at).total_seconds())
    recency = math.exp(-age / YEAR)
    exact = 0.3 * (row.service == like.service) + 0.25 * (bool(like.alert) and row.alert == like.alert)
    return min(1.0, 0.3 * words + exact + 0.1 * row.worked + 0.05 * recency)


def _bm25(query: Sequence[str], documents: list[list[str]]) -> list[float]:
    """Return each document's score for the query, scaled so that the best is 1."""
    if not documents:
        return []
    counts = [Counter(d) for d in documents]
    mean = sum(len(d) for d in documents) / len(documents) or 1.0
    found = {w: sum(w in c for c in counts) for w in set(query)}
    weight = {w: math.log(1 + (len(documents) - n + 0.5) / (n + 0.5)) for w, n in found.items()}
    scores = [
        sum(weight[w] * c[w] * (K1 + 1) / (c[w] + K1 * (1 - B + B * len(d) / mean)) for w in weight if c[w])
        for c, d in zip(counts, documents, strict=True)
    ]
    top = max(scores) or 1.0
    return [s / top for s in scores]


def _text(row: MemoryRow) -> str:
    return " ".join((row.title, row.alert, row.service, row.cause, *row.symptoms))


def _words(text: str) -> list[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return re.findall(r"[a-z0-9]+", spaced.lower())


def _similar(row: MemoryRow, score: float) -> Similar:
    fields = {n: getattr(row, n) for n in Similar.model_fields if n != "similarity"}
    return Similar(**fields, similarity=round(score, 3))
