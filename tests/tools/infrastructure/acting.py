"""The acting infrastructure server as a process has it, and grants for what it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.domain.action import Action, arguments_of, tool_of
from holdfast.tools import registry
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.tools.stand import INCIDENT, answer, grant, refusal


@dataclass
class Acting:
    """The server over its ledger in `folder`; the keys stay when it is started again."""

    folder: Path
    section: dict[str, Any]

    def __post_init__(self) -> None:
        """Make the keys."""
        private, self.public = new_keys()
        self.issuer = Ed25519Issuer(private)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[ToolServer]:
        """Start the server as its process would."""
        systems = {"infrastructure": self.section}
        needs = ServerNeeds(systems=systems, state=self.folder, grant_public_key=self.public)
        async with registry.build("infrastructure", needs).standing() as server:
            yield server

    def arguments(self, action: Action, **fields: Any) -> dict[str, Any]:
        """Return what the acting gateway sends, with a valid grant."""
        token = self.issuer.sign(grant(action))
        return {**arguments_of(action), "service": action.service, "grant": token, "incident": INCIDENT, **fields}

    async def act(self, server: ToolServer, action: Action, **fields: Any) -> dict[str, Any]:
        """Perform an action that must be done, on a valid grant."""
        return await answer(server, tool_of(action).partition(".")[2], self.arguments(action, **fields))

    async def refused(self, server: ToolServer, action: Action, **fields: Any) -> str:
        """Perform an action that must be refused."""
        return await refusal(server, tool_of(action).partition(".")[2], self.arguments(action, **fields))
