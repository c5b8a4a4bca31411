"""Intake: one server-side call an incident makes alerts durable; nothing is accepted that is not."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx2
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from holdfast.api.intake import LARGEST_SIGNAL, batched, grouped
from holdfast.workflows import names
from tests.api.doors import at, delivery, embedded, fresh, kept, knocking, webhook
from tests.examples import alert
from tests.temporal import BINARY


def _id(service: str, tenant: str = "default") -> str:
    return f"inc/{tenant}/test/{service}"


async def test_an_accepted_alert_is_in_the_history(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """202 means that the workflow exists, on the right queue, with the alert in its history."""
    service = fresh()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    answer = await http.post("/alerts/alertmanager", json=webhook(delivery(service)), headers=headers)
    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "incidents": [{"workflow_id": _id(service), "ref": f"inc:default:test:{service}", "alerts": 1}],
        "trace_id": trace,
    }
    start, batches = await kept(still.client, _id(service))
    assert (start.key.workflow_id, start.trace_id) == (_id(service), trace)
    assert [a.trace_id for b in batches for a in b.alerts] == [trace]


async def test_the_alias_takes_the_same(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """`/webhook/alert` is the same door."""
    service = fresh()
    assert (await http.post("/webhook/alert", json=webhook(delivery(service)))).status_code == 202
    assert len((await kept(still.client, _id(service)))[1]) == 1


async def test_an_incident_can_be_found_by_what_it_is_about(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """Search attributes, summary, priority and time-out are set before any worker has seen it."""
    service = fresh()
    await http.post("/alerts/alertmanager", json=webhook(delivery(service), delivery(service, fingerprint="f2")))
    seen = await still.client.get_workflow_handle(_id(service)).describe()
    found = seen.typed_search_attributes
    assert found[names.TENANT] == "default"
    assert found[names.ENVIRONMENT] == "test"
    assert found[names.SERVICES] == [service]
    assert found[names.STATUS] == "open"
    assert found[names.SEVERITY] == "critical"
    assert found[names.AWAITING_APPROVAL] is False
    assert found[names.ALERT_COUNT] == 2
    assert len(found[names.TRACE_ID]) == 32
    assert seen.task_queue == "incidents"
    assert await seen.static_summary() == f"HighErrorRate on {service} in test"
    priority = seen.raw_description.workflow_execution_info.priority
    assert (priority.priority_key, priority.fairness_key) == (1, "default")
    assert seen.raw_description.execution_config.default_workflow_task_timeout.ToTimedelta() == timedelta(seconds=5)


async def test_the_alerts_of_one_service_are_one_incident(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """A webhook with three alerts on two services opens two incidents, with one signal each."""
    first, second = fresh(), fresh()
    sent = webhook(delivery(first), delivery(second), delivery(first, fingerprint="f2"))
    answer = await http.post("/alerts/alertmanager", json=sent)
    assert [i["alerts"] for i in answer.json()["incidents"]] == [2, 1]
    _, batches = await kept(still.client, _id(first))
    assert [len(b.alerts) for b in batches] == [2]


async def test_a_repeat_joins_the_open_incident(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """The same alert twice, then its end, are three messages to one run and never a second incident."""
    service = fresh()
    gone = delivery(service, status="resolved", endsAt="2026-03-01T03:05:00Z")
    for sent in (delivery(service), delivery(service), gone):
        assert (await http.post("/alerts/alertmanager", json=webhook(sent))).status_code == 202
    _, batches = await kept(still.client, _id(service))
    assert [b.alerts[0].status.value for b in batches] == ["firing", "firing", "resolved"]
    assert len({b.alerts[0].alert_id for b in batches}) == 2


async def test_an_end_that_comes_before_its_beginning_is_taken_too(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """Out of order is the story's to sort out; the door loses neither."""
    service = fresh()
    gone = delivery(service, status="resolved", endsAt="2026-03-01T03:05:00Z")
    for sent in (gone, delivery(service)):
        assert (await http.post("/alerts/alertmanager", json=webhook(sent))).status_code == 202
    _, batches = await kept(still.client, _id(service))
    assert batches[0].alerts[0].supersedes(batches[1].alerts[0])


async def test_a_hundred_at_once_open_one_incident_and_lose_none(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """Deduplication is the server's: no lock of ours, no race."""
    service = fresh()
    sent = [webhook(delivery(service, fingerprint=f"f{n}")) for n in range(100)]
    answers = await asyncio.gather(*(http.post("/alerts/alertmanager", json=s) for s in sent))
    assert {a.status_code for a in answers} == {202}
    _, batches = await kept(still.client, _id(service))
    assert {a.fingerprint for b in batches for a in b.alerts} == {f"f{n}" for n in range(100)}


async def test_a_new_alert_after_the_end_opens_a_new_run(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """The id is the incident's key, so the second run is found beside the first."""
    service = fresh()
    await http.post("/alerts/alertmanager", json=webhook(delivery(service)))
    handle = still.client.get_workflow_handle(_id(service))
    first = await handle.describe()
    await handle.terminate()
    assert (await http.post("/alerts/alertmanager", json=webhook(delivery(service)))).status_code == 202
    second = await handle.describe()
    assert second.status is WorkflowExecutionStatus.RUNNING
    assert second.run_id != first.run_id


async def test_the_tenant_comes_from_the_credential(still: WorkflowEnvironment, tmp_path: Path) -> None:
    """Two sources send the same labels; each opens its own tenant's incident, a stranger none."""
    sources = {"a": {"tenant": "acme", "secret": "secret-of-source-a"}, "b": {"secret": "secret-of-source-b"}}
    settings = embedded(tmp_path, at(still), sources=sources)
    service = fresh()
    sent = webhook(delivery(service, labels={"alertname": "A", "service": service, "env": "test", "tenant": "b"}))
    async with knocking(settings) as http:
        answers = [
            await http.post("/alerts/alertmanager", json=sent, headers={"authorization": f"Bearer {token}"})
            for token in ("secret-of-source-a", "secret-of-source-b", "secret-of-nobody")
        ]
    assert [a.status_code for a in answers] == [202, 202, 401]
    assert answers[0].json()["incidents"][0]["workflow_id"] == _id(service, "acme")
    assert answers[1].json()["incidents"][0]["workflow_id"] == _id(service)


async def test_a_source_over_its_rate_is_told_to_wait(still: WorkflowEnvironment, tmp_path: Path) -> None:
    """429 with Retry-After; what was refused is in no history."""
    service = fresh()
    settings = embedded(tmp_path, at(still), rate_per_second=0.1, rate_burst=1)
    async with knocking(settings) as http:
        answers = [await http.post("/alerts/alertmanager", json=webhook(delivery(service))) for _ in range(2)]
    assert [a.status_code for a in answers] == [202, 429]
    assert int(answers[1].headers["retry-after"]) in range(1, 11)
    assert len((await kept(still.client, _id(service)))[1]) == 1


async def test_a_wrong_alert_refuses_the_whole_webhook(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """Half accepted would be half lost: nothing is started, and the field is named."""
    service = fresh()
    wrong = delivery(service, labels={"alertname": 1})
    answer = await http.post("/alerts/alertmanager", json=webhook(delivery(service), wrong))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "alerts.1.labels.alertname"
    assert [w async for w in still.client.list_workflows(f"WorkflowId = '{_id(service)}'")] == []


async def test_an_incident_opened_by_hand_says_where_it_is(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """202 with the address to read it from, which works for any name."""
    told = {"title": "It hangs", "service": f"pay/ü {fresh()}", "environment": "test", "severity": "high"}
    answer = await http.post("/incidents", json=told)
    assert answer.status_code == 202
    workflow_id = answer.json()["incidents"][0]["workflow_id"]
    _, batches = await kept(still.client, workflow_id)
    assert batches[0].alerts[0].source == "manual"
    assert answer.headers["location"].startswith("/incidents/inc:default:test:pay%252F")


async def test_a_report_with_a_mistake_names_it(http: httpx2.AsyncClient) -> None:
    """422 and nothing opened."""
    answer = await http.post("/incidents", json={"title": "It hangs", "sevrity": "high"})
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"service", "sevrity"}


async def test_what_temporal_cannot_search_by_is_not_accepted(tmp_path: Path) -> None:
    """A server without our search attributes refuses the start; the sender is asked to come again, told why."""
    bare = await WorkflowEnvironment.start_local(dev_server_existing_path=BINARY)
    try:
        async with knocking(embedded(tmp_path, at(bare))) as http:
            answer = await http.post("/alerts/alertmanager", json=webhook(delivery(fresh())))
    finally:
        await bare.shutdown()
    assert answer.status_code == 503
    assert "search attribute Incident" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "2"


def test_batches_stay_small_and_keep_everything() -> None:
    """A webhook larger than a signal goes in several; one alert is never split."""
    alerts = [alert(fingerprint=f"f{n}", annotations={"d": "x" * 1000}) for n in range(1000)]
    batches = batched(alerts)
    assert len(batches) > 1
    assert all(len(b.model_dump_json()) <= LARGEST_SIGNAL + 2000 for b in batches)
    assert [a for b in batches for a in b.alerts] == alerts
    assert [len(b.alerts) for b in batched(alerts[:3], largest=10)] == [1, 1, 1]


def test_groups_keep_the_order_of_arrival() -> None:
    """Within an incident the alerts stand as they were sent."""
    groups = grouped([alert(service="a"), alert(service="b"), alert(service="a", fingerprint="f2")], "acme")
    assert [[a.fingerprint for a in g] for g in groups.values()] == [["f1", "f2"], ["f1"]]


async def test_a_webhook_larger_than_a_signal_is_taken_whole(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """Near the body's limit, every alert of it is in the history."""
    service = fresh()
    many = [delivery(service, fingerprint=f"f{n}", annotations={"d": "x" * 700}) for n in range(800)]
    answer = await http.post("/alerts/alertmanager", json=webhook(*many))
    assert answer.status_code == 202
    _, batches = await kept(still.client, _id(service))
    assert len(batches) > 1
    assert sum(len(b.alerts) for b in batches) == 800
