"""The tables: a read model of incidents, and what was learnt from them; columns to search by, JSON for the rest."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, MetaData, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: SQLite forgets time zones, so they are put on and taken off here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 # SQLAlchemy's signature
        """Store UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 # SQLAlchemy's signature
        """Return UTC with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SearchableJson(TypeDecorator[Any]):
    """JSON, in the form that PostgreSQL can search where there is one; its dialect is loaded only there (2.5 MB)."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return JSONB on PostgreSQL, JSON elsewhere."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415 # see above

        return dialect.type_descriptor(JSONB())


def json_column() -> Column[Any]:
    """Return a JSON column that PostgreSQL can search."""
    return Column(SearchableJson(), nullable=False)


class Table(SQLModel):
    """What all tables share."""

    metadata = metadata


class IncidentRow(Table, table=True):
    """One incident: what lists and filters need, and the whole document."""

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("workflow_id", "run_id"),
        Index("ix_incident_key", "tenant", "environment", "service"),
    )

    number: int | None = Field(default=None, primary_key=True)
    workflow_id: str = Field(index=True)
    run_id: str
    tenant: str
    environment: str
    service: str
    status: str = Field(index=True)
    severity: str
    cause: str = ""
    title: str = Field(sa_column=Column(Text, nullable=False))
    opened_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    document: dict[str, Any] = Field(sa_column=json_column())


class ActionOutcomeRow(Table, table=True):
    """One action that was tried, for which cause, and whether it helped."""

    __tablename__ = "action_outcome"

    grant_id: str = Field(primary_key=True)
    workflow_id: str = Field(index=True)
    run_id: str
    service: str = Field(index=True)
    cause: str
    kind: str
    state: str
    worked: bool | None = None
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class MemoryRow(Table, table=True):
    """What is remembered of one ended incident, for finding others like it."""

    __tablename__ = "incident_memory"

    workflow_id: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    tenant: str = Field(default="default", index=True)
    number: str = ""
    title: str = Field(default="", sa_column=Column(Text, nullable=False))
    service: str = Field(default="", index=True)
    environment: str = ""
    alert: str = ""
    symptoms: list[str] = Field(default_factory=list, sa_column=json_column())
    templates: list[str] = Field(default_factory=list, sa_column=json_column())
    cause: str = ""
    action: str = ""
    worked: bool = False
    tried: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    closed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class ServiceRow(Table, table=True):
    """One service as the catalogue last described it."""

    __tablename__ = "service"

    name: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)
    tier: int = 3
    description: dict[str, Any] = Field(sa_column=json_column())


class DependencyRow(Table, table=True):
    """One service calls another."""

    __tablename__ = "service_dependency"

    service: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)
    depends_on: str = Field(primary_key=True)


class RunbookRow(Table, table=True):
    """One runbook as the catalogue last gave it for one tenant's incident."""

    __tablename__ = "runbook"

    tenant: str = Field(default="default", primary_key=True)
    runbook_id: str = Field(primary_key=True)
    title: str
    service: str = ""
    alert: str = ""
    description: dict[str, Any] = Field(sa_column=json_column())


class MetricPatternRow(Table, table=True):
    """How one signal of a service looked during an incident."""

    __tablename__ = "metric_pattern"

    evidence_id: str = Field(primary_key=True)
    workflow_id: str = Field(index=True)
    service: str
    query: str = Field(sa_column=Column(Text, nullable=False))
    facts: dict[str, Any] = Field(sa_column=json_column())


class LogPatternRow(Table, table=True):
    """What a service's logs said during an incident."""

    __tablename__ = "log_pattern"

    evidence_id: str = Field(primary_key=True)
    workflow_id: str = Field(index=True)
    service: str
    summary: str = Field(sa_column=Column(Text, nullable=False))
    facts: dict[str, Any] = Field(sa_column=json_column())
