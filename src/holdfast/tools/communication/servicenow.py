"""Opening incidents in ServiceNow: each bears its key as correlation id, and is looked for before it is made."""

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.section import ServiceNowSystem
from holdfast.tools.communication.wording import one_line, shortened
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.client import OutsideClient, Question

_SHORT, _LONG = 160, 4000  # characters of the two fields
_URGENCY = {"critical": "1", "high": "1", "medium": "2", "low": "3"}


class ServiceNow(Channel):
    """Source: docs.servicenow.com, "Table API", and the task table's fields `correlation_id`, `urgency`."""

    def __init__(self, system: ServiceNowSystem) -> None:
        self._system = system
        self._client = OutsideClient("servicenow", system)
        self._path = f"/api/now/table/{system.table}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def find(self, message: Message) -> Sent | None:
        """Return the record with our correlation id; the table is read at once, with no lag."""
        params = (
            ("sysparm_query", f"correlation_id={message.mark}"),
            ("sysparm_fields", "number"),
            ("sysparm_limit", "1"),
        )
        found = _result(await self._client.fetch(Question(path=self._path, params=params)))
        if not isinstance(found, list):
            raise no(Word.FAILED, "servicenow: answered no list of records; check its address and any proxy")
        return _sent(found[0]) if found else None

    async def send(self, message: Message) -> Sent:
        """Create the record; its id is the number, such as INC0010023."""
        payload = message.payload
        urgency = str(payload["urgency"]).lower()
        fields = {
            **self._system.fields,
            "short_description": one_line(str(payload["short_description"]), _SHORT),
            "description": shortened(str(payload["description"]), _LONG),
            "correlation_id": message.mark,
            "correlation_display": "Holdfast",
        }
        if urgency:
            fields["urgency"] = _URGENCY.get(urgency, urgency)
        return _sent(_result(await self._client.fetch(Question.posting(self._path, fields))))


def _result(answer: object) -> object:
    """Return what is in the envelope; an instance that sleeps answers 200 and a page, which is no JSON at all."""
    return answer.get("result") if isinstance(answer, dict) else None


def _sent(record: object) -> Sent:
    number = record.get("number") if isinstance(record, dict) else None
    if not isinstance(number, str) or not number:
        raise no(Word.FAILED, "servicenow: its answer names no record; check its address, table and any proxy")
    return Sent(id=number)
