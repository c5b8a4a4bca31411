"""What the executor's account may do, asked before it stands: it refuses to run with more than it needs, or less."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.errors import Word
from holdfast.tools.executor.right import (
    NEEDED,
    NEEDED_FOR_JOBS,
    TOO_MUCH,
    TOO_MUCH_AT_ALL,
    USEFUL,
    WRITES,
    Right,
    beyond,
    listed,
)
from holdfast.tools.executor.section import ExecutorSection
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.reading.plain import name_of, part

log = structlog.get_logger()

Object = dict[str, Any]
Asked = TypeVar("Asked")
Said = TypeVar("Said")
_GROUP = "authorization.k8s.io/v1"
_SEE = "see docs/integrations/executor.md"
# In every cluster, and never the executor's business.
_ALWAYS = ("kube-system", "default", "kube-public")
_AT_ONCE = 8
_MOST_ELSEWHERE = 100  # namespaces; some forty questions each
_MOST_SAID = 8


class Rights:
    """A part of the executor; its connection is its own, and closed once it knows."""

    def __init__(self, api: Connection, section: ExecutorSection) -> None:
        self._api, self._section = api, section
        self._namespaces = section.namespaces
        self._needed = (*NEEDED, *(NEEDED_FOR_JOBS if section.jobs else ()))

    async def start(self) -> None:
        """Ask the cluster (SelfSubjectAccessReview and SelfSubjectRulesReview) what we may.

        Raises:
            ValueError: naming each right that is too much or missing, or why the cluster did not say.
        """
        wanted = [r.inside(n) for n in self._namespaces for r in self._needed]
        try:
            excess = await self._excess()
            held = await self._held(wanted)
        except ToolError as e:
            raise ValueError(f"executor: cannot learn its own rights: {e}") from e
        finally:
            await self._api.close()
        if excess:
            away = "take that away from its roles, and from the groups it is in"
            raise ValueError(f"executor: its account may too much ({listed(excess, _MOST_SAID)}); {away}; {_SEE}")
        if missing := [r for r in wanted if r not in held]:
            raise ValueError(f"executor: its account may not {listed(missing, _MOST_SAID)}; grant that; {_SEE}")

    async def close(self) -> None:
        """Close the connection."""
        await self._api.close()

    async def _excess(self) -> list[Right]:
        """Return what it may beyond its needs: the gravest are asked for by name, whatever the rules say."""
        elsewhere = await self._elsewhere()
        grave = [r.inside(n) for n in ("", *self._namespaces, *elsewhere) for r in TOO_MUCH]
        writes = [r.inside(n) for n in ("", *elsewhere) for r in WRITES]
        held = await self._held([*grave, *TOO_MUCH_AT_ALL, *writes])
        beyond_rules = await _each(self._beyond, (*self._namespaces, *elsewhere))
        return [*held, *(r for rights in beyond_rules for r in rights)]

    async def _elsewhere(self) -> list[str]:
        """Return the namespaces it has no business in: those always there, those configured, those it may list."""
        try:
            rows = await self._api.items("/api/v1/namespaces", _MOST_ELSEWHERE)
        except ToolError as e:
            if not str(e).startswith(Word.FORBIDDEN):
                raise
            seen = []  # as it should be
        else:
            seen = [name_of(n) for n in rows.items]
        return [n for n in dict.fromkeys((*_ALWAYS, *self._section.never, *seen)) if n not in self._namespaces]

    async def _held(self, rights: Sequence[Right]) -> list[Right]:
        answers = await _each(self._may, rights)
        return [r for r, held in zip(rights, answers, strict=True) if held]

    async def _may(self, right: Right) -> bool:
        attributes = {k: v for k, v in right.model_dump().items() if v}
        status = await self._reviewed("SelfSubjectAccessReview", {"resourceAttributes": attributes})
        return bool(status.get("allowed"))

    async def _beyond(self, namespace: str) -> list[Right]:
        """Return what the rules of a namespace give beyond its needs; those of all namespaces are among them."""
        status = await self._reviewed("SelfSubjectRulesReview", {"namespace": namespace})
        if status.get("incomplete"):
            log.warning("rights_incomplete", namespace=namespace, why=str(status.get("evaluationError", ""))[:300])
        needed = (*self._needed, *USEFUL) if namespace in self._namespaces else ()
        return [r.inside(namespace) for r in beyond(status, needed, self._section.tolerated)]

    async def _reviewed(self, kind: str, spec: Object) -> Object:
        body = {"apiVersion": _GROUP, "kind": kind, "spec": spec}
        answer = await self._api.send(Request(method="POST", path=f"/apis/{_GROUP}/{kind.lower()}s", body=body))
        return part(answer, "status")


async def _each(ask: Callable[[Asked], Awaitable[Said]], questions: Sequence[Asked]) -> list[Said]:
    """Ask a few at once, and return the answers in order; when one fails, the others are not asked."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Asked) -> Said:
        async with turns:
            return await ask(question)

    tasks = [asyncio.ensure_future(one(q)) for q in questions]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
