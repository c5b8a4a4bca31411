"""The hand that asks whether trouble is only a symptom: does something it depends on already have an open incident?"""

from temporalio import activity

from holdfast.activities.contracts import FIND_INCIDENT_TO_JOIN, JoinAnswer, JoinRequest
from holdfast.activities.ports import IncidentDirectory


class FindIncidentToJoin:
    """Asks for each dependency in turn."""

    def __init__(self, directory: IncidentDirectory) -> None:
        self._directory = directory

    @activity.defn(name=FIND_INCIDENT_TO_JOIN)
    async def find_incident_to_join(self, request: JoinRequest) -> JoinAnswer:
        """Return the first dependency's open incident in the same tenant and environment, never its own."""
        for name in request.dependencies:
            workflow_id = request.key.model_copy(update={"service": name}).workflow_id
            if workflow_id != request.key.workflow_id and await self._directory.is_open(workflow_id):
                return JoinAnswer(workflow_id=workflow_id)
        return JoinAnswer()
