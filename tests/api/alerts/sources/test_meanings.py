"""What each source means by its own words: severities, ends, names, and the things that are no alert at all."""

import base64
import json
from typing import Any

import httpx2
import pytest
from pydantic_core import to_json
from temporalio.testing import WorkflowEnvironment

from holdfast.api.alerts.sources.opsmedic import LARGEST_CONTEXT, Context, fitted
from holdfast.domain.alert import AlertStatus, Severity
from tests.api.alerts.sources import payloads
from tests.api.alerts.sources.payloads import Json
from tests.api.alerts.sources.test_doors import heard, post
from tests.api.doors import fresh


async def test_grafana_says_the_group_once_and_names_the_rule_that_cannot_be_evaluated(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """Its own fingerprint and environment hold; a DatasourceError bears the rule's name too."""
    service = fresh()
    error = {"alertname": "DatasourceError", "rulename": "Latency", "service": service, "env": "test"}
    payload = payloads.grafana(service)
    payload["alerts"].append({**payload["alerts"][0], "labels": error, "fingerprint": "f2", "values": None})
    first, second = await heard(still, await post(http, "grafana", payload))
    assert (first.fingerprint, first.environment) == ("c6eadffa33fcdf37", "test")
    assert first.summary == f"{service} uses much memory"
    assert first.extra["values"] == {"B": 44.2, "C": 1}
    assert first.extra["group"]["orgId"] == 1  # type: ignore[index,call-overload] # JSON that this test sent
    assert second.name == "DatasourceError: Latency"
    assert "group" not in second.extra


async def test_a_priority_of_pagerduty_is_the_severity(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """P1 is critical; without a priority the urgency tells; without a service's name its id does."""
    service = fresh()
    [first] = await heard(still, await post(http, "pagerduty", payloads.pagerduty(service)))
    assert (first.severity, first.name) == (Severity.CRITICAL, "A little bump in the road")
    assert first.generator_url == "https://acme.pagerduty.example/incidents/PGR0VU2"
    calm = payloads.pagerduty(service, priority=None, urgency="low", title="")
    calm["event"]["data"]["service"] = {"id": service, "summary": None}
    second = (await heard(still, await post(http, "pagerduty", calm)))[-1]
    assert (second.severity, second.name, second.service) == (Severity.LOW, "unnamed", service)


async def test_a_reopened_incident_of_pagerduty_fires_again(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """It keeps its creation, so the moment of reopening makes it newer than its end."""
    service = fresh()
    await post(http, "pagerduty", payloads.pagerduty(service, over=True))
    reopened = payloads.pagerduty(service)
    reopened["event"] |= {"event_type": "incident.reopened", "occurred_at": "2026-03-01T04:00:00Z"}
    acknowledged = payloads.pagerduty(service, status="acknowledged")
    acknowledged["event"] |= {"event_type": "incident.acknowledged", "occurred_at": "2026-03-01T05:00:00Z"}
    await post(http, "pagerduty", reopened)
    resolved, again, seen = await heard(still, await post(http, "pagerduty", acknowledged))
    assert again.supersedes(resolved)
    assert seen.status is AlertStatus.FIRING
    assert not seen.supersedes(resolved)


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("pagey.ping", {"message": "Hello from your friend Pagey!", "type": "ping"}),
        ("incident.annotated", {"id": "P2LA89X", "content": "seen", "type": "incident_note"}),
        ("service.updated", {"id": "PF9KMXH", "type": "service"}),
    ],
)
async def test_what_is_no_claim_is_accepted_and_does_nothing(
    away: httpx2.AsyncClient, event_type: str, data: Json
) -> None:
    """PagerDuty disables a webhook that refuses; a ping needs nobody, not even Temporal."""
    event = {"id": "1", "event_type": event_type, "occurred_at": payloads.AT, "data": data}
    answer = await post(away, "pagerduty", {"event": event})
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)


async def test_datadog_tags_are_labels_and_its_title_loses_its_prefix(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """The first of two equal tags counts; a variable left unfilled says nothing."""
    service = fresh()
    sent = payloads.datadog(service, priority="$ALERT_PRIORITY", metric="$ALERT_METRIC", alert_id=1234)
    [alert] = await heard(still, await post(http, "datadog", sent))
    assert alert.name == f"Errors of {service}"
    assert (alert.environment, alert.severity) == ("test", Severity.HIGH)
    assert alert.labels["monitor"] == "1234"
    assert "metric" not in alert.labels


@pytest.mark.parametrize("transition", ["Triggered", "Re-Triggered", "No Data", "Warn", "Renotify", "Something new"])
async def test_every_transition_of_datadog_but_recovery_burns(
    http: httpx2.AsyncClient, still: WorkflowEnvironment, transition: str
) -> None:
    """A word nobody knows is rather an alert too many than one lost."""
    sent = payloads.datadog(fresh(), transition=transition, date=str(1772334000000))
    assert (await heard(still, await post(http, "datadog", sent)))[0].status is AlertStatus.FIRING


async def test_the_generic_form_takes_one_or_several(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """A title is enough; then the moment it came is its beginning and the title its service."""
    service = fresh()
    both = {"alerts": [payloads.generic(service), payloads.generic(service, id="other", severity="sev3")]}
    first, second = await heard(still, await post(http, "generic", both))
    assert (first.severity, second.severity) == (Severity.CRITICAL, Severity.MEDIUM)
    assert first.labels["team"] == "blue"
    [bare] = await heard(still, await post(http, "generic", {"title": service}))
    assert (bare.service, bare.environment, bare.severity) == (service, "production", Severity.MEDIUM)


async def test_opsmedic_keeps_its_context_with_the_alert(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """Container, objective, metrics, traces and logs are all there to be read."""
    service = fresh()
    [alert] = await heard(still, await post(http, "opsmedic", payloads.opsmedic(service)))
    assert (alert.name, alert.summary) == ("latency-p99", f"{service} breaches latency-p99")
    assert alert.labels["image"] == "registry.example/shop:1.4.2"
    assert alert.labels["opsmedic_incident"] == "om-7"
    assert alert.annotations["trace_ids"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert alert.extra["breached_slo"] == {"name": "latency-p99", "threshold": 0.5, "actual": 2.25}
    assert alert.extra["observability_context"] == {
        "metrics_snapshot": {"http_p99_seconds": 2.25, "cpu": 0.93},
        "trace_ids": ["4bf92f3577b34da6a3ce929d0e0e4736"],
        "correlated_logs": ["ERROR pool exhausted", "ERROR timeout"],
        "left_out": {},
    }


async def test_an_objective_may_be_a_bare_name(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """And everything but the four required things may be missing."""
    sent = payloads.opsmedic(fresh(), breached_slo="errors")
    del sent["observability_context"]
    [alert] = await heard(still, await post(http, "opsmedic", sent))
    assert alert.name == "errors"


_CONTEXTS: list[Json] = [
    {"correlated_logs": [f"line {n} " + "x" * 200 for n in range(1000)]},
    {"correlated_logs": "\n".join(f"line {n}" for n in range(5000))},
    {"correlated_logs": [{"n": n, "text": "ü" * 100} for n in range(200)], "metrics_snapshot": {"a": "x" * 9000}},
    {"trace_ids": ["t" * 4000] * 900, "metrics_snapshot": [1.5] * 5000, "more": "y" * 9000},
]


@pytest.mark.parametrize("fields", _CONTEXTS)
def test_a_large_context_keeps_its_newest_lines_and_says_what_is_left_out(fields: dict[str, Any]) -> None:
    """It fits, and the cut is counted."""
    kept = fitted(Context(**fields))
    assert len(to_json(kept)) <= LARGEST_CONTEXT + 400
    assert kept["left_out"]
    logs = kept["correlated_logs"]
    if "correlated_logs" in fields:
        assert isinstance(logs, list)
        assert logs
        whole = fields["correlated_logs"]
        assert logs[-1] == (whole.splitlines() if isinstance(whole, str) else whole)[-1]


async def test_cloudevents_in_binary_mode(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """Attributes are headers, percent-encoded; the body is the data."""
    service = fresh("säge")
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "7",
        "ce-source": "/fleet",
        "ce-type": "disk%20full",
        "ce-subject": service.replace("ä", "%C3%A4"),
        "ce-time": payloads.AT,
        "content-type": "application/json",
    }
    answer = await http.post("/alerts/cloudevents", content=b'{"environment": "test"}', headers=headers)
    [alert] = await heard(still, answer)
    assert (alert.name, alert.service) == ("disk full", service)
    bare = {k: v for k, v in headers.items() if k != "content-type"}
    again = await http.post("/alerts/cloudevents", headers=bare)
    assert (await heard(still, again))[0].name == "disk full"


async def test_cloudevents_in_a_batch(http: httpx2.AsyncClient, still: WorkflowEnvironment) -> None:
    """A batch is many claims or none; base64 data is read as what it says it is."""
    service = fresh()
    data = base64.b64encode(b'{"title": "Net", "environment": "test"}').decode()
    second = payloads.cloudevent(service, id="2", type="com.example.net", data_base64=data)
    del second["data"]
    headers = {"content-type": "application/cloudevents-batch+json; charset=utf-8"}
    content = json.dumps([payloads.cloudevent(service), second])
    answer = await http.post("/alerts/cloudevents", content=content, headers=headers)
    first, other = await heard(still, answer)
    assert first.extra["cloudevent"]["comexampleextension1"] == "value"  # type: ignore[index,call-overload] # as sent
    assert other.name == "Net"
    assert first.fingerprint != other.fingerprint
    nothing = await http.post("/alerts/cloudevents", content="[]", headers=headers)
    assert (nothing.status_code, nothing.json()["accepted"]) == (202, 0)


async def test_base64_that_holds_no_json_is_refused(http: httpx2.AsyncClient) -> None:
    """The event is fine, its data is not."""
    sent = payloads.cloudevent("s", data_base64="AAAA")
    del sent["data"]
    assert (await post(http, "cloudevents", sent)).status_code == 400
