"""The database itself: opened, tuned, migrated once, and named when it cannot be used."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from holdfast.records.database import HEAD, MIGRATIONS
from holdfast.records.errors import BadDatabaseUrl, RecordsUnavailable
from holdfast.records.store import RecordsStore
from holdfast.records.tables import metadata
from tests.examples import incident
from tests.records.asking import sql
from tests.records.conftest import url_of


async def test_the_migrated_schema_is_the_one_the_tables_say(store: RecordsStore) -> None:
    """No difference between migrations and models."""
    async with store.database.engine.connect() as connection:
        differences = await connection.run_sync(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    assert [d for d in differences if d[0] not in ("remove_table",) or d[1].name != "alembic_version"] == []


def test_the_newest_revision_is_the_one_we_look_for() -> None:
    """`HEAD` spares every start Alembic's import; it must not lie."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_every_migration_can_be_taken_back_and_done_again(tmp_path: Path) -> None:
    """Up, down to nothing, up, and down to nothing again."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{tmp_path}/round.db")
    for up in (True, False, True, False):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            if up:
                command.upgrade(config, "head")
            else:
                command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_memories_from_before_they_had_a_tenant_get_their_incidents(tmp_path: Path) -> None:
    """One whose incident is not recorded belongs to the default tenant."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(_OLD_INCIDENT))
        for workflow in ("known", "unknown"):
            connection.execute(text(_OLD_MEMORY), {"workflow": workflow})
        command.upgrade(config, "head")
        rows = connection.execute(text("SELECT workflow_id, tenant FROM incident_memory ORDER BY 1")).all()
    engine.dispose()
    assert [tuple(r) for r in rows] == [("known", "acme"), ("unknown", "default")]


_OLD_INCIDENT = """
INSERT INTO incident (number, workflow_id, run_id, tenant, environment, service, status, severity, cause, title,
                      opened_at, updated_at, document)
VALUES (1, 'known', 'r1', 'acme', 'production', 'checkout', 'closed', 'high', '', '', '2026-03-01', '2026-03-01', '{}')
"""
_OLD_MEMORY = """
INSERT INTO incident_memory (workflow_id, run_id, number, title, service, environment, alert, symptoms, cause, action,
                             worked, closed_at)
VALUES (:workflow, 'r1', '', '', 'checkout', '', '', '[]', '', '', 0, '2026-03-01')
"""


async def test_a_file_is_tuned_for_several_processes(sqlite_store: RecordsStore) -> None:
    """Readers do not wait for the writer, and writers wait for each other."""
    asked = [(await sql(sqlite_store, f"PRAGMA {p}"))[0][0] for p in ("journal_mode", "synchronous", "busy_timeout")]
    assert asked == ["wal", 1, 5000]


async def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """In one process and one loop: the first migrates, the others wait, none blocks the loop."""
    url = url_of(tmp_path / "new.db")
    async with asyncio.timeout(20):
        stores = await asyncio.gather(*(RecordsStore.open(url) for _ in range(3)))
    numbers = await asyncio.gather(*(s.upsert(incident(run_id=f"r{n}")) for n, s in enumerate(stores)))
    assert sorted(numbers) == ["INC-1", "INC-2", "INC-3"]
    for each in stores:
        await each.close()


async def test_processes_that_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    """A file lock lets one migrate; the others find it done."""
    url = url_of(tmp_path / "new.db")
    program = f"""
import asyncio
from holdfast.records.store import RecordsStore
async def main():
    store = await RecordsStore.open({url!r})
    await store.ping()
    await store.close()
asyncio.run(main())
"""
    opened = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(2)]
    assert [await p.wait() for p in opened] == [0, 0]


async def test_opening_what_is_up_to_date_is_quick_and_needs_no_alembic(migrated: Path) -> None:
    """Every process opens the records; only a migration costs a second."""
    program = f"""
import asyncio, sys, time
from holdfast.records.store import RecordsStore
async def main():
    begun = time.perf_counter()
    await (await RecordsStore.open({url_of(migrated)!r})).close()
    print(time.perf_counter() - begun, "alembic" in sys.modules)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    seconds, imported = (await process.communicate())[0].decode().split()
    assert imported == "False"
    assert float(seconds) < 0.5


async def test_a_folder_is_made_when_there_is_none(tmp_path: Path) -> None:
    """The first start needs no preparation."""
    store = await RecordsStore.open(url_of(tmp_path / "a" / "b" / "records.db"))
    assert await store.upsert(incident()) == "INC-1"
    await store.close()


@pytest.mark.parametrize("url", ["junk", "nope://x", "sqlite:///records.db", "postgresql+psycopg://h/d", ""])
async def test_an_address_we_cannot_speak_to_is_refused_by_name(url: str) -> None:
    """No such dialect, no asynchronous driver, no driver installed: the setting is named."""
    with pytest.raises(BadDatabaseUrl, match="HOLDFAST_DATABASE_URL"):
        await RecordsStore.open(url)
    assert issubclass(BadDatabaseUrl, ValueError)


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    """It is named as unusable, and left as it was."""
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(RecordsUnavailable, match="not a database"):
        await RecordsStore.open(url_of(path))
    assert path.read_bytes() == b"not a database at all" * 100


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where a folder should."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordsUnavailable, match="cannot be opened"):
        await RecordsStore.open(url_of(tmp_path / "file" / "records.db"))


async def test_records_of_a_newer_version_are_left_alone(sqlite_store: RecordsStore) -> None:
    """A revision we do not know is not migrated over."""
    path = str(sqlite_store.database.engine.url.database)
    await sqlite_store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RecordsUnavailable, match="newer Holdfast"):
        await RecordsStore.open(url_of(Path(path)))


async def test_a_locked_database_is_said_and_comes_back(sqlite_store: RecordsStore) -> None:
    """Another process holds the write lock longer than we wait; reading goes on meanwhile."""
    await sqlite_store.upsert(incident())
    holder = sqlite3.connect(str(sqlite_store.database.engine.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    await sql(sqlite_store, "PRAGMA busy_timeout=50")
    begun = time.monotonic()
    with pytest.raises(RecordsUnavailable, match="locked"):
        await sqlite_store.upsert(incident(run_id="run-2"))
    assert time.monotonic() - begun < 3
    assert await sqlite_store.get("INC-1") is not None
    holder.execute("ROLLBACK")
    holder.close()
    assert await sqlite_store.upsert(incident(run_id="run-2")) == "INC-2"


async def test_a_read_only_database_is_said(sqlite_store: RecordsStore) -> None:
    """It can be read, and a write says why not."""
    await sql(sqlite_store, "PRAGMA query_only=ON")
    with pytest.raises(RecordsUnavailable, match="readonly"):
        await sqlite_store.upsert(incident())
    await sqlite_store.ping()


async def test_a_disk_that_takes_no_more_is_said(migrated: Path, tmp_path: Path) -> None:
    """The operating system refuses to let the file grow: the process is told, and lives on."""
    path = tmp_path / "records.db"
    shutil.copy(migrated, path)
    program = f"""
import asyncio, resource, signal
from holdfast.records.errors import RecordsUnavailable
from holdfast.records.store import RecordsStore
from tests.examples import incident
async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = await RecordsStore.open({url_of(path)!r})
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    try:
        for n in range(100):
            await store.upsert(incident(run_id=str(n), title="x" * 50_000))
    except RecordsUnavailable as e:
        print(n, e)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(await store.upsert(incident(run_id="after")))
    await store.close()
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    said, after = (await process.communicate())[0].decode().splitlines()
    written, _, why = said.partition(" ")
    assert "records cannot be used now" in why
    assert after == f"INC-{int(written) + 1}"
