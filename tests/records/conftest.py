"""Records for each test: a file of its own, copied from one that was migrated once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast.records.store import RecordsStore


def url_of(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema."""
    path = tmp_path_factory.mktemp("records") / "migrated.db"
    await (await RecordsStore.open(url_of(path))).close()
    return path


@pytest.fixture
async def store(migrated: Path, tmp_path: Path) -> AsyncIterator[RecordsStore]:
    """Records in a file of the test's own."""
    path = tmp_path / "records.db"
    shutil.copy(migrated, path)
    made = await RecordsStore.open(url_of(path))
    yield made
    await made.close()
