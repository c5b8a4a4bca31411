"""Following an incident as it changes: live on a terminal, line by line where output goes to a file."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.live import Live

from holdfast.cli.client import Api, path_of
from holdfast.cli.live import Tail, incident_view, line_of
from holdfast.cli.speaking import AWAY, fail
from holdfast.domain.incident import Incident

LOOK_EVERY = 0.15
PATIENCE = 60.0
"""Seconds that something may be away before it is given up; a restart takes about two."""

Matters = Callable[[Incident], bool]


class Follower:
    """Follows one incident on one screen. The API may come and go meanwhile."""

    def __init__(self, api: Api, ref: str, screen: Console, since: datetime | None = None) -> None:
        self._api = api
        self._path = path_of(ref)
        self._screen = screen
        self._since = since or datetime.fromtimestamp(0, UTC)
        self._told = 0
        self._seen: Incident | None = None

    async def until(self, matters: Matters) -> Incident:
        """Show what changes until `matters` says so, and return the incident as it is then.

        What ended before `since` is an earlier incident under the same key, and is passed over.
        """
        with Live(console=self._screen, auto_refresh=False, transient=True) as live:
            while True:
                seen = await self._look()
                if seen is not None:
                    self._show(live, seen)
                    if matters(seen):
                        return seen
                await asyncio.sleep(LOOK_EVERY)

    async def quietly(self, matters: Matters) -> Incident:
        """Wait like `until`, showing nothing: somebody is being asked something on the same screen."""
        while True:
            seen = await self._look()
            if seen is not None and matters(seen):
                return seen
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> Incident | None:
        """Return the newest document there is; while its workflow is away the records may tell an older one."""
        found = await asyncio.to_thread(self._api.try_get, self._path)
        if found is not None:
            told = Incident.model_validate(found)
            if told.updated_at >= self._since and (self._seen is None or _age(told) >= _age(self._seen)):
                self._seen = told
        return self._seen

    def _show(self, live: Live, seen: Incident) -> None:
        if self._screen.is_terminal:
            live.update(Tail(incident_view(seen)), refresh=True)
            return
        for entry in seen.timeline[self._told :]:
            self._screen.print(line_of(seen, entry), soft_wrap=True)
        self._told = max(self._told, len(seen.timeline))


async def insist(api: Api, path: str, body: Any, seconds: float = PATIENCE) -> Any:
    """Post until the API answers: it may be killed at this very moment. What is posted must bear its own id."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await asyncio.to_thread(api.try_post, path, body)
        if answer is not None:
            return answer
        if asyncio.get_running_loop().time() > deadline:
            fail(f"the API at {api.url} did not answer for {seconds:g} s", code=AWAY)
        await asyncio.sleep(LOOK_EVERY)


def _age(incident: Incident) -> tuple[datetime, datetime]:
    return incident.opened_at, incident.updated_at
