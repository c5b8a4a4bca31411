"""The read model made again: an empty database and Temporal's histories give back what was lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from typer.testing import CliRunner

from holdfast.cli.main import app
from holdfast.records.rebuild import RECORD_INCIDENT
from holdfast.records.store import RecordsStore
from holdfast.workers.rebuilding import rebuild
from tests.ended import Ended


async def test_an_incident_comes_back_from_its_history(ended: Ended, tmp_path: Path) -> None:
    """The same document, and twice is as good as once.

    Its number is another's here: the server also holds incidents of tests with databases of their own.
    """
    store = await RecordsStore.open(ended.database_url)
    lost = await store.get(ended.handle.id)
    await store.close()
    assert lost is not None
    url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
    done = await rebuild(ended.address, "default", url)
    assert 1 <= done.incidents <= done.histories
    assert await rebuild(ended.address, "default", url) == done
    again = await RecordsStore.open(url)
    found = await again.get(ended.handle.id)
    await again.close()
    assert found is not None
    assert found.model_copy(update={"number": lost.number}) == lost


@workflow.defn(name="IncidentWorkflow")
class _Strange:
    """Records what no version of ours can read."""

    @workflow.run
    async def run(self) -> None:
        """Record it."""
        strange = {"incident": {"from": "another world"}}
        await workflow.execute_activity(RECORD_INCIDENT, strange, start_to_close_timeout=timedelta(seconds=10))


@activity.defn(name=RECORD_INCIDENT)
async def _record(request: dict[str, Any]) -> dict[str, str]:
    return {"number": "INC-1" if request else ""}


@pytest.fixture
async def strange(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    """The workflow id of a history with a strange document, gone after the test."""
    client, name = temporal.client, "inc/strange/production/checkout"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=name, workflows=[_Strange], activities=[_record], workflow_runner=runner):
        handle = await client.start_workflow("IncidentWorkflow", id=name, task_queue=name)
        await handle.result()
    yield name
    gone = WorkflowExecution(workflow_id=name, run_id=handle.first_execution_run_id or "")
    request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=gone)
    await client.workflow_service.delete_workflow_execution(request)


async def test_one_unreadable_history_costs_the_others_nothing(ended: Ended, strange: str, tmp_path: Path) -> None:
    """It is skipped and named with what is wrong; the rest is written back."""
    url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
    async with asyncio.timeout(30):
        while not (done := await rebuild(ended.address, "default", url)).unreadable:
            await asyncio.sleep(0.1)  # visibility follows the history after a moment
    (named,) = done.unreadable
    assert named.startswith(f"{strange} (run ")
    assert "Field required" in named
    assert 1 <= done.incidents < done.histories
    again = await RecordsStore.open(url)
    found = await again.get(ended.handle.id)
    await again.close()
    assert found is not None


async def test_the_command_fails_when_a_history_could_not_be_read(ended: Ended, strange: str, tmp_path: Path) -> None:
    """What could be written back is written; exit code 1 says that it was not all."""
    url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
    words = ("records", "rebuild", "--database", url, "--temporal", ended.address, "--json")
    async with asyncio.timeout(60):
        while (said := await asyncio.to_thread(CliRunner().invoke, app, words)).exit_code == 0:
            await asyncio.sleep(0.1)  # as above
    assert said.exit_code == 1
    assert f"histories that could not be read: {strange}" in said.stderr
    assert json.loads(said.stdout)["incidents"] >= 1
