"""The simulated shop's post: messages are kept in the estate, each key once; Slack is real when it is configured."""

from holdfast.domain.noun import canonical_json
from holdfast.tools.communication.outbox import Object
from holdfast.tools.communication.slack import Slack
from holdfast.tools.simulation.estate import Estate


class EstateOutbox:
    """Keeps messages in the estate's file, which is also the ledger of keys."""

    def __init__(self, estate: Estate, slack: Slack | None = None) -> None:
        self._estate = estate
        self._slack = slack

    async def send(self, tool: str, key: str, payload: Object) -> tuple[str, bool]:
        """Send once; a key seen before returns the first id."""
        known = self._find(key)
        if known is not None:
            return known, False
        now = self._estate.clock()
        sent_id = f"{now:.6f}"
        if tool == "send_slack_message" and self._slack is not None:
            sent_id = await self._slack.post(payload)
        with self._estate.changing() as db:
            row = (key, tool, sent_id, canonical_json(payload), now)
            first = db.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?)", row).rowcount == 1
        return (sent_id if first else self._find(key) or sent_id), first

    def _find(self, key: str) -> str | None:
        with self._estate.changing() as db:
            row = db.execute("SELECT id FROM messages WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])
