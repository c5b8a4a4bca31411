"""The real directory of open incidents: Temporal itself, asked by workflow id and so never stale."""

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode


class TemporalDirectory:
    """Implements the port IncidentDirectory."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def is_open(self, workflow_id: str) -> bool:
        """Return whether a run of `workflow_id` is open now."""
        try:
            described = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as e:
            if e.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING
