"""Telling people through Slack: a message carries its key as metadata, by which a lost answer is found again."""

import structlog
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.hidden import read
from holdfast.tools.communication.ledger import Ledger
from holdfast.tools.communication.outbox import Object
from holdfast.tools.communication.section import SlackSystem
from holdfast.tools.communication.slack import Slack
from holdfast.tools.errors import Word
from holdfast.tools.outside.limits import RateLimit

log = structlog.get_logger()
TOOL = "send_slack_message"
_EVENT = "holdfast"
_CLOCKS_APART = 60.0  # seconds


class SlackChannel(Channel):
    """A channel may be named by its name or its id; updates and look-ups need the id, which is remembered."""

    def __init__(self, system: SlackSystem, ledger: Ledger) -> None:
        self._system, self._ledger = system, ledger
        self._slack = Slack("", system.base_url, int(system.timeout))
        self._limit = RateLimit("Slack", system.per_minute)

    async def send(self, message: Message) -> Sent:
        """Post the message or update an earlier one.

        Source: docs.slack.dev, methods "chat.postMessage" and "chat.update"; "Message metadata".
        """
        await self._ready()
        payload = {**message.payload, "channel": self._where(message)}
        if not payload["update"]:
            payload["metadata"] = {"event_type": _EVENT, "event_payload": {"key": message.mark}}
        posted = await self._slack.post(payload)
        return Sent(id=posted.ts, place=posted.channel)

    async def find(self, message: Message) -> Sent | None:
        """Look for the message after a lost answer; an update may simply be repeated.

        Source: docs.slack.dev, methods "conversations.history" and "conversations.replies", `include_all_metadata`.
        """
        where = self._id(message)
        if not message.uncertain or message.payload["update"] or not where:
            return None
        for one in await self._said(where, message):
            metadata = one.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == _EVENT and payload.get("key") == message.mark:
                return Sent(id=str(one["ts"]), place=where)
        return None

    async def _said(self, where: str, message: Message) -> list[Object]:
        await self._ready()
        try:
            return await self._slack.since(where, str(message.payload["thread"]), message.since - _CLOCKS_APART)
        except ToolError as e:
            if not str(e).startswith(f"{Word.FORBIDDEN}:"):
                raise
            log.warning("Slack's history may not be read; a message whose answer was lost may be posted twice")
            return []  # a message too many rather than one too few

    async def _ready(self) -> None:
        await self._limit.enter()
        self._slack.renew(read(self._system.token, "Slack"))

    def _where(self, message: Message) -> str:
        """Return where to send: an update goes where its message went."""
        update = str(message.payload["update"])
        asked = str(message.payload["channel"])
        known = self._ledger.place_of(TOOL, sent_id=update) if update else ""
        return known or (self._id(message) if update else "") or self._system.channels.get(asked, asked)

    def _id(self, message: Message) -> str:
        """Return the channel's id, from the configuration or from an earlier message; empty when not known."""
        asked = str(message.payload["channel"])
        return self._system.channels.get(asked, "") or self._ledger.place_of(TOOL, asked=asked)
