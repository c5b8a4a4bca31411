"""The read model: incidents as people list and open them, written by idempotent activities."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from holdfast.domain.incident import Incident
from holdfast.domain.noun import Noun
from holdfast.records.database import Database, open_database
from holdfast.records.tables import (
    ActionOutcomeRow,
    DependencyRow,
    IncidentRow,
    LogPatternRow,
    MemoryRow,
    MetricPatternRow,
    RunbookRow,
    ServiceRow,
)

PREFIX = "INC-"


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
            number = await self._insert(session, incident)
            await _learn(session, incident)
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

    async def restore(self, incident: Incident) -> None:
        """Write an incident back under the number its document bears; for rebuilding from histories."""
        async with self.database.session() as session:
            number = int(incident.number.removeprefix(PREFIX)) if incident.number else None
            await self._insert(session, incident, number)
            await _learn(session, incident)

    async def ping(self) -> None:
        """Do nothing, or raise RecordsUnavailable."""
        async with self.database.session() as session:
            await session.execute(select(func.count()).select_from(IncidentRow))

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()

    async def _insert(self, session: AsyncSession, incident: Incident, number: int | None = None) -> int:
        values = _values(incident) | ({} if number is None else {"number": number})
        insert: Any = _insert_for(session)(IncidentRow).values(**values)
        newer = insert.excluded.updated_at >= IncidentRow.__table__.c.updated_at  # type: ignore[attr-defined] # SQLModel types its table loosely
        changes = {k: insert.excluded[k] for k in values if k not in ("number", "workflow_id", "run_id")}
        await session.execute(
            insert.on_conflict_do_update(index_elements=["workflow_id", "run_id"], set_=changes, where=newer)
        )
        query = select(_c("number")).where(_c("workflow_id") == incident.workflow_id, _c("run_id") == incident.run_id)
        return int((await session.execute(query)).scalar_one())


async def _learn(session: AsyncSession, incident: Incident) -> None:
    """Keep what was tried, what the catalogue said and how signals looked, each once by its own id."""
    await _keep_catalogue(session, incident)
    best = incident.diagnosis.best if incident.diagnosis else None
    for attempt in incident.attempts:
        verified = attempt.verification
        await session.merge(
            ActionOutcomeRow(
                grant_id=attempt.grant_id,
                workflow_id=incident.workflow_id,
                run_id=incident.run_id,
                service=incident.key.service,
                cause=best.cause.value if best else "unknown",
                kind=attempt.action.kind,
                state=attempt.state,
                worked=verified.recovered if verified and not verified.unknown else None,
                at=attempt.ended_at,
            ),
        )
    if incident.ended_at is not None:
        await _keep_patterns(session, incident)
        await session.merge(_memory(incident))


async def _keep_catalogue(session: AsyncSession, incident: Incident) -> None:
    service, runbook = incident.service, incident.runbook
    if service is not None and service.known:
        described = service.model_dump(mode="json")
        row = ServiceRow(name=service.name, environment=service.environment, tier=service.tier, description=described)
        await session.merge(row)
        for name in service.dependencies:
            edge = DependencyRow(service=service.name, environment=service.environment, depends_on=name)
            await session.merge(edge)
    if runbook is not None:
        fields = {"runbook_id": runbook.runbook_id, "title": runbook.title, "service": runbook.service}
        described = runbook.model_dump(mode="json")
        await session.merge(RunbookRow(**fields, alert=runbook.alert, description=described))


def _memory(incident: Incident) -> MemoryRow:
    """Return what a later incident may learn from this one."""
    best = incident.diagnosis.best if incident.diagnosis else None
    helped = [a for a in incident.attempts if not a.backwards and a.verification and a.verification.recovered]
    return MemoryRow(
        workflow_id=incident.workflow_id,
        run_id=incident.run_id,
        number=incident.number,
        title=incident.title,
        service=incident.key.service,
        environment=incident.key.environment,
        alert=incident.alerts[0].name if incident.alerts else "",
        symptoms=sorted({a.summary for a in incident.alerts if a.summary}),
        cause=best.cause.value if best else "unknown",
        action=helped[-1].action.kind if helped else "",
        worked=bool(helped),
        closed_at=incident.ended_at or incident.updated_at,
    )


async def _keep_patterns(session: AsyncSession, incident: Incident) -> None:
    for e in incident.evidence:
        common = {
            "evidence_id": f"{incident.run_id}/{e.evidence_id}",
            "workflow_id": incident.workflow_id,
            "service": e.service,
        }
        if e.kind == "metric" and e.facts.get("anomalous"):
            await session.merge(MetricPatternRow(**common, query=e.query, facts=dict(e.facts)))
        if e.kind == "logs" and e.present:
            await session.merge(LogPatternRow(**common, summary=e.summary, facts=dict(e.facts)))


def _insert_for(session: AsyncSession) -> Any:
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert


def _c(name: str) -> Any:
    """Return a column of the incident table; SQLModel types its attributes as values."""
    return getattr(IncidentRow, name)


def _named(ref: str) -> ColumnElement[bool]:
    if ref.upper().startswith(PREFIX) and ref[len(PREFIX) :].isdecimal():
        return _c("number") == int(ref[len(PREFIX) :])  # type: ignore[no-any-return] # a column comparison
    return _c("workflow_id") == ref  # type: ignore[no-any-return] # a column comparison


def _cursor(cursor: str) -> int:
    if not cursor.isdecimal():
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
