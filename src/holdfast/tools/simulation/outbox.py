"""The simulated shop's post: messages are kept in the estate, each key once; Slack is real when it is configured."""

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from holdfast.domain.noun import canonical_json
from holdfast.tools.communication.outbox import Object
from holdfast.tools.simulation.estate import Estate

if TYPE_CHECKING:
    from holdfast.tools.communication.slack import Slack


class EstateOutbox:
    """Keeps messages in the estate's file, which is also the ledger of keys."""

    def __init__(self, estate: Estate, slack: "Slack | None" = None) -> None:
        self._estate = estate
        self._slack = slack
        self._sending: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, tool: str, key: str, payload: Object) -> tuple[str, bool]:
        """Send once; a key seen before returns the first id, and one being sent is waited for."""
        lock = self._sending.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._one("SELECT id FROM messages WHERE key = ?", key)
            if known is not None:
                return known, False
            now = self._estate.clock()
            sent_id, kept = f"{now:.6f}", payload
            if tool == "send_slack_message" and self._slack is not None:
                sent_id, kept = await self._post(self._slack, payload)
            return self._keep((key, tool, sent_id, canonical_json(kept), now))

    async def _post(self, slack: "Slack", payload: Object) -> tuple[str, Object]:
        """Post to Slack, which takes a channel's name for a new message but only its id for an update."""
        where = payload["channel"]
        if payload["update"]:
            asked = "SELECT json_extract(payload, '$.posted_to') FROM messages WHERE id = ? ORDER BY at"
            where = self._one(asked, payload["update"]) or where
        posted = await slack.post({**payload, "channel": where})
        return posted.ts, {**payload, "posted_to": posted.channel}

    def _keep(self, row: tuple[str, str, str, str, float]) -> tuple[str, bool]:
        """Remember a message; another process may have sent it meanwhile, and then its id counts."""
        with self._estate.changing() as db:
            first = db.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?)", row).rowcount == 1
        return (row[2] if first else self._one("SELECT id FROM messages WHERE key = ?", row[0]) or row[2]), first

    def _one(self, sql: str, value: str) -> str | None:
        with self._estate.changing() as db:
            row = db.execute(sql, (value,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])
