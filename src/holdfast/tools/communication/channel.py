"""What every way of telling people is: it sends a message, and where its vendor allows finds one sent before."""

from abc import ABC, abstractmethod

from holdfast.domain.noun import Noun, digest
from holdfast.tools.communication.outbox import Object


class Message(Noun):
    """What is to be told. `since` is when it was first meant, unix seconds, and `tried` when it was last sent, or 0."""

    key: str
    payload: Object
    since: float
    tried: float = 0

    @property
    def uncertain(self) -> bool:
        """Return whether it was sent before and no answer came: it may have arrived."""
        return self.tried > 0

    @property
    def mark(self) -> str:
        """Return what marks it at the vendor: the same for the same key, and fit for labels and ids."""
        return f"holdfast-{digest(self.key)[:24]}"


class Sent(Noun):
    """What the vendor answered: the message's id, and what the vendor calls the place it went to."""

    id: str
    place: str = ""


class Channel(ABC):
    """One vendor, a part of the server. Errors are of the closed list."""

    @abstractmethod
    async def send(self, message: Message) -> Sent:
        """Send it."""

    async def find(self, message: Message) -> Sent | None:  # noqa: ARG002 # those that can look use it
        """Return the message when the vendor has it already; None when it has not, or cannot say.

        Raises:
            ToolError: `unavailable`, when it cannot say yet.
        """
        return None

    async def start(self) -> None:  # noqa: B027 # most have nothing to make ready
        """Get ready."""

    async def close(self) -> None:  # noqa: B027 # some hold nothing open
        """Let go."""
