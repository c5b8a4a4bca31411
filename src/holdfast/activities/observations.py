"""How the hands fetch what analysis reads: each item of evidence with the body that lies outside the history."""

import asyncio
from collections.abc import Iterable

from holdfast.activities.ports import BodyStore
from holdfast.analysis.observation import Observation
from holdfast.domain.evidence import Evidence


async def observe(store: BodyStore, evidence: Iterable[Evidence]) -> tuple[Observation, ...]:
    """Return the evidence with its bodies, in the same order; a lost body leaves the observation unreadable."""
    return tuple(await asyncio.gather(*(_observe(store, item) for item in evidence)))


def lost(seen: Iterable[Observation]) -> tuple[str, ...]:
    """Return one sentence for each source that answered but whose answer is gone."""
    gone = [o.evidence for o in seen if o.evidence.present and not o.readable]
    return tuple(f"the answer of {e.title or e.source} is lost ({e.evidence_id})" for e in gone)


async def _observe(store: BodyStore, item: Evidence) -> Observation:
    if not item.ref:
        return Observation(item)
    try:
        body = await store.get(item.ref)
    except KeyError:
        return Observation(item)
    return Observation(item, body) if isinstance(body, dict) else Observation(item)
