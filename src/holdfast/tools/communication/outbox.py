"""Where messages go when no real service is configured: kept, each once, so that people and tests can read them."""

from typing import Any, Protocol

Object = dict[str, Any]


class Outbox(Protocol):
    """Keeps what was sent under its idempotency key."""

    async def send(self, tool: str, key: str, payload: Object) -> tuple[str, bool]:
        """Return the message's id and whether this call sent it; the same key again returns the first id."""
        ...
