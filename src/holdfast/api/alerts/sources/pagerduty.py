"""PagerDuty's version 3 webhook: one event a request, of which those about an incident itself are claims."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from holdfast.api.alerts.claims import Claim, unknown
from holdfast.api.alerts.moments import Moment
from holdfast.api.problems import invalid
from holdfast.domain.alert import AlertStatus

# Only these change whether it burns; every other event says that the incident goes on as it was.
_CHANGES = frozenset({"incident.triggered", "incident.reopened", "incident.resolved"})


class Reference(BaseModel):
    """PagerDuty's pointer to a thing: its id, and its name as `summary`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = ""
    summary: str | None = None


class Incident(BaseModel):
    """The data of an event about an incident. Source: "Webhooks v3 Overview", section "Event Data Types"."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = Field(min_length=1, max_length=100)
    status: Literal["triggered", "acknowledged", "resolved"]
    title: str = ""
    created_at: Moment
    service: Reference
    html_url: str | None = None
    priority: Reference | None = None
    urgency: str | None = None


class Event(BaseModel):
    """What happened; `data` depends on its own `type`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = Field(default="", max_length=100)
    event_type: str = Field(min_length=1, max_length=100)
    occurred_at: Moment
    data: dict[str, JsonValue] = Field(default_factory=dict)


class Webhook(BaseModel):
    """The payload. Source: "Webhooks v3 Overview", section "Webhook Payload"."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event: Event


def claims(webhook: Webhook, _at: datetime) -> list[Claim]:
    """Return the event's claim, or nothing for a ping, a note, a responder or a service.

    Raises:
        Problem: 422 that names every wrong field of the incident.
    """
    event = webhook.event
    if event.data.get("type") != "incident" or not event.event_type.startswith("incident."):
        return []
    try:
        incident = Incident.model_validate(event.data)
    except ValidationError as e:
        raise invalid(e, "event.data") from e
    return [_claim(event, incident)]


def _claim(event: Event, incident: Incident) -> Claim:
    over = incident.status == "resolved"
    return Claim(
        source="pagerduty",
        identity={"incident": incident.id},
        status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        name=incident.title,
        service=incident.service.summary or incident.service.id,
        summary=incident.title,
        labels=_labels(incident),
        # A reopened incident keeps its creation, so only the moment of the change tells one firing from the next.
        starts_at=event.occurred_at if event.event_type in _CHANGES else incident.created_at,
        ends_at=event.occurred_at if over else None,
        url=incident.html_url or "",
        extra={
            "event": event.event_type,
            "event_id": event.id,
            "created_at": incident.created_at.isoformat(),
            **unknown(event.__pydantic_extra__),
            "incident": unknown(incident.__pydantic_extra__),
        },
    )


def _labels(incident: Incident) -> dict[str, str]:
    priority = (incident.priority.summary or "") if incident.priority else ""
    told = {
        "alertname": incident.title,
        "service": incident.service.summary or incident.service.id,
        "pagerduty_incident": incident.id,
        "urgency": incident.urgency or "",
        "severity": priority or incident.urgency or "",
    }
    return {k: v for k, v in told.items() if v}
