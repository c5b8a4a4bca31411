"""Waking people through PagerDuty: its deduplication key makes one alert of however many events."""

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.hidden import hiding, read
from holdfast.tools.communication.outbox import Object
from holdfast.tools.communication.section import PagerDutySystem
from holdfast.tools.communication.wording import one_line
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.client import OutsideClient, Question

_SEVERITIES = {"high": "error", "medium": "warning", "low": "info"}  # ours to theirs
_THEIRS = ("critical", "error", "warning", "info")
_SUMMARY, _KEY, _DETAILS = 1024, 255, 100_000  # characters; an event holds 512 KB


class PagerDuty(Channel):
    """The same event again adds to the alert that is open and wakes nobody twice, so that nothing is looked up.

    Source: developer.pagerduty.com, "Events API v2 Overview" and "Send an event".
    """

    def __init__(self, system: PagerDutySystem) -> None:
        self._system = system
        self._client = OutsideClient("pagerduty", system)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def send(self, message: Message) -> Sent:
        """Trigger the alert; its id is the deduplication key."""
        routing_key = read(self._system.routing_key, "pagerduty")
        event = _event(message)
        question = Question.posting("/v2/enqueue", {**event, "routing_key": routing_key}, repeatable=True)
        with hiding(routing_key):
            answer = await self._client.fetch(question)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            raise no(Word.FAILED, "pagerduty: its answer says no success; check its address and any proxy")
        return Sent(id=str(answer.get("dedup_key") or event["dedup_key"]))


def _event(message: Message) -> Object:
    payload = message.payload
    severity = str(payload["severity"]).lower()
    severity = _SEVERITIES.get(severity, severity)
    if severity not in _THEIRS:
        raise no(Word.BAD_INPUT, f"pagerduty: severity is one of {', '.join(_THEIRS)}")
    key = str(payload["dedup_key"])
    return {
        "event_action": "trigger",
        # A key that is cut would be another incident's as well.
        "dedup_key": key if 0 < len(key) <= _KEY else message.mark,
        "client": "Holdfast",
        "payload": {
            "summary": one_line(str(payload["summary"]), _SUMMARY),
            "source": one_line(str(payload["source"]), _KEY),
            "severity": severity,
            "custom_details": _details(payload["details"]),
        },
    }


def _details(details: Object) -> Object:
    return details if len(str(details)) <= _DETAILS else {"cut": "the details were too long; see the incident"}
