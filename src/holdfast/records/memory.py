"""What is kept of a past incident so that later ones may learn from it: each run once, whoever tells it."""

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from holdfast.domain.noun import Noun
from holdfast.domain.service import Runbook
from holdfast.records.database import insert_for
from holdfast.records.store import RecordsStore
from holdfast.records.tables import MemoryRow, RunbookRow

DEFAULT_TENANT = "default"
# Read at each question and weighed in the process: a fifth of a second; older ones tell little of today's services.
NEWEST = 2000
MOST_RUNBOOKS = 500


class TriedBefore(Noun):
    """One kind of action that was carried out and verified, and whether it helped."""

    action: str = Field(min_length=1)
    worked: bool


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
    templates: tuple[str, ...] = Field(default=(), description="Masked log lines.")
    cause: str = ""
    action: str = ""
    worked: bool = False
    tried: tuple[TriedBefore, ...] = Field(default=(), description="Every remedy verified; empty: `action` alone.")
    closed_at: AwareDatetime


async def remember(store: RecordsStore, incident: Remembered) -> bool:
    """Keep an incident; the same run twice is one memory. Return whether it is the first time.

    Raises:
        RecordsUnavailable: when nothing could be written.
    """
    async with store.database.session() as session:
        values = incident.model_dump(mode="python")
        values |= {name: list(values[name]) for name in ("symptoms", "templates", "tried")}
        insert = insert_for(session)(MemoryRow).values(**values).on_conflict_do_nothing().returning(MemoryRow)
        first = (await session.execute(insert)).first() is not None
        if not first:
            await session.merge(MemoryRow(**values))
    return first


async def remembered(store: RecordsStore, tenant: str) -> list[Remembered]:
    """Return the newest memories of one tenant, newest first.

    Raises:
        RecordsUnavailable: when they cannot be read.
    """
    async with store.database.session() as session:
        newest = MemoryRow.closed_at.desc()  # type: ignore[attr-defined] # a column
        own = select(MemoryRow).where(MemoryRow.tenant == tenant)  # type: ignore[arg-type] # a column comparison
        rows = (await session.execute(own.order_by(newest).limit(NEWEST))).scalars().all()
    return [Remembered.model_validate(row.model_dump()) for row in rows]


async def runbooks(store: RecordsStore, tenant: str) -> list[Runbook]:
    """Return the runbooks that the catalogue gave for one tenant's incidents.

    Raises:
        RecordsUnavailable: when they cannot be read.
    """
    async with store.database.session() as session:
        own = select(RunbookRow).where(RunbookRow.tenant == tenant)  # type: ignore[arg-type] # a column comparison
        rows = (await session.execute(own.limit(MOST_RUNBOOKS))).scalars().all()
    return [Runbook.model_validate(row.description) for row in rows]
