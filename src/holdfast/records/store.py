"""The read model: incidents as people list and open them, written by idempotent activities."""

import re
from datetime import datetime
from typing import Any, Self

from pydantic import Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from holdfast.domain.incident import Incident
from holdfast.domain.noun import Noun
from holdfast.records.database import Database, insert_for, is_postgresql, open_database
from holdfast.records.learning import learn
from holdfast.records.postgresql import count_on
from holdfast.records.tables import IncidentRow

PREFIX = "INC-"
# Nine digits fit every database's integers.
_NUMBER = re.compile(r"INC-([0-9]{1,9})", re.IGNORECASE)
_CURSOR = re.compile(r"[0-9]{1,9}")


class IncidentFilter(Noun):
    """What to list: empty fields admit everything; `cursor` is a page's `next`."""

    tenant: str = ""
    environment: str = ""
    service: str = ""
    status: str = ""
    severity: str = ""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = ""


class IncidentLine(Noun):
    """One incident in a list."""

    number: str
    workflow_id: str
    run_id: str
    tenant: str
    environment: str
    service: str
    status: str
    severity: str
    cause: str
    title: str
    opened_at: datetime
    updated_at: datetime
    ended_at: datetime | None


class IncidentPage(Noun):
    """One page of a list, newest first; `next` is empty on the last."""

    incidents: tuple[IncidentLine, ...]
    next: str = ""


class RecordsStore:
    """Everything the records can be asked or told."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the records, migrating them when needed; raises as `open_database` does."""
        return cls(await open_database(url))

    async def upsert(self, incident: Incident) -> str:
        """Insert or replace an incident by its workflow and run; an older document never replaces a newer one.

        Returns:
            Its public number, such as `INC-42`; the same incident keeps the same number for ever.

        Raises:
            RecordsUnavailable: when nothing could be written.
        """
        async with self.database.session() as session:
            number, newest = await _write(session, incident)
            if newest:
                await learn(session, incident.model_copy(update={"number": f"{PREFIX}{number}"}))
        return f"{PREFIX}{number}"

    async def get(self, ref: str) -> Incident | None:
        """Return an incident by number, or the newest of a workflow id; None when there is none."""
        async with self.database.session() as session:
            query = select(IncidentRow).where(_named(ref)).order_by(_c("number").desc()).limit(1)
            row = (await session.execute(query)).scalars().first()
        return None if row is None else _document(row)

    async def previous_run(self, incident: Incident) -> str:
        """Return the run id of the incident before this one under the same key; empty when there is none."""
        async with self.database.session() as session:
            query = (
                select(_c("run_id"))
                .where(_c("workflow_id") == incident.workflow_id, _c("run_id") != incident.run_id)
                .where(_c("opened_at") < incident.opened_at)
                .order_by(_c("opened_at").desc())
                .limit(1)
            )
            return str((await session.execute(query)).scalar() or "")

    async def list(self, wanted: IncidentFilter) -> IncidentPage:
        """Return one page, newest first.

        Raises:
            ValueError: when the cursor is not one that a page gave.
        """
        query = select(IncidentRow).order_by(_c("number").desc()).limit(wanted.limit + 1)
        for field in ("tenant", "environment", "service", "status", "severity"):
            if getattr(wanted, field):
                query = query.where(_c(field) == getattr(wanted, field))
        if wanted.cursor:
            query = query.where(_c("number") < _cursor(wanted.cursor))
        async with self.database.session() as session:
            rows = (await session.execute(query)).scalars().all()
        page, more = rows[: wanted.limit], len(rows) > wanted.limit
        return IncidentPage(incidents=tuple(_line(r) for r in page), next=str(page[-1].number) if more else "")

    async def restore(self, incident: Incident) -> str:
        """Write an incident back under the number its document bears; for rebuilding from histories.

        Two that bear one number (a lost database counted anew from 1) cannot both keep it: the one already
        there does, unless its own document never bore it.

        Returns:
            The number it has now.

        Raises:
            RecordsUnavailable: when nothing could be written.
        """
        async with self.database.session() as session:
            number = await _free_number(session, incident)
            number, newest = await _write(session, incident, number)
            if is_postgresql(session):
                await count_on(session)
            if newest:
                await learn(session, incident.model_copy(update={"number": f"{PREFIX}{number}"}))
        return f"{PREFIX}{number}"

    async def ping(self) -> None:
        """Do nothing, or raise RecordsUnavailable."""
        async with self.database.session() as session:
            await session.execute(select(func.count()).select_from(IncidentRow))

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()


async def _write(session: AsyncSession, incident: Incident, number: int | None = None) -> tuple[int, bool]:
    """Insert or replace the row; return its number and whether `incident` is the newest document known."""
    if number is None and is_postgresql(session):
        # Its sequence would give every write a number, though only the first one needs it.
        number = (await session.execute(_same(incident, "number"))).scalar()
    values = _values(incident) | ({} if number is None else {"number": number})
    insert: Any = insert_for(session)(IncidentRow).values(**values)
    newer = insert.excluded.updated_at >= IncidentRow.__table__.c.updated_at  # type: ignore[attr-defined] # SQLModel types its table loosely
    changes = {k: insert.excluded[k] for k in values if k not in ("number", "workflow_id", "run_id")}
    await session.execute(
        insert.on_conflict_do_update(index_elements=["workflow_id", "run_id"], set_=changes, where=newer)
    )
    written, updated_at = (await session.execute(_same(incident, "number", "updated_at"))).one()
    return int(written), updated_at <= incident.updated_at


async def _free_number(session: AsyncSession, incident: Incident) -> int | None:
    """Return the number to insert `incident` under, made free if need be; None for the next one."""
    known = (await session.execute(_same(incident, "number"))).first()
    if known is not None or not incident.number:
        return None
    number = _number(incident.number)
    holder = await session.get(IncidentRow, number)
    if holder is None:
        return number
    if _document_number(holder) == incident.number:
        return None
    last = int((await session.execute(select(func.max(_c("number"))))).scalar_one())
    holder.number = last + 1
    await session.flush()
    return number


def _same(incident: Incident, *columns: str) -> Any:
    """Return the query for columns of this incident's row."""
    query = select(*(_c(name) for name in columns))
    return query.where(_c("workflow_id") == incident.workflow_id, _c("run_id") == incident.run_id)


def _document_number(row: IncidentRow) -> str:
    return str(row.document.get("number", ""))


def _c(name: str) -> Any:
    """Return a column of the incident table; SQLModel types its attributes as values."""
    return getattr(IncidentRow, name)


def _named(ref: str) -> ColumnElement[bool]:
    number = _NUMBER.fullmatch(ref)
    if number:
        return _c("number") == int(number[1])  # type: ignore[no-any-return] # a column comparison
    return _c("workflow_id") == ref  # type: ignore[no-any-return] # a column comparison


def _number(ref: str) -> int:
    number = _NUMBER.fullmatch(ref)
    if number is None:
        raise ValueError(f"number: {ref!r} is no public number such as {PREFIX}42")
    return int(number[1])


def _cursor(cursor: str) -> int:
    if not _CURSOR.fullmatch(cursor):
        raise ValueError(f"cursor: {cursor!r} is not one that a page gave")
    return int(cursor)


def _values(incident: Incident) -> dict[str, Any]:
    best = incident.diagnosis.best if incident.diagnosis else None
    return {
        "workflow_id": incident.workflow_id,
        "run_id": incident.run_id,
        "tenant": incident.key.tenant,
        "environment": incident.key.environment,
        "service": incident.key.service,
        "status": incident.status.value,
        "severity": incident.severity.value,
        "cause": best.cause.value if best else "",
        "title": incident.title,
        "opened_at": incident.opened_at,
        "updated_at": incident.updated_at,
        "ended_at": incident.ended_at,
        "document": incident.model_dump(mode="json"),
    }


def _document(row: IncidentRow) -> Incident:
    found = Incident.model_validate(row.document)
    return found.model_copy(update={"number": f"{PREFIX}{row.number}"})


def _line(row: IncidentRow) -> IncidentLine:
    fields = {name: getattr(row, name) for name in IncidentLine.model_fields if name != "number"}
    return IncidentLine(number=f"{PREFIX}{row.number}", **fields)
