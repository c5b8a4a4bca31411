"""What PostgreSQL needs said: time-outs, one migration at a time, text without NUL, and numbers that count on."""

import json
import math
from typing import Any

from sqlalchemy import URL, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

# Any number, the same in every Holdfast process of a database.
_MIGRATING = 0x686F6C64
_NUL, _INSTEAD = "\x00", "\ufffd"
# What an operator mends (appendix A of PostgreSQL's manual): a table or a right that is missing, a wrong password,
# no such database; everything else of ProgrammingError is a mistake of ours.
_STATES_OF_THE_WORLD = ("42P01", "42501", "28", "3D", "53", "57", "58", "08")
CONNECT_SECONDS, COMMAND_SECONDS = 10, 30


def postgresql_engine(url: URL) -> AsyncEngine:
    """Return an engine that notices lost connections, waits for nothing for ever, and stores any text."""
    timeouts = {"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS}
    engine = create_async_engine(url, pool_pre_ping=True, connect_args=timeouts, json_serializer=_storable_json)
    event.listen(engine.sync_engine, "before_cursor_execute", _storable, retval=True)
    return engine


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until no other process migrates; the transaction's end gives the turn back."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})


async def count_on(session: AsyncSession) -> None:
    """Let the next number follow the highest: the sequence knows only the numbers that it gave itself."""
    highest = "(SELECT max(number) FROM incident), (SELECT last_value FROM incident_number_seq)"
    await session.execute(text(f"SELECT setval('incident_number_seq', GREATEST({highest}))"))


def is_state_of_the_world(error: DBAPIError) -> bool:
    """Return whether the server says that something an operator mends is wrong."""
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(_STATES_OF_THE_WORLD)


def _storable(*called: Any) -> tuple[str, Any]:
    """Take NUL out of every text: PostgreSQL's has none, and a log line may well have one."""
    _, _, statement, parameters, *_ = called
    return statement, _cleaned(parameters)


def _storable_json(value: Any) -> str:
    return json.dumps(_cleaned(value), ensure_ascii=False)


def _cleaned(value: Any) -> Any:
    """Return a value without NUL in its texts and without NaN or infinity, which JSON does not have (RFC 8259)."""
    if isinstance(value, str):
        return value.replace(_NUL, _INSTEAD)
    if isinstance(value, dict):
        return {_cleaned(k): _cleaned(v) for k, v in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return type(value)(map(_cleaned, value)) if type(value) in (list, tuple) else value
