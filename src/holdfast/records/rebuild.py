"""How the read model is made again from Temporal's histories: the last document that was recorded, and its number."""

import base64
import json
from typing import Any

from pydantic import ValidationError

from holdfast.domain.incident import Incident

RECORD_INCIDENT = "record_incident"


def last_document(history: dict[str, Any]) -> Incident | None:
    """Return the newest document in a history, or None when it never recorded one.

    Args:
        history: what `temporal workflow show --output json` prints, as parsed JSON.

    Raises:
        ValueError: when a document in it is none that this version can read.
    """
    try:
        return _newest(history)
    except ValidationError as e:
        first = e.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as e:
        raise ValueError(f"no history that records a document as ours do ({type(e).__name__}: {e})") from e


def _newest(history: dict[str, Any]) -> Incident | None:
    document: Incident | None = None
    number = ""
    scheduled: dict[str, dict[str, Any]] = {}
    for event in history.get("events", []):
        asked = event.get("activityTaskScheduledEventAttributes")
        if asked and asked.get("activityType", {}).get("name") == RECORD_INCIDENT:
            scheduled[str(event["eventId"])] = asked
            document = _incident(asked)
        answered = event.get("activityTaskCompletedEventAttributes")
        if answered and str(answered.get("scheduledEventId")) in scheduled:
            number = str(_payload(answered["result"]).get("number", "")) or number
    return document.model_copy(update={"number": number or document.number}) if document else None


def _incident(attributes: dict[str, Any]) -> Incident:
    return Incident.model_validate(_payload(attributes["input"])["incident"])


def _payload(payloads: dict[str, Any]) -> dict[str, Any]:
    """Decode the first payload of a list; JSON in base64, as protobuf's own JSON form writes bytes."""
    data = payloads["payloads"][0]["data"]
    parsed: dict[str, Any] = json.loads(base64.b64decode(data))
    return parsed
