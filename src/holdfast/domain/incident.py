"""The trouble we own from open to report: its key, its settings and the document people read."""

from datetime import timedelta
from enum import StrEnum
from urllib.parse import quote, unquote

from pydantic import AwareDatetime, Field

from holdfast.domain.alert import Alert, Severity
from holdfast.domain.approval import Approval, Ballot
from holdfast.domain.attempt import Attempt
from holdfast.domain.decision import Decision
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.evidence import Evidence
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan
from holdfast.domain.proposal import Proposal
from holdfast.domain.report import Report
from holdfast.domain.service import Runbook, Service
from holdfast.domain.timeline import TimelineEntry


class IncidentStatus(StrEnum):
    """Where an incident stands. `resolved` still listens for a return; the last three are final."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    AWAITING_APPROVAL = "awaiting_approval"
    REMEDIATING = "remediating"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    ESCALATED = "escalated"
    MERGED = "merged"
    CLOSED = "closed"


class IncidentKey(Noun):
    """What makes two alerts one incident; made at the door, without asking anyone."""

    tenant: str = Field(min_length=1, max_length=100)
    environment: str = Field(min_length=1, max_length=100)
    service: str = Field(min_length=1, max_length=200)

    @property
    def workflow_id(self) -> str:
        """Return `inc/{tenant}/{environment}/{service}`, each part percent-encoded."""
        parts = (self.tenant, self.environment, self.service)
        return "/".join(("inc", *(quote(p, safe="") for p in parts)))

    @classmethod
    def of_workflow(cls, workflow_id: str) -> "IncidentKey":
        """Return the key that `workflow_id` was made from.

        Raises:
            ValueError: when it is none of ours.
        """
        first, *parts = (unquote(p) for p in workflow_id.split("/"))
        if first != "inc" or len(parts) != 3:
            raise ValueError(f"{workflow_id!r} is no incident's workflow id")
        return cls(tenant=parts[0], environment=parts[1], service=parts[2])


class IncidentSettings(Noun):
    """How long an incident waits and how often it tries; fixed when it opens, so replay agrees."""

    approval_expiry: timedelta = Field(default=timedelta(days=7), description="An unanswered ask expires.")
    reminder_every: timedelta = Field(default=timedelta(hours=4), description="An open ask is repeated.")
    escalate_after: timedelta = Field(default=timedelta(minutes=15), description="Then the next people are told.")
    soak: timedelta = Field(default=timedelta(minutes=2), description="A verification must hold this long.")
    verify_every: timedelta = Field(default=timedelta(seconds=30), description="Between looks while soaking.")
    verify_looks: int = Field(default=5, ge=1, le=50, description="Looks before an action counts as no help.")
    quiet: timedelta = Field(default=timedelta(minutes=10), description="Resolved becomes closed after this.")
    late_alert: timedelta = Field(default=timedelta(minutes=1), description="A lone `resolved` waits for its firing.")
    escalated_for: timedelta = Field(default=timedelta(days=30), description="An escalated incident waits for people.")
    window: timedelta = Field(default=timedelta(minutes=30), description="Evidence looks back this far.")
    rounds: int = Field(default=3, ge=1, le=10, description="Hypotheses tried before escalation.")
    channel: str = Field(default="#incidents", description="Where people are told when the service names no channel.")
    use_model: bool = Field(default=False, description="Whether a model is configured.")
    model_rounds: int = Field(default=3, ge=1, le=10, description="Turns in which a model may ask for more.")
    model_tokens: int = Field(default=60_000, ge=0, description="Tokens an incident may spend.")
    model_money: float = Field(default=0.0, ge=0, description="Money an incident may spend; 0: no limit.")
    model_time: timedelta = Field(default=timedelta(minutes=5), description="A diagnosis by a model ends after this.")
    model_specialists: int = Field(default=2, ge=0, le=4, description="Specialists asked first; 0: none.")
    model_sceptic: bool = Field(default=True, description="Whether a model's diagnosis is doubted before it counts.")


class Incident(Noun):
    """The incident as one document: what the API answers, the records keep and the report is made from."""

    number: str = Field(default="", description="The public number, such as INC-42.")
    workflow_id: str
    run_id: str = Field(default="", description="The first run of this incident's chain.")
    previous_run_id: str = Field(default="", description="The incident before it under the same key.")
    key: IncidentKey
    trace_id: str = ""
    title: str = ""
    status: IncidentStatus = IncidentStatus.OPEN
    severity: Severity = Severity.MEDIUM
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    service: Service | None = None
    runbook: Runbook | None = None
    symptoms: tuple[str, ...] = Field(default=(), description="Services whose alerts were handed over to this one.")
    alerts: tuple[Alert, ...] = ()
    alert_count: int = Field(default=0, description="Deliveries, repeats included.")
    evidence: tuple[Evidence, ...] = ()
    diagnosis: Diagnosis | None = None
    plan: Plan | None = None
    decision: Decision | None = None
    earlier: tuple[Proposal, ...] = Field(default=(), description="Plans that others replaced, oldest first.")
    approvals: tuple[Approval, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    acknowledged_by: str = ""
    taken_over_by: str = ""
    stopped_by: str = ""
    merged_into: str = ""
    outcome: str = Field(default="", description="One sentence: how it ended.")
    missing: tuple[str, ...] = Field(default=(), description="What could not be reached or done.")
    usage: Usage = Usage()
    report: Report | None = None
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def awaiting(self) -> bool:
        """Return whether a human's answer is awaited."""
        return self.status is IncidentStatus.AWAITING_APPROVAL
