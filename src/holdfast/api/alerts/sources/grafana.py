"""Grafana's own alerting: Alertmanager's group of alerts with Grafana's version number and more fields an alert."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from holdfast.api.alerts.alertmanager import Delivery, summary_of
from holdfast.api.alerts.claims import MOST, Claim, unknown
from holdfast.api.alerts.moments import end_of

# What Grafana repeats for the whole group and each alert already says.
_GROUP_FIELDS = frozenset({"status", "groupLabels", "commonLabels", "commonAnnotations", "title", "message", "state"})


class Webhook(BaseModel):
    """The default payload of a webhook contact point.

    Source: Grafana's documentation, "Configure webhook notifications", sections "Default JSON payload", "Body"
    and "Alert object".
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    version: str = Field(default="1", max_length=10)
    receiver: str = ""
    alerts: list[Delivery] = Field(min_length=1, max_length=MOST)


def claims(webhook: Webhook, _at: datetime) -> list[Claim]:
    """Return one claim an alert; what is said once for the group travels with the first."""
    group = {k: v for k, v in unknown(webhook.__pydantic_extra__).items() if k not in _GROUP_FIELDS}
    said_once: dict[str, JsonValue] = {"receiver": webhook.receiver, "group": group}
    return [_claim(d, said_once if i == 0 else {}) for i, d in enumerate(webhook.alerts)]


def _claim(delivery: Delivery, said_once: Mapping[str, JsonValue]) -> Claim:
    # Grafana names alerts about a rule that cannot be evaluated after the trouble, and the rule in `rulename`.
    name = delivery.labels.get("alertname", "")
    rule = delivery.labels.get("rulename", "")
    return Claim(
        source="grafana",
        fingerprint=delivery.fingerprint,
        identity=dict(delivery.labels),
        status=delivery.status,
        name=f"{name}: {rule}" if rule else name,
        summary=summary_of(delivery.annotations),
        labels=delivery.labels,
        annotations=delivery.annotations,
        starts_at=delivery.startsAt,
        ends_at=end_of(delivery.endsAt),
        url=delivery.generatorURL,
        extra={**unknown(delivery.__pydantic_extra__), **said_once},
    )
