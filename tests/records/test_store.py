"""The read model on a real SQLite file: numbers, order, pages, faults."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from holdfast.domain.attempt import Attempt, AttemptState, Verification
from holdfast.domain.incident import IncidentKey, IncidentStatus
from holdfast.records.errors import RecordsUnavailable
from holdfast.records.memory import Remembered, find_similar, remember
from holdfast.records.store import IncidentFilter, RecordsStore
from holdfast.records.tables import metadata
from tests.examples import AT, KEY, incident, rollback


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RecordsStore]:
    """Records in a file of the test's own."""
    made = await RecordsStore.open(f"sqlite+aiosqlite:///{tmp_path}/records.db")
    yield made
    await made.close()


async def test_the_same_incident_keeps_its_number(store: RecordsStore) -> None:
    """Written twice it is one row; another run is another number."""
    first = await store.upsert(incident())
    again = await store.upsert(incident(status=IncidentStatus.CLOSED, updated_at=AT + timedelta(minutes=1)))
    other = await store.upsert(incident(run_id="run-2"))
    assert (first, again, other) == ("INC-1", "INC-1", "INC-2")
    found = await store.get("INC-1")
    assert found is not None
    assert found.status is IncidentStatus.CLOSED
    assert found.number == "INC-1"


async def test_an_older_document_never_replaces_a_newer_one(store: RecordsStore) -> None:
    """Activities may be retried late; the newest word stands."""
    await store.upsert(incident(status=IncidentStatus.CLOSED, updated_at=AT + timedelta(minutes=5)))
    await store.upsert(incident(status=IncidentStatus.OPEN))
    found = await store.get(KEY.workflow_id)
    assert found is not None
    assert found.status is IncidentStatus.CLOSED


async def test_pages_follow_each_other_without_gap_or_repeat(store: RecordsStore) -> None:
    """Newest first, keyset by number, filters kept."""
    for n in range(7):
        key = IncidentKey(tenant="acme", environment="production", service="even" if n % 2 == 0 else "odd")
        await store.upsert(incident(workflow_id=key.workflow_id, run_id=f"r{n}", key=key))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await store.list(IncidentFilter(service="even", limit=2, cursor=cursor))
        seen += [i.number for i in page.incidents]
        cursor = page.next
        if not cursor:
            break
    assert seen == ["INC-7", "INC-5", "INC-3", "INC-1"]


async def test_a_made_up_cursor_is_refused_by_name(store: RecordsStore) -> None:
    """The field is named."""
    with pytest.raises(ValueError, match="cursor"):
        await store.list(IncidentFilter(cursor="abc"))


async def test_a_re_fire_is_linked_to_the_run_before(store: RecordsStore) -> None:
    """The newest earlier run under the same key."""
    await store.upsert(incident())
    later = incident(run_id="run-2", opened_at=AT + timedelta(hours=1))
    assert await store.previous_run(later) == "run-1"
    assert await store.previous_run(incident()) == ""


async def test_what_was_tried_is_learnt_once(store: RecordsStore) -> None:
    """The same document twice leaves one outcome for each grant."""
    attempt = Attempt(
        action=rollback(),
        grant_id="g1",
        plan_hash="h",
        state=AttemptState.DONE,
        started_at=AT,
        ended_at=AT,
        verification=Verification(recovered=True),
    )
    for _ in range(2):
        await store.upsert(incident(attempts=(attempt,)))
    path = str(store.database.engine.url.database)
    rows = sqlite3.connect(path).execute("SELECT grant_id, kind, worked FROM action_outcome").fetchall()
    assert rows == [("g1", "rollback_deployment", 1)]


async def test_the_migrated_schema_is_the_one_the_tables_say(store: RecordsStore) -> None:
    """No difference between migrations and models."""
    async with store.database.engine.connect() as connection:
        differences = await connection.run_sync(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    assert [d for d in differences if d[0] not in ("remove_table",) or d[1].name != "alembic_version"] == []


async def test_numbers_are_unique_over_processes(tmp_path: Path) -> None:
    """Two processes write at once: every incident has a number of its own."""
    url = f"sqlite+aiosqlite:///{tmp_path}/shared.db"
    await (await RecordsStore.open(url)).close()
    program = f"""
import asyncio, sys
from holdfast.records.store import RecordsStore
from tests.examples import incident
async def main():
    store = await RecordsStore.open({url!r})
    for n in range(15):
        print(await store.upsert(incident(run_id=f"{{sys.argv[1]}}-{{n}}")))
    await store.close()
asyncio.run(main())
"""
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, who, stdout=subprocess.PIPE)
        for who in ("a", "b")
    ]
    out = [(await w.communicate())[0].decode().split() for w in writers]
    assert len(set(out[0] + out[1])) == 30


async def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """In one process and one loop: the first migrates, the others wait, none blocks the loop."""
    url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    async with asyncio.timeout(20):
        stores = await asyncio.gather(*(RecordsStore.open(url) for _ in range(3)))
    numbers = await asyncio.gather(*(s.upsert(incident(run_id=f"r{n}")) for n, s in enumerate(stores)))
    assert sorted(numbers) == ["INC-1", "INC-2", "INC-3"]
    for each in stores:
        await each.close()


async def test_a_full_disk_is_said_and_loses_no_row(tmp_path: Path) -> None:
    """SQLite at its page limit refuses the write; what was there stays; with room again the write succeeds."""
    store = await RecordsStore.open(f"sqlite+aiosqlite:///{tmp_path}/full.db")
    await store.upsert(incident())
    pages = await _pragma(store, "page_count")
    await _pragma(store, f"max_page_count={pages}")
    big = incident(run_id="run-2", title="x" * 100_000)
    with pytest.raises(RecordsUnavailable, match="full"):
        await store.upsert(big)
    assert await store.get("INC-1") is not None
    await _pragma(store, "max_page_count=1073741823")
    assert await store.upsert(big) == "INC-2"
    await store.close()


async def test_a_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    """A file that is no database is named as unusable, not as a stack of driver errors."""
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(RecordsUnavailable):
        await RecordsStore.open(f"sqlite+aiosqlite:///{path}")


async def test_memory_finds_the_like_and_counts_a_run_once(store: RecordsStore) -> None:
    """The same service, alert and words come first; the unlike stay out."""
    base = {"closed_at": AT, "environment": "production", "worked": True}
    like = Remembered(
        workflow_id="w1",
        run_id="r1",
        title="HighErrorRate on checkout",
        service="checkout",
        alert="HighErrorRate",
        cause="bad_release",
        action="rollback_deployment",
        **base,
    )
    unlike = Remembered(
        workflow_id="w2", run_id="r1", title="Disk on db", service="db", alert="DiskFull", cause="storage", **base
    )
    assert await remember(store, like)
    assert not await remember(store, like)
    await remember(store, unlike)
    found = await find_similar(store, service="checkout", alert="HighErrorRate", text="errors after a release", limit=5)
    assert [s.service for s in found] == ["checkout"]
    assert 0.5 < found[0].similarity <= 1


async def _pragma(store: RecordsStore, what: str) -> int:
    async with store.database.engine.connect() as connection:
        return int((await connection.exec_driver_sql(f"PRAGMA {what}")).scalar() or 0)
