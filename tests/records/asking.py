"""What tests ask the database behind the store's back."""

from typing import Any

from holdfast.records.store import RecordsStore


async def sql(store: RecordsStore, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    async with store.database.engine.begin() as connection:
        found = await connection.exec_driver_sql(statement)
        return [tuple(row) for row in found] if found.returns_rows else []
