"""A Temporal server that a test may kill, freeze and start again over the same file."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from holdfast.workflows.names import SEARCH_ATTRIBUTES
from tests.temporal import BINARY

_KINDS = {"TEXT": "Text", "KEYWORD": "Keyword", "INT": "Int", "DOUBLE": "Double", "BOOL": "Bool"}


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass
class MortalServer:
    """One dev server on a fixed port and database file."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens, when it does."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> Client:
        """Start it and return a client once it answers."""
        command = [BINARY, "server", "start-dev", "--ip", "127.0.0.1", "--port", str(self.port), "--headless"]
        command += ["--db-filename", str(self.folder / "temporal.db"), "--log-level", "never"]
        command += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
        for key in SEARCH_ATTRIBUTES:
            command += ["--search-attribute", f"{key.name}={_kind(key.indexed_value_type.name)}"]
        with (self.folder / "temporal.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220 # returns at once
        return await self._answering()

    async def _answering(self) -> Client:
        deadline = asyncio.get_running_loop().time() + 30
        while True:
            try:
                client = await Client.connect(self.address, data_converter=pydantic_data_converter)
                await client.count_workflows()
            except (RuntimeError, RPCError):
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.05)
            else:
                return client

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)

    def freeze(self) -> None:
        """Stop it answering while its port stays open."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)


@asynccontextmanager
async def mortal_server(folder: Path) -> AsyncIterator[MortalServer]:
    """Yield a server that is not started yet; whatever became of it, it is gone afterwards."""
    server = MortalServer(folder, free_port())
    try:
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()


def _kind(name: str) -> str:
    return "KeywordList" if name == "KEYWORD_LIST" else _KINDS[name]
