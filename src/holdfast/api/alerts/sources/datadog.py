"""Datadog's webhook: its payload is whatever its owner typed, so the guide gives the template that is read here."""

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from holdfast.api.alerts.claims import Claim, unknown
from holdfast.api.alerts.moments import Moment
from holdfast.domain.alert import AlertStatus, Severity

_PRIORITIES = {"P1": Severity.CRITICAL, "P2": Severity.HIGH, "P3": Severity.MEDIUM}
_TYPES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW, "success": Severity.LOW}
_VARIABLE = re.compile(r"\$[A-Z_]+")


class Webhook(BaseModel):
    """The template of the guide, filled in. `date` is the event's time in milliseconds since 1970.

    Source: Datadog's documentation, "Webhooks", section "Variables".
    """

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    alert_id: str = Field(min_length=1, max_length=100)
    title: str = Field(min_length=1, max_length=2000)
    transition: str = Field(min_length=1, max_length=40)
    date: Moment
    text: str = ""
    type: str = ""
    priority: str = ""
    scope: str = ""
    tags: str = ""
    host: str = ""
    metric: str = ""
    link: str = ""


def claims(webhook: Webhook, _at: datetime) -> list[Claim]:
    """Return the one claim: over when Datadog says so of a recovery, and burning at any other transition."""
    over = "recovered" in webhook.transition.lower()
    identity: dict[str, JsonValue] = {"monitor": webhook.alert_id, "scope": webhook.scope}
    return [
        Claim(
            source="datadog",
            identity=identity,
            status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
            name=_bare(webhook.title),
            severity=_PRIORITIES.get(webhook.priority.upper()) or _TYPES.get(webhook.type.lower(), Severity.MEDIUM),
            summary=_said(webhook.text) or webhook.title,
            labels=_labels(webhook),
            starts_at=webhook.date,
            ends_at=webhook.date if over else None,
            url=_said(webhook.link),
            extra={"transition": webhook.transition, **unknown(webhook.__pydantic_extra__)},
        )
    ]


def _labels(webhook: Webhook) -> dict[str, str]:
    """Return tags and scope as labels; a tag given twice keeps its first value, and the monitor's own words win."""
    labels: dict[str, str] = {}
    for tag in f"{_said(webhook.tags)},{_said(webhook.scope)}".split(","):
        key, colon, value = tag.strip().partition(":")
        if key:
            labels.setdefault(key, value if colon else "true")
    own = {"alertname": _bare(webhook.title), "host": webhook.host, "metric": webhook.metric}
    return {**labels, "monitor": webhook.alert_id, **{k: v for k, v in own.items() if _said(v)}}


def _bare(title: str) -> str:
    """Return a title without the `[Triggered on {host:web-1}]` that changes with each transition."""
    return re.sub(r"^\[[^\]]{1,200}\]\s*", "", title).strip() or title


def _said(text: str) -> str:
    """Return nothing for a variable that Datadog had no value for and left as it was."""
    return "" if _VARIABLE.fullmatch(text) else text
