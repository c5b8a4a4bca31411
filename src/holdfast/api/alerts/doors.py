"""The doors alerts come in by: recognised, translated, handed over, and answered 202 once they are durable."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from holdfast.api.alerts import alertmanager, manual
from holdfast.api.callers.body import described, validated
from holdfast.api.callers.people import EVERY_TENANT
from holdfast.api.callers.sources import Sender
from holdfast.api.callers.tracing import current_trace_id
from holdfast.api.house import House, TheHouse
from holdfast.api.intake import Accepted
from holdfast.api.reading import address_of

router = APIRouter(tags=["alerts"])

_ALERTMANAGER = described(alertmanager.Webhook)


@router.post("/alerts/alertmanager", status_code=202, openapi_extra=_ALERTMANAGER)
@router.post("/webhook/alert", status_code=202, openapi_extra=_ALERTMANAGER)
async def take_alertmanager(request: Request, house: TheHouse) -> Accepted:
    """Take a webhook of Alertmanager, version 4."""
    sent = await house.read(request)
    sender = house.sender(request, sent)
    webhook = validated(alertmanager.Webhook, await house.read_json(request, sent))
    trace_id = current_trace_id()
    webhook = alertmanager.labelled(webhook, sender.labels)
    alerts = alertmanager.translate(webhook, house.rule, datetime.now(UTC), trace_id)
    return await house.intake.take(alerts, sender.tenant, trace_id)


@router.post("/incidents", status_code=202, openapi_extra=described(manual.Report))
async def open_incident(request: Request, response: Response, house: TheHouse) -> Accepted:
    """Open an incident by hand, or join the one that is open on that service."""
    sent = await house.read(request)
    sender = _opener(request, house, sent)
    report = validated(manual.Report, await house.read_json(request, sent))
    trace_id = current_trace_id()
    alert = manual.translate(report, house.settings.default_environment, datetime.now(UTC), trace_id)
    accepted = await house.intake.take([alert], sender.tenant, trace_id)
    response.headers["Location"] = address_of(accepted.incidents[0].workflow_id)
    return accepted


def _opener(request: Request, house: House, sent: bytes) -> Sender:
    """Return who opens it: a person with their own token, or a source."""
    person = house.people.holder(request.headers.get("authorization", ""))
    if person is None:
        return house.sender(request, sent)
    house.rates.take(f"person/{person.identity}")
    own = person.tenant != EVERY_TENANT
    return Sender(name=person.identity, tenant=person.tenant if own else house.settings.tenant)
