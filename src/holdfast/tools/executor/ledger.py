"""What a server that acts did, written before and after each effect, so that a killed process never does it twice."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime

from holdfast.domain.action import Action, target_of
from holdfast.domain.grant import Grant
from holdfast.domain.noun import Noun, canonical_json
from holdfast.tools.errors import Word, no

Object = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS effects (grant_id TEXT PRIMARY KEY, action TEXT NOT NULL, incident TEXT NOT NULL,
  kind TEXT NOT NULL, dry TEXT NOT NULL, result TEXT NOT NULL DEFAULT '', at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS refusals (at REAL NOT NULL, incident TEXT NOT NULL, tool TEXT NOT NULL,
  reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS holds (target TEXT PRIMARY KEY, grant_id TEXT NOT NULL, incident TEXT NOT NULL,
  since REAL NOT NULL, until REAL NOT NULL);
"""


class Entry(Noun):
    """What is known of one grant. `dry` is the dry run before the effect; `result` is empty until it was seen.

    `at` is when it was first intended: every try has a grant with times of its own.
    """

    dry: Object
    at: AwareDatetime
    result: Object = {}


class Ledger:
    """A part of the acting server: one process holds the file, so that no two act on one grant at once."""

    def __init__(self, path: Path, server: str = "infrastructure") -> None:
        self._path, self._server = path, server
        self._db: sqlite3.Connection | None = None

    async def start(self) -> None:
        """Take hold of the file.

        Raises:
            ValueError: when another process holds it, or it cannot be written.
        """
        db = sqlite3.connect(self._path, timeout=1, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.executescript(_SCHEMA)
            db.execute("BEGIN IMMEDIATE")
            db.execute("COMMIT")
        except sqlite3.Error as e:
            db.close()
            raise ValueError(f"{self._path}: {e}; one {self._server} server alone may act on this ledger") from e
        self._db = db

    async def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def find(self, action: Action, grant: Grant) -> Entry | None:
        """Return what is known of the grant.

        Raises:
            ToolError: `grant_refused` when it was used for another action.
        """
        sql = "SELECT action, dry, result, at FROM effects WHERE grant_id = ?"
        row = self._open.execute(sql, (grant.grant_id,)).fetchone()
        if row is None:
            return None
        if row[0] != action.digest:
            raise no(Word.GRANT_REFUSED, "the grant was already used for another action")
        result = json.loads(row[2]) if row[2] else {}
        return Entry(dry=json.loads(row[1]), result=result, at=datetime.fromtimestamp(row[3], UTC))

    def intend(self, action: Action, grant: Grant, dry: Object) -> Entry:
        """Write down what is about to be done, and the state before it."""
        now = time.time()
        values = (grant.grant_id, action.digest, grant.incident, action.kind, canonical_json(dry), now)
        sql = "INSERT INTO effects (grant_id, action, incident, kind, dry, at) VALUES (?, ?, ?, ?, ?, ?)"
        self._open.execute(sql, values)
        return Entry(dry=dry, at=datetime.fromtimestamp(now, UTC))

    def done(self, grant: Grant, result: Object) -> None:
        """Write down the effect's result."""
        self._open.execute("UPDATE effects SET result = ? WHERE grant_id = ?", (canonical_json(result), grant.grant_id))

    @contextmanager
    def holding(self, action: Action, grant: Grant) -> Iterator[None]:
        """Hold the action's target while it is done: one action at a time on a target, across incidents.

        Whoever is killed inside leaves the hold behind; the same grant takes it up again, another may after
        the grant has expired.

        Raises:
            ToolError: `busy` when another grant holds it, with whose and since when.
        """
        target = target_of(action)
        self._hold(target, grant)
        try:
            yield
        finally:
            self._open.execute("DELETE FROM holds WHERE target = ? AND grant_id = ?", (target, grant.grant_id))

    def _hold(self, target: str, grant: Grant) -> None:
        now = time.time()
        sql = "SELECT grant_id, incident, since FROM holds WHERE target = ? AND until > ?"
        row = self._open.execute(sql, (target, now)).fetchone()
        if row is not None and row[0] != grant.grant_id:
            since = datetime.fromtimestamp(row[2], UTC).isoformat(timespec="seconds")
            raise no(Word.BUSY, f"{target} is being acted on for incident {row[1]} since {since}")
        values = (target, grant.grant_id, grant.incident, row[2] if row else now, grant.expires_at.timestamp())
        self._open.execute("INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)", values)

    def refused(self, incident: str, tool: str, reason: str) -> None:
        """Write a refusal down."""
        self._open.execute("INSERT INTO refusals VALUES (?, ?, ?, ?)", (time.time(), incident, tool, reason))

    def refusals(self) -> list[tuple[str, str, str]]:
        """Return the incident, the tool and the reason of every refusal, oldest first."""
        return list(self._open.execute("SELECT incident, tool, reason FROM refusals ORDER BY rowid"))

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise no(
                Word.UNAVAILABLE, f"{self._path}: the ledger is not open; nothing is done that is not written down"
            )
        return self._db
