"""The hand that restarts containers and applies saved plans: written down before, had once, seen through to its end."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from weakref import WeakValueDictionary

from holdfast.domain.action import Action, describe
from holdfast.domain.grant import Grant
from holdfast.domain.noun import short_digest
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.ledger import Entry, Ledger
from holdfast.tools.executor.server import DryRun

Object = dict[str, Any]


class Doer(Protocol):
    """What makes one kind of effect."""

    async def try_dry(self, action: Any) -> DryRun:
        """Return what would change; raise a tool error when it cannot be done."""
        ...

    async def do(self, action: Any) -> Object:
        """Make the effect, and return what was seen of it."""
        ...

    async def seen(self, action: Any, before: Object) -> Object | None:
        """Return what is seen of the effect when it was had since `before`, or None when it was not."""
        ...


class InfrastructureHand:
    """Implements the executor's port Hand over a ledger and a doer a kind of action."""

    def __init__(self, ledger: Ledger, doers: Mapping[str, Doer]) -> None:
        self._ledger = ledger
        self._doers = doers
        # Two calls on one grant must not both find that nothing was done yet; another grant is told `busy`.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[tuple[Object, bool]]] = set()

    async def try_dry(self, action: Action) -> DryRun:
        """Return what would change."""
        return await self._doer(action).try_dry(action)

    async def act(self, action: Action, grant: Grant) -> tuple[Object, bool]:
        """Make the effect once for the grant, and see it through: who stops waiting does not stop it half-way."""
        task = asyncio.create_task(self._once(action, grant))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def refuse(self, incident: str, tool: str, reason: str) -> None:
        """Write a refusal down."""
        self._ledger.refused(incident, tool, reason)

    async def _once(self, action: Action, grant: Grant) -> tuple[Object, bool]:
        """After a lost answer, look whether the effect was had before making it again."""
        turn = self._turns.setdefault(grant.grant_id, asyncio.Lock())
        async with turn:
            known = self._ledger.find(action, grant)
            if known is not None and known.result:
                return known.result, False
            with self._ledger.holding(action, grant):
                return await self._do(action, grant, known)

    async def _do(self, action: Action, grant: Grant, known: Entry | None) -> tuple[Object, bool]:
        doer = self._doer(action)
        entry = known or await self._begin(doer, action, grant)
        seen = await doer.seen(action, entry.dry["before"]) if known else None
        made = seen is None
        result = _result(entry, grant, await doer.do(action) if seen is None else seen)
        self._ledger.done(grant, result)
        return result, made

    async def _begin(self, doer: Doer, action: Action, grant: Grant) -> Entry:
        dry = (await doer.try_dry(action)).model_dump(mode="json")
        return self._ledger.intend(action, grant, dry)

    def _doer(self, action: Action) -> Doer:
        if action.kind not in self._doers:
            raise no(Word.NOT_CONFIGURED, f"this server does not {describe(action)}; its section names no place for it")
        return self._doers[action.kind]


def _result(entry: Entry, grant: Grant, observed: Object) -> Object:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {**entry.dry, "effect_id": f"ef-{short_digest(grant.grant_id)}", "at": at, "observed": observed}
