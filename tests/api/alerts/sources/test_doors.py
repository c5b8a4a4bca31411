"""Every door the same way: what is good becomes one durable alert, and what is wrong is named and kept out."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.alert import Alert, AlertStatus
from tests.api.alerts.sources.payloads import BUILDERS, Json
from tests.api.doors import fresh, kept

DOORS = sorted(BUILDERS)
CONTENT = {"cloudevents": "application/cloudevents+json"}


async def post(http: httpx2.AsyncClient, door: str, payload: Any, **headers: str) -> httpx2.Response:
    """Send JSON to a door with the content type its source uses."""
    content_type = {"content-type": CONTENT.get(door, "application/json")}
    return await http.post(f"/alerts/{door}", content=json.dumps(payload), headers=content_type | headers)


async def heard(env: WorkflowEnvironment, answer: httpx2.Response) -> list[Alert]:
    """Return every alert that the one incident of an answer has in its history."""
    assert answer.status_code == 202, answer.text
    [incident] = answer.json()["incidents"]
    _, batches = await kept(env.client, incident["workflow_id"])
    return [a for b in batches for a in b.alerts]


@pytest.mark.parametrize("door", DOORS)
async def test_an_accepted_alert_is_in_the_history(
    http: httpx2.AsyncClient, still: WorkflowEnvironment, door: str
) -> None:
    """202 means durable, with the source's name, its own service, and the trace id of the request."""
    service = fresh()
    answer = await post(http, door, BUILDERS[door](service))
    [alert] = await heard(still, answer)
    assert (alert.source, alert.service, alert.status) == (door, service, AlertStatus.FIRING)
    assert alert.starts_at.isoformat() == "2026-03-01T03:00:00+00:00"
    assert alert.trace_id == answer.json()["trace_id"]


@pytest.mark.parametrize("door", DOORS)
async def test_the_end_belongs_to_its_beginning_whichever_comes_first(
    http: httpx2.AsyncClient, still: WorkflowEnvironment, door: str
) -> None:
    """Resolved and firing carry one fingerprint to one incident, and resolved wins in either order."""
    service = fresh()
    await post(http, door, BUILDERS[door](service, over=True))
    resolved, firing = await heard(still, await post(http, door, BUILDERS[door](service)))
    assert (resolved.status, firing.status) == (AlertStatus.RESOLVED, AlertStatus.FIRING)
    assert resolved.fingerprint == firing.fingerprint
    assert resolved.supersedes(firing)
    assert not firing.supersedes(resolved)
    assert resolved.ends_at is not None


@pytest.mark.parametrize("door", DOORS)
async def test_a_repeat_is_the_same_claim(http: httpx2.AsyncClient, still: WorkflowEnvironment, door: str) -> None:
    """A sender that tries again makes no second incident and no second claim."""
    payload = BUILDERS[door](fresh())
    await asyncio.gather(*(post(http, door, payload) for _ in range(3)))
    alerts = await heard(still, await post(http, door, payload))
    assert len(alerts) == 4
    assert len({a.alert_id for a in alerts}) == 1


@pytest.mark.parametrize("door", DOORS)
async def test_a_field_nobody_knows_is_kept(http: httpx2.AsyncClient, still: WorkflowEnvironment, door: str) -> None:
    """What the source says beyond its documentation travels with the alert."""
    [alert] = await heard(still, await post(http, door, BUILDERS[door](fresh(), novelty={"a": [1, None]})))
    assert '"novelty":{"a":[1,null]}' in json.dumps(alert.extra, separators=(",", ":"))


@pytest.mark.parametrize("door", DOORS)
async def test_what_is_no_json_is_refused(http: httpx2.AsyncClient, door: str) -> None:
    """Malformed, too deep, not JSON at all or of the wrong type: a problem with a status of its own."""
    headers = {"content-type": CONTENT.get(door, "application/json")}
    for content, status in ((b'{"alerts": [', 400), (b"[" * 40 + b"]" * 40, 400), (b"[]", 422), (b"7", 422)):
        answer = await http.post(f"/alerts/{door}", content=content, headers=headers)
        assert answer.status_code == status, content
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await http.post(f"/alerts/{door}", content=b"a=b", headers={"content-type": "text/csv"})
    assert answer.status_code == 415


@pytest.mark.parametrize("door", DOORS)
async def test_a_huge_body_is_refused(http: httpx2.AsyncClient, door: str) -> None:
    """More than the limit is not read."""
    answer = await post(http, door, BUILDERS[door](fresh(), blob="x" * 1_100_000))
    assert answer.status_code == 413


@pytest.mark.parametrize("door", DOORS)
async def test_a_large_alert_is_cut_and_taken(http: httpx2.AsyncClient, still: WorkflowEnvironment, door: str) -> None:
    """Below the body's limit nothing is too large to be accepted; what it lost is noted."""
    [alert] = await heard(still, await post(http, door, BUILDERS[door](fresh(), blob="ü" * 100_000)))
    assert len(alert.model_dump_json()) < 9000
    assert "cut_bytes" in alert.extra


@pytest.mark.parametrize("door", DOORS)
async def test_nothing_is_accepted_while_temporal_is_away(away: httpx2.AsyncClient, door: str) -> None:
    """503 and Retry-After: the sender keeps it."""
    answer = await post(away, door, BUILDERS[door](fresh()))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


WRONG: list[tuple[str, Json, str]] = [
    ("grafana", {"alerts": []}, "alerts"),
    ("grafana", BUILDERS["grafana"]("s", labels={"a": 1}), "alerts.0.labels.a"),
    ("grafana", BUILDERS["grafana"]("s", startsAt="soon"), "alerts.0.startsAt"),
    ("grafana", BUILDERS["grafana"]("s", status="maybe"), "alerts.0.status"),
    ("pagerduty", {}, "event"),
    ("pagerduty", BUILDERS["pagerduty"]("s", status="lost"), "event.data.status"),
    ("pagerduty", BUILDERS["pagerduty"]("s", created_at="2026-03-01T03:00:00"), "event.data.created_at"),
    ("pagerduty", BUILDERS["pagerduty"]("s", urgency=7), "event.data.urgency"),
    ("datadog", {}, "alert_id"),
    ("datadog", BUILDERS["datadog"]("s", date="$DATE"), "date"),
    ("datadog", BUILDERS["datadog"]("s", tags=["a"]), "tags"),
    ("datadog", BUILDERS["datadog"]("s", transition=""), "transition"),
    ("generic", {"title": " "}, "title"),
    ("generic", BUILDERS["generic"]("s", status="purple"), "status"),
    ("generic", BUILDERS["generic"]("s", starts_at="2026-03-01T03:00:00"), "starts_at"),
    ("generic", {"alerts": []}, "alerts"),
    ("generic", {"alerts": [{"title": "a"}, {"title": 7}]}, "alerts.1.title"),
    ("opsmedic", BUILDERS["opsmedic"]("s", breached_slo=7), "breached_slo"),
    ("opsmedic", BUILDERS["opsmedic"]("s", container_info={"id": "1"}), "container_info.name"),
    ("opsmedic", BUILDERS["opsmedic"]("s", timestamp="noon"), "timestamp"),
    (
        "opsmedic",
        BUILDERS["opsmedic"]("s", observability_context={"trace_ids": "a"}),
        "observability_context.trace_ids",
    ),
    ("cloudevents", BUILDERS["cloudevents"]("s", specversion="0.3"), "specversion"),
    ("cloudevents", BUILDERS["cloudevents"]("s", id=""), "id"),
    ("cloudevents", BUILDERS["cloudevents"]("s", time="noon"), "time"),
    ("cloudevents", BUILDERS["cloudevents"]("s", data="text"), "data"),
    ("cloudevents", BUILDERS["cloudevents"]("s", data={"status": "purple"}), "data.status"),
]


@pytest.mark.parametrize(("door", "payload", "field"), WRONG)
async def test_a_wrong_field_is_named(http: httpx2.AsyncClient, door: str, payload: Json, field: str) -> None:
    """422 tells the sender exactly where it went wrong."""
    answer = await post(http, door, payload)
    assert answer.status_code == 422
    assert any(e["field"].startswith(field) for e in answer.json()["errors"]), answer.text
