"""Records on PostgreSQL where it differs from a file: turns, rights, text, and a server that goes away."""

import asyncio
import math
import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from holdfast.domain.evidence import EvidenceKind
from holdfast.records.database import MIGRATIONS
from holdfast.records.errors import RecordsUnavailable
from holdfast.records.store import RecordsStore
from tests.examples import KEY, incident
from tests.records.asking import sql
from tests.records.test_learning import observed
from tests.testbed import postgres
from tests.testbed.places import free_port
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


async def test_processes_that_start_at_once_migrate_once_and_share_no_number(postgres_server: PostgresServer) -> None:
    """Four find an empty database together: none fails, and every incident has a number of its own."""
    command = (sys.executable, "-c", WRITER, await postgres_server.database())
    writers = [await asyncio.create_subprocess_exec(*command, who, stdout=subprocess.PIPE) for who in "abcd"]
    out = [(await w.communicate())[0].decode().split() for w in writers]
    assert [len(o) for o in out] == [15] * 4
    assert len({number for o in out for number in o}) == 60


async def test_a_number_restored_below_the_highest_moves_nothing_back(postgres_server: PostgresServer) -> None:
    """The sequence follows the highest number, whichever was restored last."""
    store = await RecordsStore.open(await postgres_server.database())
    for number in ("INC-41", "INC-7"):
        assert await store.restore(incident(run_id=number, number=number)) == number
    assert await store.upsert(incident()) == "INC-42"
    await store.close()


async def test_documents_can_be_searched(postgres_server: PostgresServer) -> None:
    """They are JSONB: the database looks into them."""
    store = await RecordsStore.open(await postgres_server.database())
    await store.upsert(incident())
    found = await sql(store, 'SELECT run_id FROM incident WHERE document @> \'{"run_id": "run-1"}\'')
    await store.close()
    assert found == [("run-1",)]


async def test_a_server_that_stops_is_said_and_names_no_password() -> None:
    """Asking again may help."""
    with postgres.running() as server:
        store = await RecordsStore.open(server.url())
        await store.upsert(incident())
    with pytest.raises(RecordsUnavailable) as refused:
        await store.ping()
    assert server.password not in str(refused.value)
    await store.close()


async def test_every_migration_can_be_taken_back_and_done_again(postgres_server: PostgresServer) -> None:
    """Up, down to nothing, up, and down to nothing again."""
    engine = create_async_engine(await postgres_server.database())
    for up in (True, False, True, False):
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, up)
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == ["alembic_version"]
    await engine.dispose()


async def test_text_with_nul_is_kept_without_it(postgres_server: PostgresServer) -> None:
    """A log line may have one; PostgreSQL's text may not. Nothing else of the text is lost."""
    store = await RecordsStore.open(await postgres_server.database())
    await store.upsert(incident(title="a\x00b \\u0000 „c“", trace_id="t" * 32))
    found = await store.get(KEY.workflow_id)
    await store.close()
    assert found is not None
    assert found.title == "a\ufffdb \\u0000 „c“"


async def test_a_fact_that_is_no_number_is_kept_as_nothing(postgres_server: PostgresServer) -> None:
    """JSON has neither NaN nor infinity, and monitors answer both."""
    store = await RecordsStore.open(await postgres_server.database())
    await store.upsert(
        incident(evidence=(observed(EvidenceKind.METRIC, facts={"peak": math.nan, "most": math.inf, "least": 0.5}),))
    )
    found = await store.get(KEY.workflow_id)
    await store.close()
    assert found is not None
    assert found.evidence[0].facts == {"peak": None, "most": None, "least": 0.5}


async def test_a_number_too_large_for_the_database_is_not_found(postgres_server: PostgresServer) -> None:
    """It is no error, and no outage."""
    store = await RecordsStore.open(await postgres_server.database())
    assert await store.get("INC-999999999") is None
    assert await store.get("INC-9999999999") is None
    await store.close()


async def test_what_an_operator_mends_is_said(postgres_server: PostgresServer) -> None:
    """A wrong password, no such database, nobody there: the reason is said, the password is not."""
    url = make_url(await postgres_server.database())
    wrong = {
        "password authentication failed": url.set(password="guessed-wrong"),
        "does not exist": url.set(database="nobody"),
        "cannot be opened": url.set(port=free_port()),
    }
    for reason, each in wrong.items():
        with pytest.raises(RecordsUnavailable, match=reason) as said:
            await RecordsStore.open(each.render_as_string(hide_password=False))
        assert "guessed-wrong" not in str(said.value)


async def test_a_right_that_is_missing_is_said(postgres_server: PostgresServer) -> None:
    """As a role that may only read has it; reading goes on."""
    url = await postgres_server.database()
    owner = await RecordsStore.open(url)
    await owner.upsert(incident())
    connection = await postgres_server.connect(str(make_url(url).database))
    role = f"reader_{make_url(url).database}"
    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'reads-alone'")
    await connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    await connection.close()
    reader = await RecordsStore.open(_of(url, role, "reads-alone"))
    with pytest.raises(RecordsUnavailable, match="permission denied"):
        await reader.upsert(incident(run_id="run-2"))
    assert await reader.get("INC-1") is not None
    await reader.close()
    await owner.close()


async def test_a_lost_connection_is_replaced(postgres_server: PostgresServer) -> None:
    """The server ended every connection, as a restart does; the next question opens another."""
    url = await postgres_server.database()
    store = await RecordsStore.open(url)
    await store.upsert(incident())
    connection = await postgres_server.connect()
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
    assert await connection.fetch(ended, make_url(url).database)
    await connection.close()
    assert await store.get("INC-1") is not None
    await store.close()


def _migrate(connection: Connection, up: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if up:
        command.upgrade(config, "head")
    else:
        command.downgrade(config, "base")


def _of(url: str, role: str, password: str) -> str:
    return make_url(url).set(username=role, password=password).render_as_string(hide_password=False)
