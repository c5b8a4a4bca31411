"""The memory server's tools, over the records: what was like this before, and remember this one."""

import asyncio
from collections.abc import Callable
from typing import Any

from mcp_types import ToolAnnotations
from pydantic import ValidationError

from holdfast.records.errors import BadDatabaseUrl, RecordsUnavailable
from holdfast.records.memory import DEFAULT_TENANT, Remembered, remember
from holdfast.records.store import RecordsStore
from holdfast.tools.errors import Word, no
from holdfast.tools.memory.embeddings import Embedder
from holdfast.tools.memory.recalling import Likeness, recall
from holdfast.tools.memory.runbooks import find_runbooks
from holdfast.tools.toolserver import ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
TELLS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)
MOST = 20


class Opened:
    """The records, opened by the first call that needs them, kept, and opened anew when their address changed."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._store: RecordsStore | None = None
        self._at = ""
        self._opening = asyncio.Lock()

    async def start(self) -> None:
        """Nothing to do: records that are away now may be there when they are needed."""

    async def store(self) -> RecordsStore:
        """Return the open store."""
        async with self._opening:
            url = self._url()
            if self._store is None or url != self._at:
                await self.close()
                self._store, self._at = await _open(url), url
            return self._store

    async def close(self) -> None:
        """Let go of the records."""
        store, self._store = self._store, None
        if store is not None:
            await store.close()


async def _with_runbooks(store: RecordsStore, like: Likeness, answer: Object) -> Object:
    """Return the answer with runbooks; a role that may not read them costs the incidents nothing."""
    try:
        books = await find_runbooks(store, like)
    except RecordsUnavailable as e:
        return {**answer, "runbooks": [], "notes": [*answer["notes"], f"runbooks could not be read: {e}"]}
    return {**answer, "runbooks": [book.model_dump(mode="json") for book in books]}


async def _open(url: str) -> RecordsStore:
    try:
        return await RecordsStore.open(url)
    except BadDatabaseUrl as e:
        raise no(Word.NOT_CONFIGURED, f"records: {e}") from e


def build(database_url: str | Callable[[], str], embedder: Embedder | None = None) -> ToolServer:
    """Return the server over the records at `database_url`; a function is asked for it before every call."""
    opened = Opened(database_url if callable(database_url) else lambda: database_url)
    server = ToolServer("holdfast-memory", [opened, embedder] if embedder else [opened])

    @server.tool(
        annotations=LOOKS, description="One tenant's incidents like this one, best first; what helped; runbooks."
    )
    async def find_similar_incidents(
        service: str,
        alert: str = "",
        text: str = "",
        limit: int = 5,
        tenant: str = DEFAULT_TENANT,
        templates: tuple[str, ...] = (),
    ) -> Object:
        if not 1 <= limit <= MOST:
            raise no(Word.BAD_INPUT, f"limit: from 1 to {MOST}")
        like = Likeness(service=service, alert=alert, text=text, tenant=tenant, templates=templates)
        try:
            found = await recall(await opened.store(), like, limit, embedder.embed if embedder else None)
        except RecordsUnavailable as e:
            raise no(Word.UNAVAILABLE, str(e)) from e
        answer: Object = found.model_dump(mode="json")
        return await _with_runbooks(await opened.store(), like, answer)

    @server.tool(annotations=TELLS, description="Remember how an incident went; the same run twice is one memory.")
    async def remember_incident(incident: Object) -> Object:
        try:
            first = await remember(await opened.store(), Remembered.model_validate(incident))
        except ValidationError as e:
            where = ".".join(map(str, e.errors()[0]["loc"]))
            raise no(Word.BAD_INPUT, f"incident.{where}: {e.errors()[0]['msg']}") from e
        except RecordsUnavailable as e:
            raise no(Word.UNAVAILABLE, str(e)) from e
        return {"remembered": True, "first": first}

    return server
