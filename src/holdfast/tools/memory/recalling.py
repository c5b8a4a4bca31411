"""Finds what an incident under way may learn from: past ones like it, and what became of each remedy."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from pydantic import Field

from holdfast.analysis.recall.likeness import Match, best, cosine, most_similar, with_meaning
from holdfast.analysis.recall.outcomes import tracks
from holdfast.analysis.recall.past import Past, Present, Tried
from holdfast.domain.noun import Noun
from holdfast.records.memory import DEFAULT_TENANT, Remembered, remembered
from holdfast.records.store import RecordsStore

SHORTLIST = 20  # candidates whose meaning is compared; an endpoint is asked about no more than it can answer at once
MOST_OUTCOMES = 20  # remedies told of

Vector = Sequence[float]
Embed = Callable[[Sequence[str]], Awaitable[Sequence[Vector]]]


class EmbeddingsError(Exception):
    """The endpoint that turns text into vectors did not answer usefully; searching goes on without it."""


class Likeness(Noun):
    """What past incidents are compared with, and whose they must be: no tenant learns from another's."""

    service: str
    alert: str = ""
    text: str = ""
    cause: str = ""
    templates: tuple[str, ...] = ()
    tenant: str = DEFAULT_TENANT

    @property
    def present(self) -> Present:
        """Return it as analysis asks."""
        fields = self.model_dump(exclude={"tenant", "templates"})
        return Present(**fields, templates=frozenset(self.templates))


class Similar(Noun):
    """One past incident that is like the present one; `similarity` and its `parts` from 0 to 1, `why` in words."""

    number: str
    title: str
    service: str
    cause: str
    action: str
    worked: bool
    similarity: float
    why: str
    parts: dict[str, float]
    closed_at: datetime


class Outcome(Noun):
    """How often an action was verified to have helped against a cause, or not: here, or at other services."""

    cause: str
    action: str
    worked: int
    failed: int
    here: bool


class Recalled(Noun):
    """What was found, best first. `notes` say what could not be asked."""

    incidents: tuple[Similar, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = Field(default=())


async def recall(store: RecordsStore, like: Likeness, limit: int = 5, embed: Embed | None = None) -> Recalled:
    """Return the most similar past incidents of one tenant, and what became of every remedy it tried.

    With `embed` the meaning of the alike is compared too; when it fails, the other parts decide and a note says so.

    Raises:
        RecordsUnavailable: when they cannot be read.
    """
    rows = {f"{row.workflow_id} {row.run_id}": row for row in await remembered(store, like.tenant)}
    pasts = [_past(key, row) for key, row in rows.items()]
    now = datetime.now(UTC)
    found = await asyncio.to_thread(most_similar, like.present, pasts, now, SHORTLIST if embed else limit)
    notes: tuple[str, ...] = ()
    if embed and found:
        found, notes = await _by_meaning(like, found, now, embed)
    seen = tracks(like.service, pasts)[:MOST_OUTCOMES]
    outcomes = (Outcome(cause=t.cause, action=t.action, worked=t.worked, failed=t.failed, here=t.here) for t in seen)
    similar = (_similar(rows[m.past.key], m) for m in found[:limit])
    return Recalled(incidents=tuple(similar), outcomes=tuple(outcomes), notes=notes)


async def _by_meaning(
    like: Likeness, found: list[Match], now: datetime, embed: Embed
) -> tuple[list[Match], tuple[str, ...]]:
    """Return the matches sorted anew: meaning reorders what is alike, it lets no stranger in."""
    texts = [f"{like.alert} {like.text}", *(f"{m.past.alert} {m.past.text}" for m in found)]
    try:
        asked, *said = await embed(texts)
        again = [with_meaning(m, cosine(asked, v), now) for m, v in zip(found, said, strict=True)]
    except EmbeddingsError as e:
        return found, (f"meaning was not compared: {e}",)
    except ValueError:
        return found, ("meaning was not compared: the endpoint's vectors do not fit together",)
    return best(again, len(again)), ()


def _past(key: str, row: Remembered) -> Past:
    return Past(
        key=key,
        service=row.service,
        alert=row.alert,
        cause=row.cause,
        text=" ".join((row.title, row.service, row.cause, *row.symptoms)),
        closed_at=row.closed_at,
        templates=frozenset(row.templates),
        tried=_tried(row),
        worked=row.worked,
    )


def _tried(row: Remembered) -> tuple[Tried, ...]:
    """Return every remedy that was verified; older memories hold the one that helped alone."""
    if row.tried:
        return tuple(Tried(t.action, t.worked) for t in row.tried)
    return (Tried(row.action, row.worked),) if row.action else ()


def _similar(row: Remembered, match: Match) -> Similar:
    named = ("number", "title", "service", "cause", "action", "worked", "closed_at")
    parts = {name: round(value, 3) for name, value in match.parts.items()}
    similarity = round(match.similarity, 3)
    return Similar(**{n: getattr(row, n) for n in named}, similarity=similarity, why=match.why, parts=parts)
