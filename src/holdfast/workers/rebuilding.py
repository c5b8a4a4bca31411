"""Makes the read model again from Temporal's histories: the truth is there, the records only remember it."""

import json

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from holdfast.domain.noun import Noun
from holdfast.records.rebuild import last_document
from holdfast.records.store import RecordsStore


class Rebuilt(Noun):
    """How many histories were read, and how many incidents written back."""

    histories: int = 0
    incidents: int = 0


async def rebuild(address: str, namespace: str, database_url: str) -> Rebuilt:
    """Write back every incident whose history Temporal still keeps; numbers stay what they were."""
    client = await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
    store = await RecordsStore.open(database_url)
    seen = written = 0
    found = [e async for e in client.list_workflows("WorkflowType = 'IncidentWorkflow'")]
    for execution in sorted(found, key=lambda e: e.start_time):
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        seen += 1
        document = last_document(json.loads(history.to_json()))
        if document is not None:
            await store.restore(document)
            written += 1
    await store.close()
    return Rebuilt(histories=seen, incidents=written)
