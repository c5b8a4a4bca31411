"""Finds runbooks that speak of a trouble, among those the catalogue gave for one tenant's incidents."""

from holdfast.analysis.recall.bm25 import coverage
from holdfast.analysis.recall.words import words
from holdfast.domain.noun import Noun
from holdfast.domain.service import Runbook
from holdfast.records.memory import runbooks
from holdfast.records.store import RecordsStore
from holdfast.tools.memory.recalling import Likeness

# A runbook names whom it is for; words alone must cover more than half of the question to outweigh a name.
SERVICE, ALERT, WORDS = 0.25, 0.35, 0.40
LEAST = 0.2


class SimilarRunbook(Noun):
    """One runbook that speaks of the present trouble; `similarity` from 0 to 1."""

    runbook_id: str
    title: str
    service: str
    alert: str
    actions: tuple[str, ...]
    similarity: float


async def find_runbooks(store: RecordsStore, like: Likeness, limit: int = 3) -> tuple[SimilarRunbook, ...]:
    """Return the runbooks of one tenant that speak of the trouble, best first.

    Raises:
        RecordsUnavailable: when they cannot be read.
    """
    books = await runbooks(store, like.tenant)
    said = coverage(words(f"{like.alert} {like.text}"), [words(f"{b.alert} {b.title} {b.body}") for b in books])
    found = [_similar(b, _score(b, like, share)) for b, share in zip(books, said, strict=True)]
    alike = [book for book in found if book.similarity >= LEAST]
    return tuple(sorted(alike, key=lambda b: (-b.similarity, b.runbook_id))[:limit])


def _score(book: Runbook, like: Likeness, said: float) -> float:
    same_service = bool(book.service) and book.service == like.service
    same_alert = bool(book.alert) and book.alert == like.alert
    return SERVICE * same_service + ALERT * same_alert + WORDS * said


def _similar(book: Runbook, score: float) -> SimilarRunbook:
    fields = book.model_dump(include={"runbook_id", "title", "service", "alert", "actions"})
    return SimilarRunbook(**fields, similarity=round(score, 3))
