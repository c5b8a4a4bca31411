"""CloudEvents 1.0 over HTTP: one event in headers and body, one in the body, or a batch; each is one claim."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from holdfast.api.alerts.claims import MOST, Claim, unknown
from holdfast.api.alerts.moments import Moment
from holdfast.api.alerts.sources import generic
from holdfast.api.callers import body
from holdfast.api.problems import Problem, invalid

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_ENDINGS = (".resolved", ".recovered", ".closed", ".ok")


class Event(BaseModel):
    """One event. Source: the CloudEvents specification 1.0.2, sections "Context Attributes" and "Event Data"."""

    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=500)
    source: str = Field(min_length=1, max_length=500)
    type: str = Field(min_length=1, max_length=300)
    subject: str | None = Field(default=None, max_length=500)
    time: Moment | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    data: JsonValue = None
    data_base64: Base64Bytes | None = None


class Batch(BaseModel):
    """The events of a batch, which may be none."""

    events: list[Event] = Field(max_length=MOST)


def events_of(headers: Mapping[str, str], sent: bytes, nesting: int) -> list[Event]:
    """Return the events of a request, whichever of the three content modes it uses.

    Source: "HTTP Protocol Binding for CloudEvents 1.0.2", section 3.

    Raises:
        Problem: 400, 415 or 422, with the field that is wrong.
    """
    content_type = headers.get("content-type", "")
    said = content_type.partition(";")[0].strip().lower()
    if said == BATCH:
        return body.validated(Batch, {"events": body.parse(sent, content_type, nesting)}).events
    if said == STRUCTURED:
        return [body.validated(Event, body.parse(sent, content_type, nesting))]
    if "ce-specversion" not in headers:
        raise Problem(415, f"send {STRUCTURED}, {BATCH}, or the event's attributes as headers ce-id, ce-source, …")
    return [_binary(headers, body.parse(sent, content_type, nesting) if sent else None)]


def _binary(headers: Mapping[str, str], data: JsonValue) -> Event:
    # Values are percent-encoded: section 3.1.3.2.
    attributes: dict[str, JsonValue] = {
        k.lower()[3:]: unquote(v) for k, v in headers.items() if k.lower().startswith("ce-")
    }
    attributes["datacontenttype"] = headers.get("content-type", "")
    return body.validated(Event, {**attributes, "data": data})


def claims(events: list[Event], at: datetime, nesting: int) -> list[Claim]:
    """Return one claim an event: its data read as the generic form, with type, subject and time where data is silent.

    Raises:
        Problem: 400 or 422 for data that is no such form.
    """
    return [_claim(event, at, nesting) for event in events]


def _claim(event: Event, at: datetime, nesting: int) -> Claim:
    item = _item(event, nesting)
    said = generic.claim(item, event.time or at, source="cloudevents")
    stem = event.type
    for ending in (*_ENDINGS, ".firing", ".triggered", ".opened"):
        stem = stem.removesuffix(ending)
    identity: dict[str, JsonValue] = {"id": item.id} if item.id else {"type": stem, "subject": event.subject}
    attributes: dict[str, JsonValue] = {"id": event.id, "type": event.type, "subject": event.subject}
    return said.model_copy(
        update={
            "service": said.service or event.subject or "",
            "identity": {"source": event.source, **identity},
            "extra": {**said.extra, "cloudevent": {**attributes, "source": event.source, **_extensions(event)}},
        }
    )


def _extensions(event: Event) -> dict[str, JsonValue]:
    return unknown(event.__pydantic_extra__)


def _item(event: Event, nesting: int) -> generic.Item:
    data = event.data
    if event.data_base64 is not None:
        data = body.parse(event.data_base64, event.datacontenttype or "application/json", nesting)
    if data is not None and not isinstance(data, dict):
        raise Problem(422, "wrong or missing: data", fields=[("data", "send a JSON object, such as the generic form")])
    silent: dict[str, JsonValue] = {
        "title": event.type,
        "status": "resolved" if event.type.endswith(_ENDINGS) else "firing",
    }
    try:
        return generic.Item.model_validate({**silent, **(data or {})})
    except ValidationError as e:
        raise invalid(e, "data") from e
