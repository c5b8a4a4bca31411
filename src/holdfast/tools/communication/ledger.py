"""What was told under which key, written before and after each sending: a killed process tells nothing twice."""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no

_SHARDS = 64
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sendings (tool TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL DEFAULT '',
  place TEXT NOT NULL DEFAULT '', asked TEXT NOT NULL DEFAULT '', at REAL NOT NULL, tried REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (tool, key));
CREATE INDEX IF NOT EXISTS sendings_id ON sendings (tool, id);
CREATE INDEX IF NOT EXISTS sendings_asked ON sendings (tool, asked);
"""


class Sending(Noun):
    """One sending: `at` is when it was first meant, unix seconds, and `tried` when it was last sent, or 0.

    With `tried` and without an `id`, whether it arrived is not known.
    """

    id: str = ""
    at: float
    tried: float = 0


class Ledger:
    """A part of the communication server. Several processes of one machine may share the file.

    `wait` is how many seconds a call waits for another one, or another process, that sends under the same key.
    """

    def __init__(self, path: Path, wait: float = 10.0) -> None:
        self._path, self._wait = path, wait
        self._db: sqlite3.Connection | None = None

    async def start(self) -> None:
        """Open the file.

        Raises:
            ValueError: when it cannot be written.
        """
        db = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)
            _renew(db)
        except sqlite3.Error as e:
            db.close()
            raise ValueError(f"{self._path}: {e}; the communication server writes here what it told") from e
        self._db = db

    async def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    @asynccontextmanager
    async def alone(self, tool: str, key: str) -> AsyncIterator[None]:
        """Let nobody else send under this key meanwhile; a process that dies lets go by dying.

        Raises:
            ToolError: `unavailable`, when somebody else is at it for too long.
        """
        shard = int(hashlib.sha256(f"{tool}\n{key}".encode()).hexdigest(), 16) % _SHARDS
        lock = sqlite3.connect(self._path.with_name(f"{self._path.name}.lock{shard}"), timeout=0, isolation_level=None)
        try:
            await self._take(lock, tool)
            yield
        finally:
            lock.close()  # which also ends its transaction

    def find(self, tool: str, key: str) -> Sending | None:
        """Return what is known of the key."""
        sql = "SELECT id, at, tried FROM sendings WHERE tool = ? AND key = ?"
        row = self._open.execute(sql, (tool, key)).fetchone()
        return None if row is None else Sending(id=row[0], at=row[1], tried=row[2])

    def intend(self, tool: str, key: str) -> Sending:
        """Write down what is meant to be sent."""
        now = time.time()
        self._open.execute("INSERT INTO sendings (tool, key, at) VALUES (?, ?, ?)", (tool, key, now))
        return Sending(at=now)

    def trying(self, tool: str, key: str, at: float) -> None:
        """Write down when it was last sent: from now on it may have arrived."""
        self._open.execute("UPDATE sendings SET tried = ? WHERE tool = ? AND key = ?", (at, tool, key))

    def sent(self, tool: str, key: str, *, sent_id: str, place: str, asked: str) -> None:
        """Write down the result: its id, and where it went by the name that was `asked` for."""
        sql = "UPDATE sendings SET id = ?, place = ?, asked = ? WHERE tool = ? AND key = ?"
        self._open.execute(sql, (sent_id, place, asked, tool, key))

    def forget(self, tool: str, key: str) -> None:
        """Forget what was meant and was certainly not sent."""
        self._open.execute("DELETE FROM sendings WHERE tool = ? AND key = ? AND id = ''", (tool, key))

    def place_of(self, tool: str, *, sent_id: str = "", asked: str = "") -> str:
        """Return where a message went, or what the vendor calls the place that is asked for; empty when not known."""
        column, value = ("id", sent_id) if sent_id else ("asked", asked)
        sql = f"SELECT place FROM sendings WHERE tool = ? AND {column} = ? AND place != '' ORDER BY at DESC"  # noqa: S608 # one of two names, above
        row = self._open.execute(sql, (tool, value)).fetchone()
        return str(row[0]) if row else ""

    async def _take(self, lock: sqlite3.Connection, tool: str) -> None:
        until = time.monotonic() + self._wait
        while True:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as e:
                if time.monotonic() > until:
                    raise no(Word.UNAVAILABLE, f"{tool}: another call is sending it; ask again for its answer") from e
                await asyncio.sleep(0.05)
            else:
                return

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise no(
                Word.UNAVAILABLE, f"{self._path}: the ledger is not open; nothing is sent that is not written down"
            )
        return self._db


def _renew(db: sqlite3.Connection) -> None:
    """Give a ledger of before it the column `tried`: whatever is in there may have been sent."""
    db.execute("BEGIN IMMEDIATE")  # of two processes that start at once, one does it
    if "tried" not in {row[1] for row in db.execute("PRAGMA table_info(sendings)")}:
        db.execute("ALTER TABLE sendings ADD COLUMN tried REAL NOT NULL DEFAULT 0")
        db.execute("UPDATE sendings SET tried = at")
    db.execute("COMMIT")
