"""CloudWatch through SNS: a message is believed for SNS's signature alone, and only of topics somebody named."""

import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.api.alerts.sns.trust import SnsTrust, fetch
from holdfast.api.app import create_app
from holdfast.api.house import House
from holdfast.domain.alert import Alert, AlertStatus
from tests.api.doors import at, embedded, fresh, kept
from tests.vendors.sns_server import ELLIPTIC, HOST, OLD, TEXT, TOPIC, Json, SnsServer, sns_server

PLAIN = "text/plain; charset=UTF-8"


@dataclass
class Desk:
    """An API whose way to SNS ends at the local server."""

    http: httpx2.AsyncClient
    sns: SnsServer

    async def post(self, envelope: Json, **headers: str) -> httpx2.Response:
        """Send an envelope as SNS does."""
        sent = {"content-type": PLAIN, "x-amz-sns-message-type": envelope["Type"], **headers}
        return await self.http.post("/alerts/cloudwatch", content=json.dumps(envelope), headers=sent)


@asynccontextmanager
async def _desk(folder: Path, address: str) -> AsyncIterator[Desk]:
    source = {"kind": "sns", "tenant": "acme", "topics": [TOPIC], "labels": {"env": "test"}}
    settings = embedded(folder, address, sources={"aws": source})
    async with sns_server() as sns:
        trust = SnsTrust(lambda url: fetch(sns.local(url)))
        app = create_app(settings, dataclasses.replace(House.build(settings), sns=trust))
        transport = httpx2.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://doors", timeout=30) as http,
        ):
            yield Desk(http, sns)


@pytest.fixture
async def desk(still: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Desk]:
    """The desk before a Temporal server that nothing works on."""
    async with _desk(tmp_path, at(still)) as desk:
        yield desk


def alarm(service: str, state: str = "ALARM", **fields: Any) -> Json:
    """Return an alarm's message as CloudWatch writes it."""
    base: Json = {
        "AlarmName": "checkout-5xx",
        "AlarmDescription": "more than one in ten fails",
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2026-02-01T03:00:00.000+0000",
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: 1 datapoint [12.0] was greater than the threshold (10.0).",
        "StateChangeTime": "2026-03-01T03:20:00.123+0000" if state == "OK" else "2026-03-01T03:00:00.123+0000",
        "Region": "EU (Frankfurt)",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-5xx",
        "OldStateValue": "ALARM" if state == "OK" else "OK",
        "OKActions": [],
        "Trigger": {
            "MetricName": "HTTPCode_Target_5XX_Count",
            "Namespace": "AWS/ApplicationELB",
            "Dimensions": [{"value": service, "name": "service"}],
            "Period": 60,
        },
    }
    return {**base, **fields}


async def _heard(env: WorkflowEnvironment, answer: httpx2.Response) -> list[Alert]:
    assert answer.status_code == 202, answer.text
    [incident] = answer.json()["incidents"]
    _, batches = await kept(env.client, incident["workflow_id"])
    return [a for b in batches for a in b.alerts]


@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_signed_alarm_is_an_alert_of_the_topics_tenant(
    desk: Desk, still: WorkflowEnvironment, version: str
) -> None:
    """Both signature versions hold; dimensions are labels, and the source's own labels name the environment."""
    service = fresh()
    answer = await desk.post(desk.sns.envelope(alarm(service), version))
    [alert] = await _heard(still, answer)
    assert answer.json()["incidents"][0]["workflow_id"] == f"inc/acme/test/{service}"
    assert (alert.name, alert.source, alert.service) == ("checkout-5xx", "cloudwatch", service)
    assert alert.summary.startswith("Threshold Crossed")
    assert alert.annotations["description"] == "more than one in ten fails"
    assert alert.extra["trigger"] == {"Period": 60}
    assert alert.extra["OKActions"] == []


async def test_resolved_first_and_doubled(desk: Desk, still: WorkflowEnvironment) -> None:
    """An end that overtook its beginning stays the end; the same message twice is one claim."""
    service = fresh()
    await desk.post(desk.sns.envelope(alarm(service, "OK")))
    for _ in range(2):
        answer = await desk.post(desk.sns.envelope(alarm(service), Subject=None))
    resolved, firing, again = await _heard(still, answer)
    assert resolved.status is AlertStatus.RESOLVED
    assert not firing.supersedes(resolved)
    assert firing.alert_id == again.alert_id


async def test_missing_data_burns_only_after_an_alarm(desk: Desk, still: WorkflowEnvironment) -> None:
    """A new alarm begins without data, which is no trouble yet."""
    service = fresh()
    began = await desk.post(desk.sns.envelope(alarm(service, "INSUFFICIENT_DATA")))
    assert (began.status_code, began.json()["accepted"]) == (202, 0)
    lost = await desk.post(desk.sns.envelope(alarm(service, "INSUFFICIENT_DATA", OldStateValue="ALARM")))
    assert (await _heard(still, lost))[0].status is AlertStatus.FIRING


async def test_the_certificate_is_fetched_once(desk: Desk) -> None:
    """Every later message is checked without asking SNS."""
    for _ in range(3):
        assert (await desk.post(desk.sns.envelope(alarm(fresh())))).status_code == 202
    assert len(desk.sns.asked) == 1


async def test_a_subscription_is_confirmed_by_visiting_its_address(desk: Desk) -> None:
    """Only after its signature held; while SNS is away the question comes again."""
    desk.sns.status = 503
    assert (await desk.post(desk.sns.question())).status_code == 503
    desk.sns.status = 403
    assert (await desk.post(desk.sns.question())).status_code == 401
    desk.sns.status = 200
    answer = await desk.post(desk.sns.question())
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert desk.sns.asked[-1] == f"/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
    visits = len(desk.sns.asked)
    assert (await desk.post(desk.sns.question(Type="UnsubscribeConfirmation"))).status_code == 202
    assert len(desk.sns.asked) == visits


@pytest.mark.parametrize(
    "fields",
    [
        {"SigningCertURL": "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789ab.pem"},
        {
            "SigningCertURL": "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-01234567.pem"
        },
        {"SigningCertURL": "https://evil.example/SimpleNotificationService-0123456789ab.pem"},
        {
            "SigningCertURL": "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-01234567.pem"
        },
        {"SigningCertURL": "https://sns.eu-central-1.amazonaws.com:444/SimpleNotificationService-0123456789ab.pem"},
        {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789ab.pem"},
        {"SigningCertURL": f"{HOST}/bucket/mine.pem"},
        {"SigningCertURL": f"{HOST}/SimpleNotificationService-0123456789ab.pem?Action=Publish"},
        {"SigningCertURL": "https://[sns/SimpleNotificationService-0123456789ab.pem"},
        {"SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"},
        {"SubscribeURL": f"{HOST}/?Action=DeleteTopic&TopicArn={TOPIC}"},
        {"SubscribeURL": f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}-other"},
        {"SubscribeURL": None},
        {"SignatureVersion": "3"},
        {"Type": "Gossip"},
    ],
)
async def test_no_address_but_snss_own_is_visited(desk: Desk, fields: Json) -> None:
    """Whatever is signed, neither certificate nor confirmation is fetched from anywhere else."""
    told = {**desk.sns.question(), **fields}
    answer = await desk.post({k: v for k, v in told.items() if v is not None})
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert desk.sns.asked == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Message": "{}"},
        {"Subject": "another"},
        {"Signature": "AAAA"},
        {"Signature": "no base64!"},
        {"SignatureVersion": "1"},
        {"SigningCertURL": HOST + OLD},
        {"SigningCertURL": HOST + ELLIPTIC},
        {"SigningCertURL": HOST + TEXT},
    ],
)
async def test_what_sns_did_not_sign_is_refused(desk: Desk, fields: Json) -> None:
    """An altered message, a false signature, or a certificate that is stale, of another kind, or none."""
    answer = await desk.post({**desk.sns.envelope(alarm("s")), **fields})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["field"] in ("Signature", "SigningCertURL")


@pytest.mark.parametrize("off", [timedelta(hours=2), timedelta(minutes=-10)])
async def test_a_replayed_message_is_refused(desk: Desk, off: timedelta) -> None:
    """Older than SNS ever tries, or from the future: refused before anything is fetched."""
    answer = await desk.post(desk.sns.envelope(alarm("s"), Timestamp=(datetime.now(UTC) - off).isoformat()))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (401, "Timestamp")
    assert desk.sns.asked == []


async def test_a_message_of_an_unknown_topic_is_refused(desk: Desk, http: httpx2.AsyncClient) -> None:
    """Also in the embedded stack, where anybody else may send: here an address is visited."""
    other = await desk.post(desk.sns.envelope(alarm("s"), TopicArn=TOPIC + "2"))
    assert (other.status_code, other.json()["errors"][0]["field"]) == (401, "TopicArn")
    envelope = desk.sns.envelope(alarm("s"))
    assert (await http.post("/alerts/cloudwatch", json=envelope)).status_code == 401
    assert desk.sns.asked == []


@pytest.mark.parametrize("message", ["hello", "[]", '{"AlarmName": "a"}', "[" * 50])
async def test_a_message_that_is_no_alarm_is_refused(desk: Desk, message: str) -> None:
    """SNS is believed, but CloudWatch did not write this."""
    answer = await desk.post(desk.sns.envelope(message))
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_raw_delivery_is_told_how_to_mend_it(desk: Desk) -> None:
    """Without the envelope there is no signature."""
    answer = await desk.post({"Type": "raw"}, **{"x-amz-sns-rawdelivery": "true"})
    assert answer.status_code == 401
    assert "raw message delivery" in answer.json()["detail"]


async def test_malformed_and_huge_are_refused(desk: Desk) -> None:
    """Limits hold here as at every door."""
    for content, status in ((b"{", 400), (b"x" * 1_100_000, 413), (b"{}", 422), (b'{"Message": 7}', 422)):
        answer = await desk.http.post("/alerts/cloudwatch", content=content, headers={"content-type": PLAIN})
        assert answer.status_code == status


async def test_nothing_is_accepted_while_temporal_is_away(tmp_path: Path) -> None:
    """503: SNS tries again, and its own delivery policy says how often."""
    async with _desk(tmp_path, "127.0.0.1:1") as desk:
        assert (await desk.post(desk.sns.envelope(alarm("s")))).status_code == 503
