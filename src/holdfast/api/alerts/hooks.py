"""The doors of the other sources: each proves its sender, reads one payload, and hands its claims to the intake."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, JsonValue

from holdfast.api.alerts.claims import Arrival, Claim, alerts_of
from holdfast.api.alerts.sources import cloudevents, datadog, generic, grafana, opsmedic, pagerduty
from holdfast.api.callers.body import described, validated
from holdfast.api.callers.sources import Sender
from holdfast.api.callers.tracing import current_trace_id
from holdfast.api.house import House, TheHouse
from holdfast.api.intake import Accepted

router = APIRouter(tags=["alerts"])


@dataclass(frozen=True)
class Hook:
    """How one source is read: the shape its documentation gives, the shape of this very body, and its claims."""

    shape: type[BaseModel]
    model_of: Callable[[JsonValue], type[BaseModel]]
    claims: Callable[[Any, datetime], list[Claim]]


HOOKS: dict[str, Hook] = {
    "grafana": Hook(grafana.Webhook, lambda _: grafana.Webhook, grafana.claims),
    "pagerduty": Hook(pagerduty.Webhook, lambda _: pagerduty.Webhook, pagerduty.claims),
    "datadog": Hook(datadog.Webhook, lambda _: datadog.Webhook, datadog.claims),
    "opsmedic": Hook(opsmedic.Payload, lambda _: opsmedic.Payload, opsmedic.claims),
    "generic": Hook(generic.Item, generic.model_of, generic.claims),
}


async def hand_over(house: House, claims: Sequence[Claim], sender: Sender, at: datetime) -> Accepted:
    """Make every claim durable; nothing to claim is accepted without asking anyone.

    Raises:
        Problem: 503 when an incident did not take its alerts.
    """
    trace_id = current_trace_id()
    if not claims:
        return Accepted(accepted=0, incidents=(), trace_id=trace_id)
    arrival = Arrival(rule=house.rule, labels=sender.labels, at=at, trace_id=trace_id)
    return await house.intake.take(alerts_of(claims, arrival), sender.tenant, trace_id)


def _door(hook: Hook) -> Callable[..., Any]:
    async def take(request: Request, house: TheHouse) -> Accepted:
        sent = await house.read(request)
        sender = house.sender(request, sent)
        value = await house.read_json(request, sent)
        payload = validated(hook.model_of(value), value)
        at = datetime.now(UTC)
        return await hand_over(house, hook.claims(payload, at), sender, at)

    return take


for _name, _hook in HOOKS.items():
    router.add_api_route(
        f"/alerts/{_name}",
        _door(_hook),
        methods=["POST"],
        status_code=202,
        name=f"take_{_name}",
        description=_hook.shape.__doc__,
        openapi_extra=described(_hook.shape),
    )


@router.post("/alerts/cloudevents", status_code=202, openapi_extra=described(cloudevents.Event))
async def take_cloudevents(request: Request, house: TheHouse) -> Accepted:
    """Take CloudEvents 1.0 in binary, structured or batched mode."""
    sent = await house.read(request)
    sender = house.sender(request, sent)
    nesting = house.settings.nesting_limit
    events = cloudevents.events_of(request.headers, sent, nesting)
    at = datetime.now(UTC)
    return await hand_over(house, cloudevents.claims(events, at, nesting), sender, at)
