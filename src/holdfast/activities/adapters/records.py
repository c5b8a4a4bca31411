"""The real writer of the read model."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from holdfast.activities.errors import RecordsError
from holdfast.domain.incident import Incident
from holdfast.records.errors import RecordsUnavailable

if TYPE_CHECKING:
    from holdfast.records.store import RecordsStore


class StoreWriter:
    """Implements the port RecordsWriter over the records store, opened by the first write."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: RecordsStore | None = None
        self._opening = asyncio.Lock()

    async def upsert(self, incident: Incident) -> str:
        """Write the document and return its public number."""
        try:
            return await (await self._opened()).upsert(incident)
        except RecordsUnavailable as e:
            raise RecordsError(str(e)) from e

    async def previous_run(self, incident: Incident) -> str:
        """Return the run before this one under the same key."""
        try:
            return await (await self._opened()).previous_run(incident)
        except RecordsUnavailable as e:
            raise RecordsError(str(e)) from e

    async def close(self) -> None:
        """Close the database, when it was ever opened."""
        if self._store is not None:
            await self._store.close()

    async def _opened(self) -> "RecordsStore":
        async with self._opening:
            if self._store is None:
                # 20 MB and a quarter of a second that a worker needs only once it writes.
                store = await asyncio.to_thread(import_module, "holdfast.records.store")
                self._store = await store.RecordsStore.open(self._url)
            return self._store
