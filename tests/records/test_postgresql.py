"""The read model on a real PostgreSQL: what holds on a SQLite file holds there, by the same tests, and more."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from holdfast.records.errors import RecordsUnavailable
from holdfast.records.store import RecordsStore
from holdfast.records.tables import metadata
from tests.examples import KEY, incident
from tests.records.test_learning import (  # noqa: F401 # collected here once more
    test_a_late_retry_of_an_old_document_teaches_nothing,
    test_a_service_nobody_knows_is_not_kept,
    test_a_way_back_is_not_what_helped,
    test_not_knowing_whether_it_helped_is_neither_yes_nor_no,
    test_patterns_are_kept_of_what_was_strange,
    test_what_the_catalogue_said_is_kept,
    test_what_was_tried_is_learnt_once,
)
from tests.records.test_memory import (  # noqa: F401 # collected here once more
    test_a_memory_comes_back_as_it_was_told,
    test_a_run_is_remembered_once,
    test_an_empty_memory_finds_nothing,
    test_each_likeness_counts,
    test_no_more_are_given_than_were_asked_for,
    test_no_tenant_learns_from_another,
    test_the_unlike_stays_out,
    test_two_that_tell_at_once_are_one_memory,
    test_words_find_what_names_do_not,
)
from tests.records.test_store import (  # noqa: F401 # collected here once more
    test_a_document_comes_back_as_it_was_written,
    test_a_document_with_a_made_up_number_is_refused_by_name,
    test_a_made_up_cursor_is_refused_by_name,
    test_a_re_fire_is_linked_to_the_run_before,
    test_a_workflow_id_means_its_newest_run,
    test_an_older_document_never_replaces_a_newer_one,
    test_each_filter_admits_what_it_names_alone,
    test_in_whatever_order_documents_arrive_the_newest_stands,
    test_one_without_a_number_gives_way_to_one_that_bears_it,
    test_pages_follow_each_other_without_gap_or_repeat,
    test_two_that_bear_one_number_are_both_kept,
    test_what_nobody_wrote_is_not_found,
)
from tests.testbed import postgres
from tests.testbed.postgres import PostgresServer

pytestmark = pytest.mark.real

WRITER = """
import asyncio, sys
from holdfast.records.store import RecordsStore
from tests.examples import incident
async def main():
    store = await RecordsStore.open(sys.argv[1])
    for n in range(15):
        print(await store.upsert(incident(run_id=f"{sys.argv[2]}-{n}")))
    await store.close()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
async def migrated(postgres_server: PostgresServer) -> str:
    """The name of an empty database with the newest schema."""
    url = await postgres_server.database()
    await (await RecordsStore.open(url)).close()
    return url.rpartition("/")[2]


@pytest.fixture
async def store(postgres_server: PostgresServer, migrated: str) -> AsyncIterator[RecordsStore]:
    """Records in a database of the test's own."""
    made = await RecordsStore.open(await postgres_server.database(template=migrated))
    yield made
    await made.close()


async def test_processes_that_start_at_once_migrate_once_and_share_no_number(postgres_server: PostgresServer) -> None:
    """Four find an empty database together: none fails, and every incident has a number of its own."""
    url = await postgres_server.database()
    command = (sys.executable, "-c", WRITER, url)
    writers = [await asyncio.create_subprocess_exec(*command, who, stdout=subprocess.PIPE) for who in "abcd"]
    out = [(await w.communicate())[0].decode().split() for w in writers]
    assert [len(o) for o in out] == [15] * 4
    assert len({number for o in out for number in o}) == 60


async def test_the_same_incident_keeps_its_number_and_a_later_one_has_a_higher(store: RecordsStore) -> None:
    """Numbers go up; PostgreSQL may leave some out."""
    first, again, other = [await store.upsert(incident(run_id=r)) for r in ("run-1", "run-1", "run-2")]
    assert first == again == "INC-1"
    assert int(other.removeprefix("INC-")) > 1


async def test_new_numbers_count_on_from_a_restored_one(store: RecordsStore) -> None:
    """Its sequence never gave that number out, and must not give it again."""
    for _ in range(2):
        assert await store.restore(incident(number="INC-41")) == "INC-41"
    assert await store.restore(incident(run_id="run-0", number="INC-7")) == "INC-7"
    number = await store.upsert(incident(run_id="run-2"))
    assert int(number.removeprefix("INC-")) > 41


async def test_the_migrated_schema_is_the_one_the_tables_say(store: RecordsStore) -> None:
    """No difference between migrations and models, in PostgreSQL's own types."""
    async with store.database.engine.connect() as connection:
        differences = await connection.run_sync(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    assert [d for d in differences if d[0] != "remove_table" or d[1].name != "alembic_version"] == []


async def test_documents_can_be_searched(store: RecordsStore) -> None:
    """They are JSONB: the database looks into them."""
    await store.upsert(incident())
    async with store.database.engine.connect() as connection:
        found = await connection.execute(text('SELECT run_id FROM incident WHERE document @> \'{"run_id": "run-1"}\''))
        assert found.scalars().all() == ["run-1"]


async def test_a_server_that_stops_is_said_and_loses_no_row() -> None:
    """The error names no password."""
    with postgres.running() as server:
        store = await RecordsStore.open(server.url())
        await store.upsert(incident())
        assert await store.get(KEY.workflow_id) is not None
    with pytest.raises(RecordsUnavailable) as refused:
        await store.ping()
    assert server.password not in str(refused.value)
    await store.close()


async def test_a_wrong_password_is_said_and_not_repeated(postgres_server: PostgresServer) -> None:
    """What was tried appears nowhere."""
    url = (await postgres_server.database()).replace(postgres_server.password, "hunter2")
    with pytest.raises(RecordsUnavailable) as refused:
        await RecordsStore.open(url)
    assert "hunter2" not in str(refused.value)
