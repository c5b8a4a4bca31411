"""Records that nobody has opened yet, on each database that we speak to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast.records.store import RecordsStore
from tests.testbed.postgres import PostgresServer


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/records.db"


@pytest.fixture
async def postgresql_url(postgres_server: PostgresServer) -> str:
    """The address of an empty database."""
    return await postgres_server.database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest) -> str:
    """The address of records that nobody has opened yet."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[RecordsStore]:
    """Open records on each database."""
    made = await RecordsStore.open(url)
    yield made
    await made.close()
