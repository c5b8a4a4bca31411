"""The process: it refuses unsafe settings, serves, ends when told or orphaned, and stays small."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.api.__main__ import main
from holdfast.records.store import RecordsStore
from tests.api.doors import at, delivery, fresh, webhook
from tests.api.server import free_port

IDLE_MEGABYTES = 120
"""What it may hold once it has met Temporal and the records; measured 108."""


def _environment(folder: Path, **told: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")}
    return clean | {
        "HOLDFAST_EMBEDDED": "true",
        "HOLDFAST_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/records.db",
        "HOLDFAST_PORT": str(free_port()),
        **told,
    }


@asynccontextmanager
async def _api(environment: dict[str, str], folder: Path) -> AsyncIterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the process; yield it and its address once it answers."""
    command = [sys.executable, "-m", "holdfast.api"]
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: ASYNC220 # returns at once
    url = f"http://127.0.0.1:{environment['HOLDFAST_PORT']}"
    try:
        await _until_answering(url, process)
        yield process, url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait(10)


async def _until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    async with httpx2.AsyncClient(base_url=url) as http:
        while True:
            assert process.poll() is None, "it ended before it answered"
            with contextlib.suppress(httpx2.HTTPError):
                if (await http.get("/healthz")).status_code == 200:
                    return
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


def _resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


async def test_it_serves_and_ends_when_told(still: WorkflowEnvironment, tmp_path: Path) -> None:
    """Alerts are taken over a real socket, every log line is JSON with a trace id, SIGTERM ends it with 0."""
    await (await RecordsStore.open(f"sqlite+aiosqlite:///{tmp_path}/records.db")).close()
    async with _api(_environment(tmp_path, HOLDFAST_TEMPORAL_ADDRESS=at(still)), tmp_path) as (process, url):
        async with httpx2.AsyncClient(base_url=url) as http:
            answer = await http.post("/alerts/alertmanager", json=webhook(delivery(fresh())))
            assert answer.status_code == 202
            assert (await http.get("/readyz")).json() == {"status": "ready", "degraded": []}
        resident = _resident_megabytes(process.pid)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0
    lines = [json.loads(line) for line in (tmp_path / "api.log").read_text().splitlines()]
    accepted = next(line for line in lines if line["event"] == "alerts_accepted")
    assert accepted["trace_id"] == answer.json()["trace_id"]
    assert resident < IDLE_MEGABYTES, f"{resident:.0f} MiB"


_PARENT = """
import os, subprocess, sys
told = {**os.environ, "HOLDFAST_PARENT_PID": str(os.getpid())}
subprocess.Popen([sys.executable, "-m", "holdfast.api"], env=told).wait()
"""


async def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """A supervisor that is killed leaves no API behind."""
    environment = _environment(tmp_path)
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], env=environment)  # noqa: ASYNC220 # returns at once
    url = f"http://127.0.0.1:{environment['HOLDFAST_PORT']}"
    await _until_answering(url, parent)
    parent.kill()
    parent.wait(10)
    await _until_silent(url)


async def _until_silent(url: str) -> None:
    deadline = time.monotonic() + 15
    async with httpx2.AsyncClient(base_url=url) as http:
        while True:
            try:
                await http.get("/healthz")
            except httpx2.HTTPError:
                return
            assert time.monotonic() < deadline, "it still answers"
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"HOLDFAST_EMBEDDED": "false"}, "HOLDFAST_SOURCES: needed"),
        ({"HOLDFAST_HOST": "0.0.0.0"}, "HOLDFAST_HOST: 0.0.0.0 is reachable"),  # noqa: S104 # refused, not bound
        ({"HOLDFAST_PORT": "many"}, "HOLDFAST_PORT: "),
        ({"HOLDFAST_SOURCES": '{"am": {"secret": "short"}}'}, "HOLDFAST_SOURCES.am: secret"),
        ({"HOLDFAST_SOURCES": "{not json"}, '"sources"'),
        ({"HOLDFAST_SLACK_SIGNING_SECRET_FILE": "/nowhere/secret"}, "/nowhere/secret: No such file"),
        ({"HOLDFAST_DATABASE_URL": "records.db"}, "HOLDFAST_DATABASE_URL: no SQLAlchemy URL"),
        ({"HOLDFAST_DATABASE_URL": "sqlite:///records.db"}, "HOLDFAST_DATABASE_URL: name an asynchronous driver"),
    ],
)
def test_it_names_a_wrong_setting(
    tmp_path: Path,
    told: dict[str, str],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 2 and one line that names the setting as the environment does; never its value when that is a secret."""
    for name, value in _environment(tmp_path, **told).items():
        monkeypatch.setenv(name, value)
    assert main() == 2
    said = capsys.readouterr().err
    assert named in said
    assert "short" not in said


async def test_a_process_with_a_wrong_setting_never_listens(tmp_path: Path) -> None:
    """Exit 2 without a traceback."""
    environment = _environment(tmp_path, HOLDFAST_EMBEDDED="false")
    command = [sys.executable, "-m", "holdfast.api"]
    ended = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)


async def test_a_taken_port_is_a_failure(tmp_path: Path) -> None:
    """A supervisor sees that it did not start, and the log says why."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = _environment(tmp_path, HOLDFAST_PORT=str(taken.getsockname()[1]))
        command = [sys.executable, "-m", "holdfast.api"]
        ended = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 3
    assert "address already in use" in ended.stderr
