"""The hand that writes the read model: the whole document each time, so that the last one is all of it."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from holdfast.activities.contracts import RECORD_INCIDENT, RecordAnswer, RecordRequest
from holdfast.activities.errors import RecordsError
from holdfast.activities.ports import RecordsWriter


class RecordIncident:
    """Writes an incident; written twice it is one row."""

    def __init__(self, writer: RecordsWriter) -> None:
        self._writer = writer

    @activity.defn(name=RECORD_INCIDENT)
    async def record_incident(self, request: RecordRequest) -> RecordAnswer:
        """Write the document and return its number and the incident before it.

        Raises:
            ApplicationError: `RecordsUnavailable`, to be tried again, when the database is away.
        """
        try:
            number = await self._writer.upsert(request.incident)
            previous = request.incident.previous_run_id or await self._writer.previous_run(request.incident)
        except RecordsError as e:
            raise ApplicationError(str(e), type="RecordsUnavailable") from e
        return RecordAnswer(number=number, previous_run_id=previous)
