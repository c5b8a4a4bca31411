"""Telling people through Microsoft Teams: a card of plain text, posted to a channel's own workflow."""

import json

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.hidden import hiding, read
from holdfast.tools.communication.outbox import Object
from holdfast.tools.communication.section import TeamsSystem
from holdfast.tools.communication.wording import shortened
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.client import OutsideClient, Question
from holdfast.tools.outside.endpoint import Endpoint

_LARGEST = 28 * 1024  # bytes of one message


class Teams(Channel):
    """A workflow only takes messages and cannot be asked: one whose answer was lost may be posted twice.

    Source: learn.microsoft.com, "Create incoming webhooks with Workflows"; adaptivecards.io, "RichTextBlock".
    """

    def __init__(self, system: TeamsSystem) -> None:
        self._system = system
        self._clients: dict[str, OutsideClient] = {}

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    async def send(self, message: Message) -> Sent:
        """Post a card; a workflow answers no id, so the id is the message's mark."""
        channel = str(message.payload["channel"])
        secret = self._system.channels.get(channel)
        if secret is None:
            raise no(Word.NOT_FOUND, f"teams: no channel {channel[:60]!r} among `teams.channels` in the configuration")
        webhook = read(secret, f"teams {channel!r}")
        with hiding(webhook, webhook.partition("?")[2]):
            client = await self._client(channel, webhook)
            await client.ask(Question.posting("", _fitted(str(message.payload["text"]))))
        return Sent(id=message.mark, place=channel)

    async def _client(self, channel: str, webhook: str) -> OutsideClient:
        """Return the channel's connections; a renewed address gets new ones."""
        client = self._clients.get(channel)
        if client is None or client.endpoint.url != webhook.rstrip("/"):
            if client is not None:
                await client.close()
            client = self._clients[channel] = OutsideClient(f"teams {channel!r}", self._endpoint(channel, webhook))
        return client

    def _endpoint(self, channel: str, webhook: str) -> Endpoint:
        system = self._system
        try:
            return Endpoint(url=webhook, tls=system.tls, timeout=system.timeout, per_minute=system.per_minute)
        except ValueError:  # whose text would hold the address
            raise no(Word.NOT_CONFIGURED, f"teams {channel!r}: its secret is no address of a workflow") from None


def card(text: str) -> Object:
    """Return an Adaptive Card: a run of text a line, in which no Markdown counts and nobody is mentioned."""
    body = [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]} for line in text.splitlines() if line
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _fitted(text: str) -> Object:
    made, most = card(text), len(text)
    while len(json.dumps(made)) > _LARGEST:
        most = most * 3 // 4
        made = card(shortened(text, most))
    return made
