"""The simulated shop's only state: one SQLite file with the faults that began and the actions that took effect."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from holdfast.tools.simulation import faults
from holdfast.tools.simulation.topology import Topology, shop
from holdfast.tools.simulation.world import ActiveFault, Effect, World

Clock = Callable[[], float]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS faults (name TEXT PRIMARY KEY, onset REAL NOT NULL);
CREATE TABLE IF NOT EXISTS effects (
  grant_id TEXT PRIMARY KEY, incident TEXT NOT NULL, action_digest TEXT NOT NULL, kind TEXT NOT NULL,
  service TEXT NOT NULL, arguments TEXT NOT NULL, at REAL NOT NULL, result TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
  key TEXT PRIMARY KEY, tool TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS refusals (
  at REAL NOT NULL, incident TEXT NOT NULL, tool TEXT NOT NULL, reason TEXT NOT NULL);
"""


class Estate:
    """The shop, shared by any number of processes; SIGKILL at any moment leaves a whole state behind."""

    def __init__(self, path: Path, clock: Clock, topology: Topology) -> None:
        self.path = path
        self.clock = clock
        self.topology = topology
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._world: tuple[tuple[int, int], World] | None = None

    @classmethod
    def open(cls, path: Path, clock: Clock = time.time) -> Self:
        """Open the file, making it when there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(path, clock, shop())

    def inject(self, name: str, at: float | None = None) -> ActiveFault:
        """Begin a fault, its onset as long before `at` (now) as its file says; injecting it again begins it anew.

        Raises:
            KeyError: when there is no fault of that name.
        """
        fault = faults.load(name)
        onset = (self.clock() if at is None else at) - fault.onset
        with self.changing() as db:
            db.execute("INSERT OR REPLACE INTO faults VALUES (?, ?)", (name, onset))
        return ActiveFault(fault=fault, onset=onset)

    def mend(self) -> None:
        """End every fault, also what no action can heal; what was done and said stays written down."""
        with self.changing() as db:
            db.execute("DELETE FROM faults")

    def clear(self) -> None:
        """Make everything well again: no faults, no effects, no messages, no refusals."""
        with self.changing() as db:
            for table in ("faults", "effects", "messages", "refusals"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 # names from the line above

    def world(self) -> World:
        """Return what has happened so far; read again only when another transaction has changed it."""
        version = (self._one("PRAGMA data_version"), self._db.total_changes)
        if self._world is None or self._world[0] != version:
            active = [
                ActiveFault(fault=faults.load(name), onset=onset)
                for name, onset in self._db.execute("SELECT name, onset FROM faults ORDER BY name")
            ]
            felt = tuple(e for e in self.effects() if not _outlived(e, active))
            found = World(topology=self.topology, faults=tuple(active), effects=felt)
            self._world = (version, found)
        return self._world[1]

    def effects(self) -> list[Effect]:
        """Return every effect an action ever had, oldest first."""
        rows = self._db.execute(
            "SELECT grant_id, incident, kind, service, arguments, at, result FROM effects ORDER BY at, rowid"
        )
        return [_effect(row) for row in rows]

    def messages(self) -> list[dict[str, JsonValue]]:
        """Return every message sent, oldest first."""
        rows = self._db.execute("SELECT key, tool, id, payload, at FROM messages ORDER BY at, rowid")
        return [{"key": k, "tool": t, "id": i, "payload": json.loads(p), "at": at} for k, t, i, p, at in rows]

    def refusals(self) -> list[dict[str, JsonValue]]:
        """Return every grant the executor refused, oldest first."""
        rows = self._db.execute("SELECT at, incident, tool, reason FROM refusals ORDER BY rowid")
        return [{"at": at, "incident": i, "tool": t, "reason": r} for at, i, t, r in rows]

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction that no other writer can come between."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _one(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0])


def _outlived(effect: Effect, active: list[ActiveFault]) -> bool:
    """Return whether a fault began anew on the service since: what was done before neither cures nor bends it."""
    return any(f.fault.service == effect.service and effect.at < f.begun for f in active)


def _effect(row: tuple[str, str, str, str, str, float, str]) -> Effect:
    grant_id, incident, kind, service, arguments, at, result = row
    return Effect(
        grant_id=grant_id,
        incident=incident,
        kind=kind,
        service=service,
        arguments=json.loads(arguments),
        at=at,
        result=json.loads(result),
    )
