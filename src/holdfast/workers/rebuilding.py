"""Makes the read model again from Temporal's histories: the truth is there, the records only remember it."""

import json
from typing import Any

from temporalio.client import Client, WorkflowExecution
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from holdfast.domain.noun import Noun
from holdfast.records.rebuild import last_document
from holdfast.records.store import RecordsStore


class Rebuilt(Noun):
    """How many histories were found, how many incidents written back, and what stopped each of the others."""

    histories: int = 0
    incidents: int = 0
    unreadable: tuple[str, ...] = ()


async def rebuild(address: str, namespace: str, database_url: str) -> Rebuilt:
    """Write back every incident whose history Temporal still keeps; numbers stay what they were.

    A history that cannot be read is named in the answer and costs the others nothing.

    Raises:
        RPCError: when Temporal cannot be reached.
        RecordsUnavailable: when the records cannot be written.
    """
    client = await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
    store = await RecordsStore.open(database_url)
    try:
        found = [e async for e in client.list_workflows("WorkflowType = 'IncidentWorkflow'")]
        return await _restore_all(client, store, sorted(found, key=lambda e: e.start_time))
    finally:
        await store.close()


async def _restore_all(client: Client, store: RecordsStore, found: list[WorkflowExecution]) -> Rebuilt:
    written, unreadable = 0, []
    for execution in found:
        try:
            document = last_document(await _history(client, execution))
        except ValueError as e:
            unreadable.append(f"{execution.id} (run {execution.run_id}): {e}")
            continue
        if document is not None:
            await store.restore(document)
            written += 1
    return Rebuilt(histories=len(found), incidents=written, unreadable=tuple(unreadable))


async def _history(client: Client, execution: WorkflowExecution) -> dict[str, Any]:
    try:
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
    except RPCError as e:
        if e.status is not RPCStatusCode.NOT_FOUND:  # its retention may end between the list and this
            raise
        raise ValueError("Temporal no longer keeps it") from e
    parsed: dict[str, Any] = json.loads(history.to_json())
    return parsed
