"""Alertmanager's webhook, version 4: a group of alerts, firing and resolved mixed, each with its own labels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from holdfast.api.alerts.labels import LabelRule, severity_of
from holdfast.api.alerts.moments import SKEW_SECONDS, Moment, end_of
from holdfast.api.alerts.sizing import LONGEST_SUMMARY, sized
from holdfast.domain.alert import Alert, AlertStatus, fingerprint_of


class Delivery(BaseModel):
    """One alert of the group."""

    model_config = ConfigDict(extra="allow", frozen=True)

    status: AlertStatus
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: Moment  # noqa: N815 # Alertmanager's own word
    endsAt: Moment | None = None  # noqa: N815 # Alertmanager's own word
    generatorURL: str = ""  # noqa: N815 # Alertmanager's own word
    fingerprint: str = Field(default="", max_length=128)


class Webhook(BaseModel):
    """The payload of a webhook receiver."""

    model_config = ConfigDict(extra="allow", frozen=True)

    version: Literal["4"] = "4"
    receiver: str = ""
    groupKey: str = ""  # noqa: N815 # Alertmanager's own word
    externalURL: str = ""  # noqa: N815 # Alertmanager's own word
    truncatedAlerts: int = Field(default=0, ge=0)  # noqa: N815 # Alertmanager's own word
    alerts: list[Delivery] = Field(min_length=1)


# What Alertmanager repeats for the whole group and each alert already says.
_GROUP_FIELDS = frozenset({"status", "groupLabels", "commonLabels", "commonAnnotations"})


def labelled(webhook: Webhook, labels: Mapping[str, str]) -> Webhook:
    """Return the webhook with `labels` on every alert that does not say otherwise."""
    if not labels:
        return webhook
    alerts = [d.model_copy(update={"labels": {**labels, **d.labels}}) for d in webhook.alerts]
    return webhook.model_copy(update={"alerts": alerts})


def translate(webhook: Webhook, rule: LabelRule, received_at: datetime, trace_id: str) -> tuple[Alert, ...]:
    """Return the house's alerts; what the source sent beyond the fields we know is in their `extra`."""
    group = _group_extra(webhook)
    return tuple(
        _translate(d, rule, _extra(d, received_at) | (group if i == 0 else {}), trace_id)
        for i, d in enumerate(webhook.alerts)
    )


def _translate(delivery: Delivery, rule: LabelRule, extra: dict[str, JsonValue], trace_id: str) -> Alert:
    name = (delivery.labels.get("alertname", "").strip() or "unnamed")[:300]
    return sized(
        Alert(
            source="alertmanager",
            fingerprint=delivery.fingerprint or fingerprint_of(delivery.labels),
            status=delivery.status,
            name=name,
            service=rule.service_of(delivery.labels, name),
            environment=rule.environment_of(delivery.labels),
            severity=severity_of(delivery.labels),
            summary=summary_of(delivery.annotations),
            labels=delivery.labels,
            annotations=delivery.annotations,
            starts_at=delivery.startsAt,
            ends_at=end_of(delivery.endsAt),
            generator_url=delivery.generatorURL[:2000],
            extra=extra,
            trace_id=trace_id,
        )
    )


def summary_of(annotations: Mapping[str, str]) -> str:
    """Return the first of summary, message and description that says something."""
    told = (annotations.get(k, "").strip() for k in ("summary", "message", "description"))
    return next((text for text in told if text), "")[:LONGEST_SUMMARY]


def _extra(delivery: Delivery, received_at: datetime) -> dict[str, JsonValue]:
    extra: dict[str, JsonValue] = dict(delivery.__pydantic_extra__ or {})
    ahead = (delivery.startsAt - received_at).total_seconds()
    if ahead > SKEW_SECONDS:
        extra["clock_ahead_seconds"] = round(ahead)
    return extra


def _group_extra(webhook: Webhook) -> dict[str, JsonValue]:
    """Return what is said once for the group; it travels with its first alert, so that it is kept once."""
    unknown = {k: v for k, v in (webhook.__pydantic_extra__ or {}).items() if k not in _GROUP_FIELDS}
    known: dict[str, JsonValue] = {
        "group_key": webhook.groupKey,
        "receiver": webhook.receiver,
        "external_url": webhook.externalURL,
        "truncated_alerts": webhook.truncatedAlerts,
        "group": unknown,
    }
    return {k: v for k, v in known.items() if v}
