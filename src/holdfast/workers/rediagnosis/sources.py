"""Where recorded incidents are found: history files, Temporal by number, id or time, and the records when it forgot."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from holdfast.records.store import RecordsStore
from holdfast.workers.rediagnosis.history import read_case
from holdfast.workers.rediagnosis.recorded import RecordedCase, of_document

MOST = 1000  # incidents at once; more are asked for by `--since`


@dataclass(frozen=True)
class Places:
    """Where Temporal and the records are."""

    temporal: str
    namespace: str
    database: str


def read_file(path: Path) -> RecordedCase:
    """Return the case that a history file holds.

    Raises:
        ValueError: when it is no history of ours, or holds no diagnosis.
        OSError: when it cannot be read.
    """
    history = json.loads(path.read_text())
    if not isinstance(history, dict):
        raise ValueError("no workflow history")  # noqa: TRY004 # what a file holds, not a caller's mistake
    return read_case(history)


async def find(places: Places, name: str) -> RecordedCase:
    """Return the case of one incident by its number or workflow id.

    A number's history is read where Temporal still keeps it, else its document in the records; an id has its history
    alone, of its newest run.

    Raises:
        ValueError: when there is none, or it was never diagnosed.
        RuntimeError: when an id is asked for and Temporal cannot be reached.
    """
    if name.startswith(("inc/", "inc:")):
        client = await _client(places)
        return await _from(client.get_workflow_handle(name.replace(":", "/")))
    if await asyncio.to_thread(_never_begun, places.database):
        raise ValueError("no such incident: no records are kept there")
    async with _records(places) as store:
        document = await store.get(name.upper())
    if document is None:
        raise ValueError("no such incident")
    try:
        client = await _client(places)
        found = await _from(client.get_workflow_handle(document.workflow_id, run_id=document.run_id))
    except (RuntimeError, RPCError, ValueError):
        return of_document(document)
    return found.model_copy(update={"number": document.number})


async def find_all(places: Places, since: datetime | None) -> AsyncIterator[tuple[str, RecordedCase | ValueError]]:
    """Yield every incident Temporal keeps, those started since a moment; one without a diagnosis yields why.

    Raises:
        RuntimeError: when Temporal cannot be reached.
        RPCError: when it refuses.
    """
    client = await _client(places)
    query = "WorkflowType = 'IncidentWorkflow'" + (f" AND StartTime >= '{since.isoformat()}'" if since else "")
    async for run in client.list_workflows(query, limit=MOST):
        try:
            yield run.id, await _from(client.get_workflow_handle(run.id, run_id=run.run_id))
        except ValueError as e:
            yield run.id, e


async def _client(places: Places) -> Client:
    return await Client.connect(places.temporal, namespace=places.namespace, data_converter=pydantic_data_converter)


async def _from(handle: WorkflowHandle[Any, Any]) -> RecordedCase:
    try:
        history = await handle.fetch_history()
    except RPCError as e:
        if e.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise ValueError("Temporal does not keep it") from e
    return read_case(json.loads(history.to_json()))


def _never_begun(database: str) -> bool:
    """Return whether the records would be a new file: looking back must not make one."""
    url = make_url(database)
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(url.database or "").exists()


@asynccontextmanager
async def _records(places: Places) -> AsyncIterator[RecordsStore]:
    store = await RecordsStore.open(places.database)
    try:
        yield store
    finally:
        await store.close()
