"""Replays recorded histories against the code as it is: whether every decision would be taken again."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from holdfast.domain.noun import Noun
from holdfast.workflows.incident import IncidentWorkflow


class Replayed(Noun):
    """One history and what became of it; `error` is empty when it replays."""

    name: str
    events: int = 0
    error: str = ""


def read(path: Path) -> WorkflowHistory:
    """Read a history file: what `temporal workflow show --output json` prints, or `fetch_history().to_json()`.

    Raises:
        ValueError: when the file is no history.
    """
    try:
        history = WorkflowHistory.from_json(path.stem, path.read_text())
    except Exception as e:  # protobuf's parser raises several kinds
        raise ValueError(f"{path}: no workflow history: {' '.join(str(e).split())[:200]}") from e
    if not history.events or not history.events[0].HasField("workflow_execution_started_event_attributes"):
        # The SDK's core would panic on it and never answer.
        raise ValueError(f"{path}: no workflow history: it does not begin with WorkflowExecutionStarted")
    return history


async def replay(histories: Iterable[tuple[str, WorkflowHistory]]) -> list[Replayed]:
    """Replay each history; a difference is a value, so that all of them are tried."""
    replayer = Replayer(workflows=[IncidentWorkflow], data_converter=pydantic_data_converter)
    answers: list[Replayed] = []
    for name, history in histories:
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        failure = result.replay_failure
        error = " ".join(str(failure).split())[:500] if failure else ""
        answers.append(Replayed(name=name, events=len(history.events), error=error))
    return answers


async def fetch(
    address: str, namespace: str, *, workflow_id: str = "", query: str = ""
) -> list[tuple[str, WorkflowHistory]]:
    """Fetch histories from Temporal: every run that a visibility query finds, or the newest of one workflow."""
    client = await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
    if workflow_id:
        return [(workflow_id, await client.get_workflow_handle(workflow_id).fetch_history())]
    return [(h.workflow_id, h) async for h in _found(client, query)]


async def _found(client: Client, query: str) -> AsyncIterator[WorkflowHistory]:
    async for execution in client.list_workflows(f"WorkflowType = 'IncidentWorkflow' AND ({query})"):
        yield await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
