"""A demonstration among other processes: on a stack that runs already, voted on from elsewhere, kept, ended."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast.workers.embedded import DEMO, EmbeddedStack, StackPlace
from tests.workers.waiting import alive, until

HOLDFAST = str(Path(sys.executable).with_name("holdfast"))
Process = asyncio.subprocess.Process


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """A stack that runs already."""
    place = StackPlace.choose(tmp_path_factory.mktemp("stack"), DEMO)
    async with EmbeddedStack(place) as running:
        yield running


async def _start(*words: object, err: int = asyncio.subprocess.DEVNULL) -> Process:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")}
    return await asyncio.create_subprocess_exec(
        HOLDFAST,
        *[str(w) for w in words],
        env={**environment, "COLUMNS": "200"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=err,
    )


async def _line(process: Process, holds: str) -> str:
    """Return the first line that holds these words."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for raw in process.stdout:
            if holds in raw.decode():
                return raw.decode()
    pytest.fail(f"{holds!r} was not said")


async def test_it_plays_on_a_stack_that_runs_already(stack: EmbeddedStack) -> None:
    """The stack stays; the document is its own incident's."""
    data = stack.place.data_dir
    demo = await _start("demo", "--scenario", "healthy-false-alarm", "--data", data, "--json")
    out, _ = await demo.communicate()
    assert demo.returncode == 0
    assert json.loads(out)["status"] == "closed"
    assert all(alive(pid) for pid in stack.supervisor.pids().values())


async def test_who_sits_elsewhere_can_vote(stack: EmbeddedStack) -> None:
    """Without a terminal it says how, waits, and goes on; a rejected plan is not the promised end."""
    demo = await _start("demo", "--scenario", "bad-deploy", "--data", stack.place.data_dir)
    said = await _line(demo, "from another terminal: holdfast approve")
    found = re.search(r"approve (\S+) --as NAME --api (\S+)", said)
    assert found is not None
    other = await _start("reject", found[1], "--as", "bob", "--reason", "not now", "--api", found[2])
    assert (await other.communicate())[0]
    assert other.returncode == 0
    rest = (await demo.communicate())[0].decode()
    assert demo.returncode == 1
    assert "rejected by bob" in rest


async def test_it_can_be_kept_and_is_taken_away_when_told(tmp_path: Path) -> None:
    """Kept, it says where; told to end, it leaves no process and exits as shells expect."""
    demo = await _start("demo", "--scenario", "healthy-false-alarm", "--data", tmp_path, "--keep")
    pids = [int(p) for p in re.findall(r"(?:temporal|worker|api) (\d+)", await _line(demo, "kill -9"))]
    assert str(tmp_path) in await _line(demo, "it still runs")
    assert all(alive(pid) for pid in pids)
    demo.send_signal(signal.SIGTERM)
    await demo.communicate()
    assert demo.returncode == 128 + signal.SIGTERM
    await until(lambda: not any(alive(pid) for pid in pids))
