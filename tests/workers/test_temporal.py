"""The embedded Temporal server: tuned, locked, and as durable as its file."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from holdfast.workers.places import claim_port
from holdfast.workers.temporal import DataInUseError, DataLock, ServerPlace, command, version, wait_until_ready
from holdfast.workflows.names import SEARCH_ATTRIBUTES

STEPS = 20
ROUNDS = 6


@activity.defn
async def nothing() -> None:
    """Do nothing."""


@workflow.defn(sandboxed=False)
class Steps:
    """Does nothing many times, one after the other, and waits to be told to end."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self, wait: bool) -> int:
        for _ in range(STEPS):
            await workflow.execute_activity(nothing, task_queue="hands", start_to_close_timeout=timedelta(seconds=2))
        await workflow.wait_condition(lambda: self._told or not wait)
        return STEPS

    @workflow.signal
    def end(self) -> None:
        """Say that it may end."""
        self._told = True


@workflow.defn(sandboxed=False)
class Nap:
    """Sleeps for a twentieth of a second, which the server's own defaults make a whole one."""

    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(0.05)


def place_in(folder: Path) -> ServerPlace:
    return ServerPlace(data_dir=folder, port=claim_port(), ui_port=claim_port())


@asynccontextmanager
async def running(place: ServerPlace, *, tuned: bool = True) -> AsyncIterator[tuple[Client, subprocess.Popen[bytes]]]:
    """Run the server as the stack would, or with Temporal's own defaults."""
    line = command(place)
    if not tuned:
        line = [a for a in line if a != "--dynamic-config-value" and not a.startswith(("history.", "matching."))]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 # returns at once
    try:
        yield await wait_until_ready(place), process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


@asynccontextmanager
async def working(client: Client) -> AsyncIterator[None]:
    """Run the story and its hands on queues of their own, as the house does: no step is dispatched eagerly."""
    story = Worker(client, task_queue="steps", workflows=[Steps, Nap])
    async with story, Worker(client, task_queue="hands", activities=[nothing]):
        yield


async def seconds_of(client: Client) -> tuple[float, float]:
    """Return how long the steps take, and a nap."""
    began = time.monotonic()
    await client.execute_workflow(Steps.run, False, id=uuid.uuid4().hex, task_queue="steps")
    between = time.monotonic()
    await client.execute_workflow(Nap.run, id=uuid.uuid4().hex, task_queue="steps")
    return between - began, time.monotonic() - between


async def test_the_tuned_server_is_faster_than_its_own_defaults(tmp_path: Path) -> None:
    """The server checks neither the names nor the types of its options; only the effect shows that they work.

    A busy machine can hide the effect but never invent it: the best of several rounds is compared.
    """
    places = [place_in(tmp_path / name) for name in ("tuned", "plain")]
    for place in places:
        place.data_dir.mkdir()
    best = [[float("inf")] * 2, [float("inf")] * 2]
    async with (
        running(places[0]) as (tuned, _),
        running(places[1], tuned=False) as (plain, _),
        working(tuned),
        working(plain),
    ):
        for _ in range(ROUNDS):
            for n, client in enumerate((tuned, plain)):
                best[n] = [min(pair) for pair in zip(best[n], await seconds_of(client), strict=True)]
            if all(ours < 0.6 * theirs for ours, theirs in zip(*best, strict=True)):
                return
    pytest.fail(f"steps and nap, tuned and plain, in seconds: {best}")


async def test_what_was_accepted_survives_a_kill(tmp_path: Path) -> None:
    """Killed in the middle and started again on the same file, the server goes on, and so do its workers."""
    place, name = place_in(tmp_path), uuid.uuid4().hex
    async with running(place) as (client, process), working(client):
        handle = await client.start_workflow(Steps.run, True, id=name, task_queue="steps")
        await asyncio.sleep(0.1)
        process.kill()
        process.wait()
        async with running(place), asyncio.timeout(60):
            await handle.signal("end")
            assert await handle.result() == STEPS
    assert place.database.exists()


async def test_the_search_attributes_are_there_at_every_start(tmp_path: Path) -> None:
    """A database that already has them is no error."""
    place = place_in(tmp_path)
    async with running(place) as (client, _):
        await wait_until_ready(place)
        found = await client.count_workflows(f"{SEARCH_ATTRIBUTES[0].name} IS NOT NULL")
        assert found.count == 0


def test_each_server_version_has_a_file_of_its_own(tmp_path: Path) -> None:
    """A newer server never writes into an older one's data."""
    place = ServerPlace(data_dir=tmp_path)
    assert place.database.name == f"temporal-{version()}.db"
    assert str(place.database) in command(place)


def test_a_second_server_is_kept_off_the_same_data(tmp_path: Path) -> None:
    """Whoever comes second is told which process holds the folder."""
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.take()
    with pytest.raises(DataInUseError, match=f"process {os.getpid()}"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_dead_holders_lock_is_free(tmp_path: Path) -> None:
    """SIGKILL releases what the process held."""
    program = (
        "import sys, time; from pathlib import Path; from holdfast.workers.temporal import DataLock\n"
        "lock = DataLock(Path(sys.argv[1])); lock.take(); print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataInUseError, match=f"process {holder.pid}"):
            DataLock(tmp_path).take(seconds=0)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    lock = DataLock(tmp_path)
    lock.take()
    lock.release()
