"""Keeps the stack's processes alive: whichever dies is started again, whatever killed it."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from holdfast.domain.noun import Noun

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
HEALTHY_AFTER = 30.0
PATIENCE = 10.0

_PR_SET_PDEATHSIG = 1
# Loaded before any child is forked: between fork and exec there is no loading of libraries.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child(Noun):
    """One process to keep: its name, command line, what its environment adds to ours, and open files it inherits."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = {}
    inherited: tuple[int, ...] = ()


class Supervisor:
    """Starts children in order, restarts those that die, and stops them in the opposite order.

    `patience` is how many seconds a child may take to end after SIGTERM.
    """

    def __init__(self, logs: Path, patience: float = PATIENCE) -> None:
        self._logs = logs
        self._patience = patience
        self._keepers: dict[str, _Keeper] = {}

    async def start(self, child: Child) -> None:
        """Start a child and keep it until `stop`."""
        self._logs.mkdir(parents=True, exist_ok=True)
        keeper = _Keeper(child, self.log_of(child.name))
        await keeper.start()
        self._keepers[child.name] = keeper

    def pids(self) -> Mapping[str, int]:
        """Return each child's process id as it is now."""
        return {name: keeper.pid for name, keeper in self._keepers.items()}

    def refusals(self) -> Mapping[str, int]:
        """Return how often each child ended by itself with an error; being killed does not count."""
        return {name: keeper.refusals for name, keeper in self._keepers.items()}

    def log_of(self, name: str) -> Path:
        """Return the file that a child's output goes to."""
        return self._logs / f"{name}.log"

    async def stop(self) -> None:
        """Stop every child, the last started first: SIGTERM, then SIGKILL to what does not listen."""
        for name in reversed(list(self._keepers)):
            await self._keepers.pop(name).stop(self._patience)


class _Keeper:
    """One child and the task that waits for it to die."""

    def __init__(self, child: Child, log_path: Path) -> None:
        self._child = child
        self._log_path = log_path
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._pause = FIRST_PAUSE
        self.refusals = 0

    @property
    def pid(self) -> int:
        """The process id of the child that runs now, or 0."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    async def start(self) -> None:
        """Start it once, and the keeping of it."""
        self._process = await self._spawn()
        self._task = asyncio.create_task(self._keep(self._process))

    async def stop(self, patience: float) -> None:
        """End it, gracefully first."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        if self._process is not None and self._process.returncode is None:
            await _end(self._process, patience)

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        while True:
            started = time.monotonic()
            code = await process.wait()
            self.refusals += code > 0
            lived = time.monotonic() - started
            self._pause = FIRST_PAUSE if lived > HEALTHY_AFTER else self._pause
            self._note(f"ended with {code} after {lived:.1f} s, starts again in {self._pause:g} s")
            process = self._process = await self._again()

    async def _again(self) -> asyncio.subprocess.Process:
        """Start it again after a pause that doubles each time; what keeps it from starting may pass."""
        while True:
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            try:
                return await self._spawn()
            except OSError as e:
                self._note(f"could not be started: {e}")

    def _note(self, text: str) -> None:
        """Write into the child's own log, where its last words are."""
        with contextlib.suppress(OSError), self._log_path.open("a") as log:
            log.write(f"{datetime.now(UTC).isoformat()} supervisor: {self._child.name} {text}\n")

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self._log_path.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *self._child.command,
                env={**os.environ, **self._child.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=self._child.inherited,
                start_new_session=True,
                preexec_fn=_die_with_parent if _LIBC else None,
            )


async def _end(process: asyncio.subprocess.Process, patience: float) -> None:
    """Ask a process to end, and kill it when it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            process.kill()
            await process.wait()


def _die_with_parent() -> None:
    """Ask Linux to end this child when the supervisor is killed, so that no server is left on the data (prctl(2))."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
