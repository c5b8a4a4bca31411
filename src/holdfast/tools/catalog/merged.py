"""The catalogue over several sources: the first that says something about a service is believed, the next fill gaps."""

import asyncio
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.service import Runbook, Service
from holdfast.tools.catalog.entry import Cited, CitedRunbook, CitedService, Reading, Source

_ADDED = frozenset({"name", "environments", "runbook"})


class MergedCatalogue:
    """Implements Catalogue. A source that is away is a problem of the answer, until the answer hangs on it."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)

    async def service(self, name: str, environment: str) -> Cited[Service | None]:
        """Return a service by its name, or by the name of its deployment.

        Raises:
            ToolError: when nobody who answered knows it and a source did not answer.
        """
        known = await self._read()
        found = known.service(name, environment) or known.service(known.deployed_as(name, environment), environment)
        if found is None:
            known.raise_lost()
            return Cited(None, problems=known.problems)
        return Cited(found[0], found[1], known.problems)

    async def surroundings(self, name: str, environment: str) -> Cited[tuple[tuple[Service, ...], tuple[str, ...]]]:
        """Return the services that it calls, and the names of those that call it there.

        Raises:
            ToolError: when no source answers.
        """
        known = await self._read()
        if not known.answered:
            known.raise_lost()
        own = known.service(name, environment)
        called = [s for d in (own[0].dependencies if own else ()) if (s := known.service(d, environment))]
        every = {n: s for n in known.names(environment) if (s := known.service(n, environment))}
        callers = {n: s for n, s in every.items() if name in s[0].dependencies}
        cited = _once([*(own[1] if own else ()), *_of(called), *_of(callers.values())])
        return Cited((tuple(s for s, _ in called), tuple(sorted(callers))), cited, known.problems)

    async def runbook(self, service: str, alert: str) -> Cited[Runbook | None]:
        """Return the runbook that fits best, with its body.

        Raises:
            ToolError: when none fits and a source did not answer, or the body cannot be read.
        """
        known = await self._read()
        best = known.runbook(service, alert)
        if best is None:
            known.raise_lost()
            return Cited(None, problems=known.problems)
        source, found = best
        return Cited(await source.whole(found), (found.source,), known.problems)

    async def _read(self) -> "_Known":
        asked = await asyncio.gather(*(s.read() for s in self._sources), return_exceptions=True)
        return _Known(list(zip(self._sources, asked, strict=True)))


class _Known:
    """What all sources said at one time."""

    def __init__(self, asked: list[tuple[Source, Reading | BaseException]]) -> None:
        self.answered = [(s, r) for s, r in asked if isinstance(r, Reading)]
        self._lost = [r for _, r in asked if isinstance(r, BaseException)]
        broken = next((e for e in self._lost if not isinstance(e, ToolError)), None)
        if broken is not None:
            raise broken
        self._services = [c for _, reading in self.answered for c in reading.services]
        self.problems = (*(p for _, r in self.answered for p in r.problems), *(str(e) for e in self._lost))

    def raise_lost(self) -> None:
        """Raise the first source's failure, if one failed: a no would not be sure."""
        if self._lost:
            raise self._lost[0]

    def names(self, environment: str) -> list[str]:
        """Return every service of an environment, each once."""
        return list(_once(c.entry.name for c in self._services if c.entry.speaks_of(environment)))

    def service(self, name: str, environment: str) -> tuple[Service, tuple[str, ...]] | None:
        """Return a service and where it is written."""
        said = [c for c in self._services if c.entry.name == name and c.entry.speaks_of(environment)]
        return _merged(said, environment) if said else None

    def deployed_as(self, deployment: str, environment: str) -> str:
        """Return the name of the service with this deployment; empty when none or several have it."""
        fitting = (c.entry for c in self._services if c.entry.speaks_of(environment))
        found = {e.name for e in fitting if e.deployment == deployment}
        return found.pop() if len(found) == 1 else ""

    def runbook(self, service: str, alert: str) -> tuple[Source, CitedRunbook] | None:
        """Return the best of those that fit: its service's own first, then the closest alert, then the first source."""
        named = {c.entry.runbook for c in self._services if c.entry.name == service and c.entry.runbook}
        every = [(source, found) for source, reading in self.answered for found in reading.runbooks]
        fitting = [(s, f) for s, f in every if _fits(f.runbook, service, alert, named)]
        return max(fitting, key=lambda pair: _closeness(pair[1].runbook, service, alert, named), default=None)


def _merged(said: Sequence[CitedService], environment: str) -> tuple[Service, tuple[str, ...]]:
    fields: dict[str, object] = {}
    sources: list[str] = []
    for cited in said:
        told = cited.entry.model_dump(exclude=set(_ADDED), exclude_none=True)
        new = {k: v for k, v in told.items() if k not in fields}
        if new or not sources:
            sources.append(cited.source)
        fields |= new
    service = Service.model_validate({"name": said[0].entry.name, "environment": environment, **fields})
    return _with_deployment(service, said), _once(sources)


def _with_deployment(service: Service, said: Sequence[CitedService]) -> Service:
    """A deployment that nobody names otherwise bears its service's name."""
    if service.kind != "deployment" or any(c.entry.deployment is not None for c in said):
        return service
    return service.model_copy(update={"deployment": service.name})


def _fits(book: Runbook, service: str, alert: str, named: set[str]) -> bool:
    written_for = book.service in ("", service) or book.runbook_id in named
    return written_for and (not book.alert or not alert or fnmatchcase(alert, book.alert))


def _closeness(book: Runbook, service: str, alert: str, named: set[str]) -> tuple[bool, bool, int, bool]:
    """Own before general; for an alert the longest pattern, without one a runbook that waits for none."""
    own = book.service == service or book.runbook_id in named
    return own, book.alert == alert, len(book.alert.replace("*", "")) if alert else 0, not book.alert


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _of(found: Iterable[tuple[Service, tuple[str, ...]]]) -> list[str]:
    return [source for _, sources in found for source in sources]
