"""What walks in: one monitor's claim that something is wrong, or no longer is."""

from enum import StrEnum

from pydantic import AwareDatetime, Field, JsonValue

from holdfast.domain.noun import Noun, short_digest


class Severity(StrEnum):
    """How bad it is for users."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return 1 (critical) to 4 (low): smaller is worse, and is Temporal's priority key."""
        return list(Severity).index(self) + 1


def worst(severities: list[Severity]) -> Severity:
    """Return the worst of `severities`, or `low` when there is none."""
    return min(severities, key=lambda s: s.rank, default=Severity.LOW)


class AlertStatus(StrEnum):
    """Whether the monitor says the condition holds."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(Noun):
    """One monitor's claim, translated from its source's own words.

    `fingerprint` is the stable identity of the labels; `starts_at` tells one firing from the next.
    What the source sent and we do not understand is kept in `extra`.
    """

    source: str = Field(description="Who sent it: alertmanager, manual, monitor, …")
    fingerprint: str = Field(min_length=1, max_length=128)
    status: AlertStatus
    name: str = Field(min_length=1, max_length=300, description="The rule's name.")
    service: str = Field(min_length=1, max_length=200)
    environment: str = Field(min_length=1, max_length=100)
    severity: Severity = Severity.MEDIUM
    summary: str = Field(default="", max_length=4000)
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    generator_url: str = ""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    trace_id: str = ""

    @property
    def alert_id(self) -> str:
        """Return the id that makes two deliveries of one claim the same claim."""
        return f"{self.fingerprint}/{self.starts_at.isoformat()}/{self.status}"

    @property
    def firing(self) -> bool:
        """Return whether the monitor says the condition holds now."""
        return self.status is AlertStatus.FIRING

    def supersedes(self, other: "Alert") -> bool:
        """Return whether this claim is newer than `other`, whatever order they arrived in.

        A later `starts_at` is a later firing; within one firing, resolved comes after firing.
        """
        return (self.starts_at, not self.firing) > (other.starts_at, not other.firing)


def fingerprint_of(labels: dict[str, str]) -> str:
    """Return a stable identity for `labels`, for sources that send none."""
    return short_digest(labels)
