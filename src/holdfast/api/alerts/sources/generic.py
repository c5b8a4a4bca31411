"""Any program of your own: a documented JSON form for one alert, or several under `alerts`."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from holdfast.api.alerts.claims import MOST, Claim, unknown
from holdfast.api.alerts.moments import Moment
from holdfast.domain.alert import AlertStatus

_OVER = frozenset({"resolved", "ok", "closed", "recovered", "inactive"})
_BURNING = frozenset({"firing", "open", "triggered", "alerting", "active", "problem"})


def _status(said: object) -> object:
    word = said.strip().lower() if isinstance(said, str) else said
    if word in _OVER:
        return AlertStatus.RESOLVED
    return AlertStatus.FIRING if word in _BURNING else said


class Item(BaseModel):
    """One alert. `id` tells which alert it is; without it the title, the service and the labels do."""

    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)

    title: str = Field(min_length=1, max_length=300)
    status: Annotated[AlertStatus, BeforeValidator(_status)] = AlertStatus.FIRING
    id: str = Field(default="", max_length=500)
    service: str = Field(default="", max_length=200)
    environment: str = Field(default="", max_length=100)
    severity: str = Field(default="", max_length=40)
    description: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: Moment | None = Field(default=None, description="When it began; empty: when it came.")
    ends_at: Moment | None = None
    url: str = ""


class Items(BaseModel):
    """Several alerts at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alerts: list[Item] = Field(min_length=1, max_length=MOST)


def model_of(value: JsonValue) -> type[Item] | type[Items]:
    """Return whether the body is one alert or several."""
    return Items if isinstance(value, dict) and "alerts" in value else Item


def claims(body: Item | Items, at: datetime) -> list[Claim]:
    """Return one claim an alert."""
    return [claim(item, at) for item in (body.alerts if isinstance(body, Items) else [body])]


def claim(item: Item, at: datetime, source: str = "generic") -> Claim:
    """Return the claim that `item` makes; what it says outside `labels` wins over its labels."""
    own = {"service": item.service, "environment": item.environment, "severity": item.severity}
    labels = {**item.labels, "alertname": item.title, **{k: v for k, v in own.items() if v}}
    identity: dict[str, JsonValue] = {"id": item.id} if item.id else {**labels, "severity": ""}
    over = item.status is AlertStatus.RESOLVED
    return Claim(
        source=source,
        identity=identity,
        status=item.status,
        name=item.title,
        service=item.service,
        summary=item.description or item.annotations.get("summary", ""),
        labels=labels,
        annotations=item.annotations,
        starts_at=item.starts_at or at,
        ends_at=item.ends_at or (at if over else None),
        url=item.url,
        extra=unknown(item.__pydantic_extra__),
    )
