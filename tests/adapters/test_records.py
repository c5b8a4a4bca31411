"""The real writer: one store opened by the first write, and every fault in the port's own word."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from holdfast.activities.adapters.records import StoreWriter
from holdfast.activities.errors import RecordsError
from holdfast.records.store import RecordsStore
from tests.examples import AT, incident


def url(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


async def test_what_it_writes_is_read_by_the_store(tmp_path: Path) -> None:
    """Opened once, however many write first."""
    writer = StoreWriter(url(tmp_path / "records.db"))
    numbers = await asyncio.gather(*(writer.upsert(incident(run_id=f"r{n}")) for n in range(3)))
    await writer.close()
    assert sorted(numbers) == ["INC-1", "INC-2", "INC-3"]
    store = await RecordsStore.open(url(tmp_path / "records.db"))
    assert await store.get("INC-1") is not None
    await store.close()


async def test_the_run_before_is_found(tmp_path: Path) -> None:
    """Under the same key, opened earlier."""
    writer = StoreWriter(url(tmp_path / "records.db"))
    await writer.upsert(incident())
    later = incident(run_id="run-2", opened_at=AT.replace(hour=9))
    assert await writer.previous_run(later) == "run-1"
    await writer.close()


async def test_a_database_that_is_away_is_said_and_found_again(tmp_path: Path) -> None:
    """It cannot be opened; once it can, the same writer writes."""
    (tmp_path / "place").write_text("a file where a folder should be")
    writer = StoreWriter(url(tmp_path / "place" / "records.db"))
    for write in (writer.upsert, writer.previous_run):
        with pytest.raises(RecordsError, match="cannot be opened"):
            await write(incident())
    (tmp_path / "place").unlink()
    assert await writer.upsert(incident()) == "INC-1"
    await writer.close()


async def test_a_database_that_breaks_after_it_was_opened_is_said(tmp_path: Path) -> None:
    """A table that is gone is the records' trouble, in the port's word."""
    writer = StoreWriter(url(tmp_path / "records.db"))
    await writer.upsert(incident())
    with sqlite3.connect(tmp_path / "records.db") as connection:
        connection.execute("DROP TABLE incident")
    for write in (writer.upsert, writer.previous_run):
        with pytest.raises(RecordsError, match="incident"):
            await write(incident())
    await writer.close()


async def test_a_writer_that_never_wrote_closes_quietly(tmp_path: Path) -> None:
    """And leaves no file."""
    await StoreWriter(url(tmp_path / "records.db")).close()
    assert os.listdir(tmp_path) == []
