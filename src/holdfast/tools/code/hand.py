"""The hand that proposes reverts: written down before, found again by the grant's own branch, had once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from holdfast.domain.action import Action, RevertCommit, describe
from holdfast.domain.grant import Grant
from holdfast.domain.noun import short_digest
from holdfast.tools.code.reverts import Reverts
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.ledger import Entry, Ledger
from holdfast.tools.executor.server import DryRun

Object = dict[str, Any]


class RevertHand:
    """Implements the executor's port Hand."""

    def __init__(self, ledger: Ledger, reverts: Reverts) -> None:
        self._ledger = ledger
        self._reverts = reverts
        # One thing at a time: two calls on one grant must not both find that nothing was opened yet.
        self._turn = asyncio.Lock()

    async def try_dry(self, action: Action) -> DryRun:
        """Return what the pull request would change."""
        return await self._reverts.try_dry(_revert(action))

    async def act(self, action: Action, grant: Grant) -> tuple[Object, bool]:
        """Open the pull request once for the grant; after a lost answer, find the one that was opened."""
        revert = _revert(action)
        async with self._turn:
            known = self._ledger.find(action, grant)
            if known is not None and known.result:
                return known.result, False
            with self._ledger.holding(action, grant):
                return await self._do(revert, grant, known)

    async def _do(self, revert: RevertCommit, grant: Grant, known: Entry | None) -> tuple[Object, bool]:
        entry = known or await self._begin(revert, grant)
        opened, made = await self._reverts.open(revert, grant)
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        result = {**entry.dry, "effect_id": f"ef-{short_digest(grant.grant_id)}", "at": at, "observed": opened}
        self._ledger.done(grant, result)
        return result, made

    async def refuse(self, incident: str, tool: str, reason: str) -> None:
        """Write a refusal down."""
        self._ledger.refused(incident, tool, reason)

    async def _begin(self, action: RevertCommit, grant: Grant) -> Entry:
        dry = (await self._reverts.try_dry(action)).model_dump(mode="json")
        return self._ledger.intend(action, grant, dry)


def _revert(action: Action) -> RevertCommit:
    if not isinstance(action, RevertCommit):
        raise no(Word.NOT_CONFIGURED, f"this server does not {describe(action)}")
    return action
