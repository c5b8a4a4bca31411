"""What stands between the server and a log store: a minute's memory, and answers that stay within their size."""

from typing import Protocol

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.logs.levels import wanted_words
from holdfast.tools.monitoring.logs.lines import Found, Shape
from holdfast.tools.monitoring.logs.section import Shaped
from holdfast.tools.monitoring.queries import LogQuery
from holdfast.tools.monitoring.sources import LogAnswer
from holdfast.tools.outside.cache import Cache

_FEWER = 10  # where the answer was too large, so many times fewer lines are asked for, once


class LogStore(Protocol):
    """One vendor's log store."""

    name: str

    async def read(self, query: LogQuery) -> Found:
        """Return the newest rows within the query's limit, which is sent to the store."""
        ...

    def link(self, query: LogQuery, sent: str) -> str:
        """Return where a person sees the same lines, or an empty text."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class GuardedLogs:
    """A log source over a store; a `Part` of its server as well."""

    def __init__(self, store: LogStore, section: Shaped) -> None:
        self._store, self._shape = store, Shape(section)
        self._cache: Cache[LogAnswer] = Cache(section.cache_seconds)

    async def logs(self, query: LogQuery) -> LogAnswer:
        """Return the newest lines, oldest first.

        Raises:
            ToolError: of the closed list.
        """
        wanted_words(query.level)  # refuses an unknown level before anything is sent
        return await self._cache.get(query.model_dump_json(), lambda: self._asked(query))

    async def start(self) -> None:
        """Open nothing: a store that is away must not keep the server from standing."""

    async def close(self) -> None:
        """Close the store's connections."""
        await self._store.close()

    async def _asked(self, query: LogQuery) -> LogAnswer:
        found = await self._fitting(query)
        try:
            lines, cuts = self._shape.lines(found.rows, query)
        except (ValueError, OverflowError) as e:
            raise no(Word.FAILED, f"{self._store.name}: answered lines of another shape; check its address") from e
        notes = [*found.notes, *cuts]
        if found.total is not None and found.total > len(lines):
            notes.append(f"the newest {len(lines)} of {found.total} lines")
        elif found.total is None and len(found.rows) >= query.limit:
            notes.append(f"the newest {len(found.rows)} lines; there may be more")
        link = self._store.link(query, found.query)
        return LogAnswer(
            query=found.query, lines=lines, total=found.total, link=link, cut="; ".join(dict.fromkeys(notes))
        )

    async def _fitting(self, query: LogQuery) -> Found:
        try:
            return await self._store.read(query)
        except ToolError as e:
            fewer = query.limit // _FEWER
            if not str(e).startswith(f"{Word.TOO_LARGE}:") or not fewer:
                raise
            found = await self._store.read(query.model_copy(update={"limit": fewer}))
            note = f"the newest {fewer} lines alone: {query.limit} were too large"
            return found.model_copy(update={"notes": (*found.notes, note)})
