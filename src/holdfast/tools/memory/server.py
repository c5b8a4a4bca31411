"""The memory server's tools, over the records: what was like this before, and remember this one."""

import asyncio
from typing import Any

from mcp_types import ToolAnnotations
from pydantic import ValidationError

from holdfast.records.errors import RecordsUnavailable
from holdfast.records.memory import DEFAULT_TENANT, Likeness, Remembered, find_similar, remember
from holdfast.records.store import RecordsStore
from holdfast.tools.errors import Word, no
from holdfast.tools.toolserver import ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
TELLS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)
MOST = 20


class Opened:
    """The records, opened by the first call that needs them and kept."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: RecordsStore | None = None
        self._opening = asyncio.Lock()

    async def store(self) -> RecordsStore:
        """Return the open store."""
        async with self._opening:
            if self._store is None:
                self._store = await RecordsStore.open(self._url)
            return self._store


def build(database_url: str) -> ToolServer:
    """Return the server over the records at `database_url`."""
    server = ToolServer("holdfast-memory")
    opened = Opened(database_url)

    @server.tool(annotations=LOOKS, description="Past incidents of one tenant like this one, best first.")
    async def find_similar_incidents(
        service: str, alert: str = "", text: str = "", limit: int = 5, tenant: str = DEFAULT_TENANT
    ) -> Object:
        if not 1 <= limit <= MOST:
            raise no(Word.BAD_INPUT, f"limit: from 1 to {MOST}")
        like = Likeness(service=service, alert=alert, text=text, tenant=tenant)
        try:
            found = await find_similar(await opened.store(), like, limit)
        except RecordsUnavailable as e:
            raise no(Word.UNAVAILABLE, str(e)) from e
        return {"incidents": [s.model_dump(mode="json") for s in found]}

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
