"""The door SNS knocks at: only topics we know, only with SNS's signature, and only alarms of CloudWatch."""

from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from pydantic import JsonValue

from holdfast.api.alerts.hooks import hand_over
from holdfast.api.alerts.sns.envelope import Envelope
from holdfast.api.alerts.sources import cloudwatch
from holdfast.api.callers import body
from holdfast.api.callers.sources import Sender
from holdfast.api.house import House, TheHouse
from holdfast.api.intake import Accepted
from holdfast.api.problems import Problem

log = structlog.get_logger()

router = APIRouter(tags=["alerts"])

_RAW = "x-amz-sns-rawdelivery"


@router.post("/alerts/cloudwatch", status_code=202, openapi_extra=body.described(Envelope))
async def take_cloudwatch(request: Request, house: TheHouse) -> Accepted:
    """Take CloudWatch's alarms as SNS delivers them, and confirm SNS's subscription."""
    sent = await house.read(request)
    if request.headers.get(_RAW, "").lower() == "true":
        raise Problem(401, "turn off raw message delivery: without its envelope the message bears no signature")
    nesting = house.settings.nesting_limit
    # SNS says text/plain, and means JSON.
    envelope = body.validated(Envelope, body.parse(sent, "application/json", nesting))
    sender = _sender(house, envelope)
    await house.sns.check(envelope)
    at = datetime.now(UTC)
    if envelope.Type == "Notification":
        alarm = body.validated(cloudwatch.Alarm, _message(envelope, nesting))
        return await hand_over(house, cloudwatch.claims(alarm, at), sender, at)
    if envelope.Type == "SubscriptionConfirmation":
        await house.sns.confirm(envelope)
    log.info("sns_subscription", kind=envelope.Type, topic=envelope.TopicArn, source=sender.name)
    return await hand_over(house, [], sender, at)


def _sender(house: House, envelope: Envelope) -> Sender:
    """Return the source of the topic, counted against its rate before anything is fetched for it."""
    sender = house.sources.of_topic(envelope.TopicArn)
    if sender is None:
        why = "no source of kind sns lists this topic; see HOLDFAST_SOURCES"
        raise Problem(401, f"TopicArn: {why}", fields=[("TopicArn", why)])
    house.rates.take(f"source/{sender.name}")
    return sender


def _message(envelope: Envelope, nesting: int) -> JsonValue:
    try:
        return body.parse(envelope.Message.encode(), "application/json", nesting)
    except Problem as e:
        raise Problem(422, "Message: no alarm of CloudWatch", fields=[("Message", e.detail)]) from e
