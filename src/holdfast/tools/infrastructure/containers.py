"""Containers, looked at and restarted: which may be, whether a restart was already had, and how it ended."""

import asyncio
import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Protocol

from holdfast.domain.action import RestartContainer
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.server import DryRun
from holdfast.tools.infrastructure.section import DockerHost

Object = dict[str, Any]
LOOK_EVERY = 0.5  # seconds between two looks at a container that is starting


class ContainerHost(Protocol):
    """One engine."""

    name: str
    host: DockerHost

    async def status(self, container: str) -> Object:
        """Return what a container does; raise `not_found` when there is none."""
        ...

    async def restart(self, container: str) -> Object:
        """Restart a container, and return what it does then."""
        ...


class Containers:
    """Implements Doer for `restart_container`, and answers `docker_container_status`."""

    def __init__(self, hosts: Mapping[str, ContainerHost]) -> None:
        self._hosts = hosts

    async def status(self, host: str, container: str) -> Object:
        """Return what a container of a host does; an empty host is the first."""
        found = self._host(host)
        return {"host": found.name, **await found.status(container)}

    async def try_dry(self, action: RestartContainer) -> DryRun:
        """Return the container as it is.

        Raises:
            ToolError: `forbidden` for a container that the section does not name.
        """
        host = self._host(action.host)
        before = await host.status(action.container)
        if not any(fnmatchcase(before["container"], allowed) for allowed in host.host.containers):
            named = ", ".join(host.host.containers) or "none"
            raise no(
                Word.FORBIDDEN, f"{before['container']} on {host.name}: only {named} may be restarted (containers)"
            )
        diff = f"~ container {before['container']} ({before['status']}) stopped and started"
        return DryRun(before=before, diff=diff, no_way_back="a restart leaves nothing to undo")

    async def do(self, action: RestartContainer) -> Object:
        """Restart, and watch until the container runs (and is healthy, if it says so) or the time is over."""
        host = self._host(action.host)
        return await self._watched(host, await host.restart(action.container))

    async def seen(self, action: RestartContainer, before: Object) -> Object | None:
        """Return the container when it was started again since; whoever did it, the restart is had.

        Raises:
            ToolError: `conflict` when another container took its name.
        """
        host = self._host(action.host)
        now = await host.status(action.container)
        if now["id"] != before["id"]:
            raise no(
                Word.CONFLICT, f"{action.container} on {host.name} was replaced meanwhile; look before acting anew"
            )
        return await self._watched(host, now) if now["started_at"] != before["started_at"] else None

    async def _watched(self, host: ContainerHost, now: Object) -> Object:
        until = time.monotonic() + host.host.observe_seconds
        while not _settled(now) and time.monotonic() < until:
            await asyncio.sleep(LOOK_EVERY)
            now = await host.status(str(now["id"]))
        return {**now, "well": now["running"] and now["health"] in ("", "none", "healthy")}

    def _host(self, name: str) -> ContainerHost:
        chosen = name or next(iter(self._hosts), "")
        if chosen not in self._hosts:
            raise no(Word.NOT_CONFIGURED, f"host: {name!r}; docker hosts there are: {', '.join(self._hosts) or 'none'}")
        return self._hosts[chosen]


def _settled(now: Object) -> bool:
    """Return whether looking on tells nothing new: it runs and its health is known, or it ended."""
    return bool(
        now["health"] in ("", "none", "healthy", "unhealthy") and now["status"] in ("running", "exited", "dead")
    )
