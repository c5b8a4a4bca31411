"""What a source says, in words between its own and the house's: a claim, made an alert by the one rule for labels."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import AwareDatetime, Field, JsonValue

from holdfast.api.alerts.labels import LabelRule, severity_of
from holdfast.api.alerts.moments import SKEW_SECONDS
from holdfast.api.alerts.sizing import LONGEST_SUMMARY, sized
from holdfast.domain.alert import Alert, AlertStatus, Severity
from holdfast.domain.noun import Noun, short_digest

LONGEST_NAME = 300
MOST = 1000
"""Alerts that one request may bring."""


class Claim(Noun):
    """One thing a source says.

    `identity` is what stays the same from one firing to the next, and to its end; it counts where the source gives
    no `fingerprint` of its own. `service` is used when no label names one; without `severity` the labels tell it.
    """

    source: str
    fingerprint: str = ""
    identity: dict[str, JsonValue] = Field(default_factory=dict)
    status: AlertStatus = AlertStatus.FIRING
    name: str
    service: str = ""
    severity: Severity | None = None
    summary: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    url: str = ""
    extra: dict[str, JsonValue] = Field(default_factory=dict)


class Arrival(Noun):
    """What is known of a request before it is read: `labels` are those its sender's payloads cannot bear."""

    rule: LabelRule
    labels: dict[str, str]
    at: AwareDatetime
    trace_id: str


def alerts_of(claims: Iterable[Claim], arrival: Arrival) -> tuple[Alert, ...]:
    """Return the house's alerts, each small enough to travel."""
    return tuple(_alert(claim, arrival) for claim in claims)


def _alert(claim: Claim, arrival: Arrival) -> Alert:
    name = claim.name.strip()[:LONGEST_NAME] or "unnamed"
    labels = {**arrival.labels, **claim.labels}
    return sized(
        Alert(
            source=claim.source,
            fingerprint=claim.fingerprint or short_digest(claim.identity),
            status=claim.status,
            name=name,
            service=arrival.rule.service_of(labels, claim.service or name),
            environment=arrival.rule.environment_of(labels),
            severity=claim.severity or severity_of(labels),
            summary=claim.summary.strip()[:LONGEST_SUMMARY],
            labels=labels,
            annotations=claim.annotations,
            starts_at=claim.starts_at,
            ends_at=claim.ends_at,
            generator_url=claim.url[:2000],
            extra=_extra(claim, arrival.at),
            trace_id=arrival.trace_id,
        )
    )


def _extra(claim: Claim, received_at: datetime) -> dict[str, JsonValue]:
    ahead = (claim.starts_at - received_at).total_seconds()
    return claim.extra | ({"clock_ahead_seconds": round(ahead)} if ahead > SKEW_SECONDS else {})


def unknown(extra: Mapping[str, JsonValue] | None) -> dict[str, JsonValue]:
    """Return the fields a model did not know, which are kept with the alert."""
    return dict(extra or {})
