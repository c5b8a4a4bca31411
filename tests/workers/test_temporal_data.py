"""The embedded server's data: one server at a time, also behind a dead supervisor, and attributes completed."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from holdfast.workers.places import claim_port
from holdfast.workers.temporal import (
    DataInUseError,
    DataLock,
    ServerPlace,
    binary,
    command,
    ensure_search_attributes,
    wait_until_ready,
)
from holdfast.workflows.names import SEARCH_ATTRIBUTES, STATUS


def _place(folder: Path) -> ServerPlace:
    return ServerPlace(data_dir=folder, port=claim_port(), ui_port=claim_port())


async def test_search_attributes_are_completed_on_data_that_knows_only_some(tmp_path: Path) -> None:
    """A newer version of ours brings another attribute; asking twice changes nothing."""
    place = _place(tmp_path)
    process = subprocess.Popen(command(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 # returns at once
    try:
        client = await _connected(place)
        some = {STATUS.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD}
        request = AddSearchAttributesRequest(namespace="default", search_attributes=some)
        await client.operator_service.add_search_attributes(request)
        for _ in range(2):
            await ensure_search_attributes(client)
            listed = await client.operator_service.list_search_attributes(
                ListSearchAttributesRequest(namespace="default")
            )
            assert {key.name for key in SEARCH_ATTRIBUTES} <= set(listed.custom_attributes)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def _connected(place: ServerPlace) -> Client:
    deadline = time.monotonic() + 30
    while True:
        try:
            client = await Client.connect(place.address)
            await client.count_workflows()
        except (RuntimeError, RPCError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return client


def test_an_orphaned_server_keeps_the_lock(tmp_path: Path) -> None:
    """The server inherits the lock, so that a new one waits for it even when its supervisor is gone."""
    lock = DataLock(tmp_path)
    lock.take()
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=lock.inherited)
    (tmp_path / "temporal.lock").write_text("999999999")  # as if whoever took it were dead
    lock.release()
    with pytest.raises(DataInUseError, match="what process 999999999 started"):
        DataLock(tmp_path).take(seconds=0.1)
    server.communicate(b"\n")
    after = DataLock(tmp_path)
    after.take(seconds=0)
    after.release()


async def test_a_server_that_never_comes_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """Readiness has a deadline."""
    with pytest.raises(TimeoutError):
        await wait_until_ready(_place(tmp_path), seconds=0.3)


def test_the_program_is_the_one_that_was_installed_with_us() -> None:
    """Whatever else is called `temporal` on this machine."""
    assert Path(binary()).is_absolute()
    assert Path(binary()).name.startswith("temporal")
