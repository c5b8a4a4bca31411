"""Where messages go when real services are configured: each key once, also across restarts and lost answers."""

import time
from collections.abc import Mapping

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.ledger import Ledger
from holdfast.tools.communication.outbox import Object
from holdfast.tools.errors import Word, no

# A refusal in one of these words sent nothing. After any other the message may have arrived: it is looked up first.
_NOT_SENT = frozenset({"bad_input", "forbidden", "not_found", "not_configured", "conflict", "rate_limited"})


class Delivery:
    """An Outbox over one channel a tool, and the ledger that they share."""

    def __init__(self, ledger: Ledger, channels: Mapping[str, Channel]) -> None:
        self._ledger, self._channels = ledger, channels

    async def send(self, tool: str, key: str, payload: Object) -> tuple[str, bool]:
        """Send once; a key seen before returns the first id.

        Raises:
            ToolError: of the closed list; a retry under the same key is safe.
        """
        channel = self._channels.get(tool)
        if channel is None:
            section = tool.split("_")[1]
            raise no(Word.NOT_CONFIGURED, f'{tool}: the systems file has no "{section}" in its communication section')
        async with self._ledger.alone(tool, key):
            known = self._ledger.find(tool, key)
            if known and known.id:
                return known.id, False
            meant = known or self._ledger.intend(tool, key)
            message = Message(key=key, payload=payload, since=meant.at, tried=meant.tried)
            return await self._deliver(tool, channel, message)

    async def _deliver(self, tool: str, channel: Channel, message: Message) -> tuple[str, bool]:
        found = await channel.find(message)
        sent = found or await self._sent(tool, channel, message)
        asked = str(message.payload.get("channel", ""))
        self._ledger.sent(tool, message.key, sent_id=sent.id, place=sent.place, asked=asked)
        return sent.id, found is None

    async def _sent(self, tool: str, channel: Channel, message: Message) -> Sent:
        self._ledger.trying(tool, message.key, time.time())
        try:
            return await channel.send(message)
        except ToolError as e:
            if str(e).partition(":")[0] in _NOT_SENT:
                self._not_sent(tool, message)
            raise

    def _not_sent(self, tool: str, message: Message) -> None:
        """What was uncertain before stays so, as long ago as it was: this refusal says nothing of the earlier try."""
        if message.uncertain:
            self._ledger.trying(tool, message.key, message.tried)
        else:
            self._ledger.forget(tool, message.key)
