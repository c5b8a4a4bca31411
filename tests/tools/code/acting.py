"""Both code servers as their processes have them, and grants for what the acting one does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.domain.action import RevertCommit, arguments_of
from holdfast.tools import registry
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.tools.stand import INCIDENT, answer, grant, refusal
from tests.vendors.github import REPOSITORY, TOKEN

TOOL = "create_revert_pull_request"


def revert(commit: str, **fields: Any) -> RevertCommit:
    """Return the action."""
    return RevertCommit(service="checkout", repository=REPOSITORY, commit=commit, **fields)


class Acting:
    """The servers over one GitHub; the keys and the ledger stay when a server is started again."""

    def __init__(self, folder: Path, url: str, environment: pytest.MonkeyPatch) -> None:
        private, self.public = new_keys()
        self.issuer = Ed25519Issuer(private)
        self.folder = folder
        self._environment = environment
        auth = {"kind": "bearer", "token": {"env": "TEST_GITHUB_TOKEN"}}
        self.github: dict[str, Any] = {"url": url, "auth": auth, "repositories": ["shop/*"], "timeout": 5, "retries": 1}
        self.know(TOKEN)

    def know(self, token: str) -> None:
        """Use another token from now on."""
        self._environment.setenv("TEST_GITHUB_TOKEN", token)

    @asynccontextmanager
    async def standing(self, name: str = "code") -> AsyncIterator[ToolServer]:
        """Start a server as its process would."""
        systems = {name: {"github": self.github}}
        key = self.public if name == "code" else ""
        needs = ServerNeeds(systems=systems, state=self.folder, grant_public_key=key)
        async with registry.build(name, needs).standing() as server:
            yield server

    def arguments(self, action: RevertCommit, **fields: Any) -> dict[str, Any]:
        """Return what the acting gateway sends; `plan` is the n-th plan of the incident."""
        plan = f"{fields.pop('plan', 1):016x}"
        leave = grant(action, grant_id=f"{INCIDENT}/{plan}/0", plan_hash=plan)
        sent = {"service": action.service, "grant": self.issuer.sign(leave), "incident": INCIDENT}
        return {**arguments_of(action), **sent, **fields}

    async def act(self, server: ToolServer, action: RevertCommit, **fields: Any) -> dict[str, Any]:
        """Perform an action that must be done, on a valid grant."""
        return await answer(server, TOOL, self.arguments(action, **fields))

    async def refused(self, server: ToolServer, action: RevertCommit, **fields: Any) -> str:
        """Perform an action that must be refused."""
        return await refusal(server, TOOL, self.arguments(action, **fields))
