"""One engine a process: SQLite tuned for several processes, or PostgreSQL; schema brought up to date when opened."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from holdfast.records.errors import BadDatabaseUrl, RecordsUnavailable
from holdfast.records.postgresql import is_state_of_the_world, postgresql_engine, take_turn

HEAD = "0003"
POSTGRESQL = "postgresql"
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """Sessions on one database; every failure of the database itself becomes RecordsUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Run one transaction, committed at the end.

        Raises:
            RecordsUnavailable: when the database cannot be reached or written.
        """
        try:
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except (OperationalError, PoolTimeout, DBAPIError, OSError) as e:
            if _is_ours(e):
                raise
            raise RecordsUnavailable(f"the records cannot be used now: {_reason(e)}") from e

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def is_postgresql(session: AsyncSession) -> bool:
    """Return whether a session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == POSTGRESQL


def insert_for(session: AsyncSession) -> Any:
    """Return the dialect's `insert`, which knows what to do on a conflict; SQLAlchemy has no common one."""
    if is_postgresql(session):
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415 # only where it is used

        return postgresql_insert
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415 # as above

    return sqlite_insert


async def open_database(url: str) -> Database:
    """Connect and bring the schema up to date.

    Raises:
        BadDatabaseUrl: (a ValueError) when `url` is no database we can speak to.
        RecordsUnavailable: when the database cannot be reached or migrated.
    """
    engine, path = _engine(url)
    try:
        await _bring_up_to_date(engine, path)
    except (DBAPIError, OSError) as e:
        await engine.dispose()
        raise RecordsUnavailable(f"the records cannot be opened: {_reason(e)}") from e
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine)


def _engine(url: str) -> tuple[AsyncEngine, Path | None]:
    """Return the engine, and the file when the database is one."""
    try:
        parsed = make_url(url)
        engine = postgresql_engine(parsed) if _is_served(parsed) else create_async_engine(parsed)
    except ImportError as e:
        raise BadDatabaseUrl(f"HOLDFAST_DATABASE_URL: {e}; for PostgreSQL: pip install holdfast[postgres]") from e
    except (ArgumentError, InvalidRequestError) as e:
        raise BadDatabaseUrl(f"HOLDFAST_DATABASE_URL: {e}") from e
    if parsed.get_backend_name() != "sqlite":
        return engine, None
    event.listen(engine.sync_engine, "connect", _tune_sqlite)
    if not parsed.database or parsed.database == ":memory:":
        return engine, None
    path = Path(parsed.database)
    _make_folder(path.parent)
    return engine, path


def _is_served(url: URL) -> bool:
    return url.get_backend_name() == POSTGRESQL and url.get_driver_name() == "asyncpg"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise RecordsUnavailable(f"the records cannot be opened: {folder}: {e.strerror}") from e


def _tune_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _bring_up_to_date(engine: AsyncEngine, path: Path | None) -> None:
    """Migrate when the stamped revision is not the newest; asking costs a millisecond, Alembic a second."""
    async with engine.connect() as connection:
        if await connection.run_sync(_revision) == HEAD:
            return
    async with _one_at_a_time(path), engine.begin() as connection:
        if engine.dialect.name == POSTGRESQL:
            await take_turn(connection)
        if await connection.run_sync(_revision) != HEAD:
            await connection.run_sync(_migrate)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 # half a second that only a migration needs
    from alembic.config import Config  # noqa: PLC0415 # as above
    from alembic.util import CommandError  # noqa: PLC0415 # as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as e:
        raise RecordsUnavailable(f"the records cannot be migrated, perhaps a newer Holdfast made them: {e}") from e


@asynccontextmanager
async def _one_at_a_time(path: Path | None) -> AsyncIterator[None]:
    """Let one process migrate a SQLite file; others wait without holding up their loop."""
    if path is None:
        yield
        return
    held = await asyncio.to_thread(_held, path.with_name(f"{path.name}.lock"))
    try:
        yield
    finally:
        held.close()


def _held(path: Path) -> IO[str]:
    """Wait for the lock; closing the file gives it back."""
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _is_ours(error: Exception) -> bool:
    """A constraint that we broke is a bug to be seen, not a database that is away."""
    if isinstance(error, ProgrammingError):
        return not is_state_of_the_world(error)
    return isinstance(error, IntegrityError)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error)[:200]
