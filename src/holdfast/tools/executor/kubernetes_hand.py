"""The hand that acts on a cluster: written down before, made once for its grant, looked on to the end."""

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
        """Let the cluster try it (`dryRun=All`) and return what would change."""
        ...

    async def make(self, action: Any, grant: Grant, intended: Entry) -> bool:
        """Make the effect unless the cluster shows that the grant already had it; return whether this made it."""
        ...

    async def observed(self, action: Any, grant: Grant, before: Object) -> Object:
        """Look on until the effect is complete, has failed, or time is up."""
        ...


class KubernetesHand:
    """Implements the executor's port Hand."""

    def __init__(self, ledger: Ledger, doers: Mapping[str, Doer], namespaces: tuple[str, ...]) -> None:
        self._ledger, self._doers, self._namespaces = ledger, doers, namespaces
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def try_dry(self, action: Action) -> DryRun:
        """Return what would change."""
        return await self._doer(action).try_dry(action)

    async def act(self, action: Action, grant: Grant) -> tuple[Object, bool]:
        """Make the effect once for the grant, and return what was seen of it."""
        # Two calls on one grant must not both find that nothing was done yet; other grants need not wait.
        turn = self._turns.setdefault(grant.grant_id, asyncio.Lock())
        async with turn:
            known = self._ledger.find(action, grant)
            if known is not None and known.result:
                return known.result, False
            with self._ledger.holding(action, grant):
                return await self._do(action, grant, known)

    async def refuse(self, incident: str, tool: str, reason: str) -> None:
        """Write a refusal down."""
        self._ledger.refused(incident, tool, reason)

    async def _do(self, action: Action, grant: Grant, known: Entry | None) -> tuple[Object, bool]:
        doer = self._doer(action)
        entry = known or await self._begin(doer, action, grant)
        made = await doer.make(action, grant, entry)
        result = _result(entry, grant, await doer.observed(action, grant, entry.dry["before"]))
        self._ledger.done(grant, result)
        return result, made

    async def _begin(self, doer: Doer, action: Action, grant: Grant) -> Entry:
        dry = (await doer.try_dry(action)).model_dump(mode="json")
        return self._ledger.intend(action, grant, dry)

    def _doer(self, action: Action) -> Doer:
        namespace = getattr(action, "namespace", "")
        if namespace not in self._namespaces:
            where = ", ".join(self._namespaces)
            raise no(Word.FORBIDDEN, f"namespace: {namespace!r} is not configured; this executor acts in {where}")
        if action.kind not in self._doers:
            raise no(Word.NOT_CONFIGURED, f"this executor does not {describe(action)}; its section names no such thing")
        return self._doers[action.kind]


def _result(entry: Entry, grant: Grant, observed: Object) -> Object:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    output = {"output": observed.pop("output")} if "output" in observed else {}
    return {**entry.dry, "effect_id": f"ef-{short_digest(grant.grant_id)}", "at": at, "observed": observed, **output}
