"""One payload a source, shaped as its documentation shows it, about whichever service a test names."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
AT = "2026-03-01T03:00:00Z"
LATER = "2026-03-01T03:20:00Z"


def grafana(service: str, *, over: bool = False, **fields: Any) -> Json:
    """Return a group of one alert. Source: "Configure webhook notifications", section "Default JSON payload"."""
    alert: Json = {
        "status": "resolved" if over else "firing",
        "labels": {"alertname": "High memory usage", "service": service, "env": "test", "team": "blue"},
        "annotations": {"summary": f"{service} uses much memory"},
        "startsAt": AT,
        "endsAt": LATER if over else "0001-01-01T00:00:00Z",
        "values": {"B": 44.2, "C": 1},
        "generatorURL": "https://grafana.example/alerting/1afz29v7z/edit",
        "fingerprint": "c6eadffa33fcdf37",
        "silenceURL": "https://grafana.example/alerting/silence/new",
        "dashboardURL": "",
        "panelURL": "",
        "orgId": 1,
    }
    return {
        "receiver": "holdfast",
        "status": alert["status"],
        "orgId": 1,
        "alerts": [{**alert, **fields}],
        "groupLabels": {"alertname": "High memory usage"},
        "commonLabels": {"team": "blue"},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example/",
        "version": "1",
        "groupKey": '{}:{alertname="High memory usage"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:1] High memory usage",
        "state": "alerting",
        "message": "**Firing**",
    }


def pagerduty(service: str, *, over: bool = False, **fields: Any) -> Json:
    """Return an event about an incident. Source: "Webhooks v3 Overview", section "Webhook Payload"."""
    data: Json = {
        "id": "PGR0VU2",
        "type": "incident",
        "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.example/incidents/PGR0VU2",
        "number": 2,
        "status": "resolved" if over else "triggered",
        "incident_key": "d3640fbd41094207a1c11e58e46b1662",
        "created_at": AT,
        "title": "A little bump in the road",
        "service": {"id": "PF9KMXH", "summary": service, "type": "service_reference"},
        "assignees": [{"id": "PTUXL6G", "summary": "User 123", "type": "user_reference"}],
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        "urgency": "high",
        "resolve_reason": None,
    }
    return {
        "event": {
            "id": "01BRB6ZP4M6T8ZG4X6BP63ZB9O",
            "event_type": "incident.resolved" if over else "incident.triggered",
            "resource_type": "incident",
            "occurred_at": LATER if over else AT,
            "agent": None,
            "client": None,
            "data": {**data, **fields},
        }
    }


def datadog(service: str, *, over: bool = False, **fields: Any) -> Json:
    """Return the guide's template filled in. Source: Datadog's "Webhooks", section "Variables"."""
    base: Json = {
        "alert_id": "1234",
        "title": f"[{'Recovered' if over else 'Triggered'} on {{host:web-1}}] Errors of {service}",
        "transition": "Recovered" if over else "Triggered",
        "type": "success" if over else "error",
        "priority": "P2",
        "date": 1772335200000 if over else 1772334000000,
        "text": f"{service} answers 5xx",
        "scope": "host:web-1",
        "tags": f"env:test,service:{service},monitor,env:other",
        "host": "web-1",
        "metric": "trace.http.errors",
        "link": "https://app.datadoghq.example/monitors/1234",
    }
    return {**base, **fields}


def generic(service: str, *, over: bool = False, **fields: Any) -> Json:
    """Return the generic form of the guide."""
    base: Json = {
        "id": "nightly-import",
        "title": "The import failed",
        "status": "ok" if over else "firing",
        "service": service,
        "severity": "P1",
        "environment": "test",
        "description": "no file came",
        "labels": {"team": "blue"},
        "starts_at": AT,
        "url": "https://jobs.example/7",
    }
    return {**base, **fields}


def opsmedic(service: str, *, over: bool = False, **fields: Any) -> Json:
    """Return one breach of an objective, with what was seen."""
    base: Json = {
        "incident_id": "om-7",
        "timestamp": AT,
        "breached_slo": {"name": "latency-p99", "threshold": 0.5, "actual": 2.25},
        "container_info": {"id": "3f4e", "name": service, "image": "registry.example/shop:1.4.2"},
        "observability_context": {
            "metrics_snapshot": {"http_p99_seconds": 2.25, "cpu": 0.93},
            "trace_ids": ["4bf92f3577b34da6a3ce929d0e0e4736"],
            "correlated_logs": ["ERROR pool exhausted", "ERROR timeout"],
        },
        "status": "resolved" if over else "firing",
    }
    return {**base, **fields}


def cloudevent(service: str, *, over: bool = False, **fields: Any) -> Json:
    """Return an event in structured mode. Source: the CloudEvents specification, section "Example"."""
    base: Json = {
        "specversion": "1.0",
        "type": f"com.example.disk.{'resolved' if over else 'triggered'}",
        "source": "https://disks.example/fleet",
        "subject": service,
        "id": "A234-1234-1234",
        "time": LATER if over else AT,
        "datacontenttype": "application/json",
        "comexampleextension1": "value",
        "data": {"environment": "test", "severity": "critical", "free_bytes": 12},
    }
    return {**base, **fields}


BUILDERS: dict[str, Callable[..., Json]] = {
    "grafana": grafana,
    "pagerduty": pagerduty,
    "datadog": datadog,
    "generic": generic,
    "opsmedic": opsmedic,
    "cloudevents": cloudevent,
}
"""For each door, (service, over) to a payload."""
