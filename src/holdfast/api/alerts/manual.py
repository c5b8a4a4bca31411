"""An incident that a person or a program opens by hand, with no monitor behind it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from holdfast.api.alerts.labels import LONGEST_ENVIRONMENT, LONGEST_SERVICE, fitting
from holdfast.api.alerts.sizing import LONGEST_SUMMARY, sized
from holdfast.domain.alert import Alert, AlertStatus, Severity, fingerprint_of


class Report(BaseModel):
    """What they say is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    title: str = Field(min_length=1, max_length=300, description="What is seen, in a few words.")
    service: str = Field(min_length=1, max_length=200)
    environment: str = Field(default="", max_length=100, description="Empty: the configured default.")
    severity: Severity = Severity.MEDIUM
    description: str = Field(default="", max_length=20_000)
    labels: dict[str, str] = Field(default_factory=dict, max_length=64)


def translate(report: Report, default_environment: str, at: datetime, trace_id: str) -> Alert:
    """Return the alert that stands for what was reported; the same title and labels are the same trouble."""
    service = fitting(report.service, LONGEST_SERVICE)
    environment = fitting(report.environment or default_environment, LONGEST_ENVIRONMENT)
    labels = {**report.labels, "alertname": report.title, "service": service, "environment": environment}
    return sized(
        Alert(
            source="manual",
            fingerprint=fingerprint_of(labels),
            status=AlertStatus.FIRING,
            name=report.title,
            service=service,
            environment=environment,
            severity=report.severity,
            summary=report.description[:LONGEST_SUMMARY],
            labels=labels,
            annotations={"description": report.description} if len(report.description) > LONGEST_SUMMARY else {},
            starts_at=at,
            trace_id=trace_id,
        )
    )
