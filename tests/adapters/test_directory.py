"""The real directory: open, ended, re-opened or never heard of, as a Temporal server says."""

import socket
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from holdfast.activities.adapters.directory import TemporalDirectory


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def started(client: Client, workflow_id: str) -> WorkflowHandle[object, object]:
    """Start a workflow that nobody works on."""
    return await client.start_workflow("Waiting", id=workflow_id, task_queue="nobody")


async def test_an_incident_is_open_until_it_ends_and_again_when_it_fires_again(temporal: WorkflowEnvironment) -> None:
    """The newest run of the id is what counts."""
    directory = TemporalDirectory(temporal.client)
    workflow_id = f"inc/acme/production/{uuid4().hex}"
    assert not await directory.is_open(workflow_id)
    handle = await started(temporal.client, workflow_id)
    assert await directory.is_open(workflow_id)
    await handle.terminate()
    assert not await directory.is_open(workflow_id)
    again = await started(temporal.client, workflow_id)
    assert await directory.is_open(workflow_id)
    await again.terminate()


async def test_a_server_that_is_away_is_no_answer(free_port: int) -> None:
    """The error is heard, not taken for "closed"."""
    client = await Client.connect(f"127.0.0.1:{free_port}", lazy=True)
    with pytest.raises((RPCError, RuntimeError)):
        await TemporalDirectory(client).is_open("inc/acme/production/checkout")
