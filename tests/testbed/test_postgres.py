"""The PostgreSQL of the test bed is real: it asks for its password, and each test's database is its own."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.testbed import postgres
from tests.testbed.postgres import PostgresServer

pytestmark = pytest.mark.real


async def test_it_says_what_it_is(postgres_server: PostgresServer) -> None:
    """Through the driver that the product uses."""
    engine = create_async_engine(await postgres_server.database())
    async with engine.connect() as connection:
        version = (await connection.execute(text("SHOW server_version_num"))).scalar()
    await engine.dispose()
    assert int(str(version)) >= 180000


async def test_what_is_written_in_one_database_is_not_in_another(postgres_server: PostgresServer) -> None:
    """Each test starts from nothing."""
    first, second = [(await postgres_server.database()).rpartition("/")[2] for _ in range(2)]
    connection = await postgres_server.connect(first)
    await connection.execute("CREATE TABLE kept (id int)")
    await connection.close()
    other = await postgres_server.connect(second)
    assert await other.fetchval("SELECT to_regclass('kept')") is None
    await other.close()


async def test_a_wrong_password_is_refused(postgres_server: PostgresServer) -> None:
    """As a server of one's own would; nobody is let in for coming from this machine."""
    wrong = PostgresServer(postgres_server.port, "guess", postgres_server.log)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await wrong.connect()


async def test_it_ends_with_its_test_though_a_client_is_still_there() -> None:
    """What the test started, and nothing else, is stopped."""
    with postgres.running() as server:
        client = await server.connect()
    with pytest.raises(OSError):  # noqa: PT011 # the operating system's own words differ
        await server.connect()
    assert not server.log.exists()
    client.terminate()
