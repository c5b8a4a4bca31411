"""SNS's trust, made when the first message from SNS comes: what checks certificates is 10 MB that nobody else needs."""

from typing import Protocol

from holdfast.api.alerts.sns.envelope import Envelope


class Trust(Protocol):
    """Whether SNS itself sent a message."""

    async def check(self, envelope: Envelope) -> None:
        """Make sure that SNS sent this, lately; a Problem says why not."""
        ...

    async def confirm(self, envelope: Envelope) -> None:
        """Visit the address that confirms the subscription."""
        ...


class TrustWhenAsked:
    """Makes the real one at the first question."""

    def __init__(self) -> None:
        self._made: Trust | None = None

    async def check(self, envelope: Envelope) -> None:
        """Make sure that SNS sent this, lately."""
        await self._trust().check(envelope)

    async def confirm(self, envelope: Envelope) -> None:
        """Visit the address that confirms the subscription."""
        await self._trust().confirm(envelope)

    def _trust(self) -> Trust:
        if self._made is None:
            from holdfast.api.alerts.sns.trust import SnsTrust  # noqa: PLC0415 # see the first line of this file

            self._made = SnsTrust()
        return self._made
