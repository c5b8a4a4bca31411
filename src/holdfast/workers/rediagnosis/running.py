"""Runs another diagnosis over incidents that somebody names, one by one; a failure costs its own row alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from holdfast.activities.errors import ModelError
from holdfast.activities.observations import observe
from holdfast.analysis.rankers import RANKERS
from holdfast.domain.diagnosis import Diagnosis
from holdfast.records.bodies import FileBodyStore
from holdfast.tools.settings import secret_of
from holdfast.workers.rediagnosis.again import by_model, by_ranker
from holdfast.workers.rediagnosis.comparison import Compared
from holdfast.workers.rediagnosis.recorded import RecordedCase
from holdfast.workers.rediagnosis.sources import Places, find, find_all, read_file

Again = Callable[[RecordedCase], Awaitable[Diagnosis]]


class ModelPlace(BaseSettings):
    """Where a model is asked, by the same variables as a worker's."""

    model_config = SettingsConfigDict(env_prefix="HOLDFAST_", extra="ignore", protected_namespaces=())

    model_base_url: str = ""
    model_api_key: SecretStr = SecretStr("")
    model_api_key_file: Path | None = None
    model_price_prompt: float = Field(default=0.0, ge=0)
    model_price_completion: float = Field(default=0.0, ge=0)


@dataclass(frozen=True)
class Wish:
    """Which incidents, and by whom: names are numbers, workflow ids or history files; a model's name, or a ranker's."""

    names: tuple[str, ...] = ()
    everything: bool = False
    since: datetime | None = None
    ranker: str = "rules"
    model: str = ""
    data: Path = Path(".holdfast")


def rankers() -> tuple[str, ...]:
    """Return the names of the rankers there are."""
    return tuple(RANKERS)


async def rediagnose(wish: Wish, places: Places) -> list[Compared]:
    """Return a row for each incident.

    Raises:
        ValueError: naming the setting, when a model is wished for and its endpoint is not configured well.
        RuntimeError: when Temporal cannot be reached and is needed.
    """
    kept = FileBodyStore(wish.data / "bodies")
    async with _diagnosing(wish, kept) as again:
        rows = [await _compared(name, _found(places, name), kept, again) for name in wish.names]
        if wish.everything or wish.since:
            async for name, found in find_all(places, wish.since):
                rows.append(await _compared(name, _given(found), kept, again))
    return rows


@asynccontextmanager
async def _diagnosing(wish: Wish, kept: FileBodyStore) -> AsyncIterator[Again]:
    if not wish.model:
        yield lambda recorded: by_ranker(recorded, kept, wish.ranker)
        return
    from holdfast.activities.adapters.model import OpenAiModel, Prices  # noqa: PLC0415 # 50 MB that only a model needs

    place = ModelPlace()
    if not place.model_base_url:
        raise ValueError("HOLDFAST_MODEL_BASE_URL: needed to ask a model")
    prices = Prices(prompt=place.model_price_prompt, completion=place.model_price_completion)
    model = OpenAiModel(place.model_base_url, wish.model, _key(place), prices)
    try:
        yield lambda recorded: by_model(recorded, kept, model)
    finally:
        await model.close()


def _key(place: ModelPlace) -> str:
    try:
        return secret_of(place.model_api_key, place.model_api_key_file)
    except OSError as e:
        raise ValueError(f"HOLDFAST_MODEL_API_KEY_FILE: {e.strerror}") from e


async def _found(places: Places, name: str) -> RecordedCase:
    path = Path(name)
    if await asyncio.to_thread(path.is_file):
        return await asyncio.to_thread(read_file, path)
    return await find(places, name)


async def _given(found: RecordedCase | ValueError) -> RecordedCase:
    if isinstance(found, ValueError):
        raise found
    return found


async def _compared(name: str, finding: Awaitable[RecordedCase], kept: FileBodyStore, again: Again) -> Compared:
    try:
        recorded = await finding
    except (ValueError, OSError) as e:
        return Compared(name=name, error=" ".join(str(e).split())[:300])
    row = Compared(
        name=name,
        number=recorded.number,
        workflow_id=recorded.workflow_id,
        service=recorded.case.service.name,
        recorded=recorded.diagnosis,
    )
    try:
        notes = (*recorded.notes, *await _gone(recorded, kept))
        return row.model_copy(update={"notes": notes, "again": await again(recorded)})
    except ModelError as e:
        return row.model_copy(update={"error": f"the model did not answer: {e}"})
    except LookupError as e:
        return row.model_copy(update={"error": str(e)})


async def _gone(recorded: RecordedCase, kept: FileBodyStore) -> tuple[str, ...]:
    """Return a note when some of the answers are lost.

    Raises:
        LookupError: when all are, for then no diagnosis could say anything.
    """
    answered = [o for o in await observe(kept, recorded.case.evidence) if o.evidence.present]
    gone = sum(not o.readable for o in answered)
    if answered and gone == len(answered):
        raise LookupError(f"none of its {gone} answers is kept here: name their folder with --data")
    return (f"{gone} of {len(answered)} answers are lost",) if gone else ()
