"""Records for each test, on each database that we speak to: SQLite in a file, and a real PostgreSQL."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from holdfast.records.store import RecordsStore
from tests.testbed.postgres import PostgresServer


def url_of(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty file with the newest schema."""
    path = tmp_path_factory.mktemp("records") / "migrated.db"
    await (await RecordsStore.open(url_of(path))).close()
    return path


@pytest.fixture(scope="session")
async def migrated_postgresql(postgres_server: PostgresServer) -> str:
    """The name of an empty PostgreSQL database with the newest schema."""
    url = await postgres_server.database()
    await (await RecordsStore.open(url)).close()
    return str(make_url(url).database)


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    """The address of a file of the test's own, copied from one that was migrated once."""
    shutil.copy(migrated, tmp_path / "records.db")
    return url_of(tmp_path / "records.db")


@pytest.fixture
async def postgresql_url(postgres_server: PostgresServer, migrated_postgresql: str) -> str:
    """The address of a database of the test's own, copied from one that was migrated once."""
    return await postgres_server.database(migrated_postgresql)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def records_url(request: pytest.FixtureRequest) -> str:
    """The address of empty records of the test's own, on each database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(records_url: str) -> AsyncIterator[RecordsStore]:
    """Open records on each database."""
    made = await RecordsStore.open(records_url)
    yield made
    await made.close()


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[RecordsStore]:
    """Open records in a file, for what is true of files alone."""
    made = await RecordsStore.open(sqlite_url)
    yield made
    await made.close()
