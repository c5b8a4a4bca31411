"""Keeps the stack's processes alive: whichever dies is started again, whatever killed it."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import structlog

from holdfast.domain.noun import Noun

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
HEALTHY_AFTER = 30.0
PATIENCE = 10.0


class Child(Noun):
    """One process to keep: its name, command line and environment."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]


class Supervisor:
    """Starts children in order, restarts those that die, and stops them in the opposite order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._keepers: dict[str, _Keeper] = {}

    async def start(self, child: Child) -> None:
        """Start a child and keep it until `stop`."""
        self._logs.mkdir(parents=True, exist_ok=True)
        keeper = _Keeper(child, self._logs / f"{child.name}.log")
        await keeper.start()
        self._keepers[child.name] = keeper

    def pids(self) -> Mapping[str, int]:
        """Return each child's process id as it is now."""
        return {name: keeper.pid for name, keeper in self._keepers.items()}

    async def stop(self) -> None:
        """Stop every child, the last started first: SIGTERM, then SIGKILL to what does not listen."""
        for name in reversed(list(self._keepers)):
            await self._keepers.pop(name).stop()


class _Keeper:
    """One child and the task that waits for it to die."""

    def __init__(self, child: Child, log_path: Path) -> None:
        self._child = child
        self._log_path = log_path
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process id of the child that runs now, or 0."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start it once, and the keeping of it."""
        self._process = await self._spawn()
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it, gracefully first."""
        if self._task is not None:
            self._task.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), PATIENCE)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            code = await self._process.wait() if self._process else 0
            lived = time.monotonic() - started
            pause = FIRST_PAUSE if lived > HEALTHY_AFTER else pause
            log.warning("child_died", name=self._child.name, code=code, lived_seconds=round(lived, 1), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            self._process = await self._spawn()

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self._log_path.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *self._child.command,
                env={**os.environ, **self._child.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )


def _die_with_parent() -> None:
    """Ask Linux to end this child when the supervisor is killed, so that no server is left on the data (prctl(2))."""
    pdeathsig = 1
    ctypes.CDLL(None).prctl(pdeathsig, signal.SIGTERM)
