"""What the story and the hands agree on: activity names and the nouns that pass between them.

Workflows import this module and nothing else of the room, so it reaches no network and no file.
Names and shapes are public: recorded histories hold them. Only add fields, with defaults.
"""

from pydantic import AwareDatetime, Field, JsonValue

from holdfast.domain.alert import Alert
from holdfast.domain.attempt import Attempt, Verification
from holdfast.domain.diagnosis import Diagnosis, Hypothesis, Usage
from holdfast.domain.evidence import Evidence, EvidenceRequest
from holdfast.domain.grant import Leave
from holdfast.domain.incident import Incident, IncidentKey
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan
from holdfast.domain.service import Runbook, Service

PLAN_EVIDENCE = "plan_evidence"
RANK_CAUSES = "rank_causes"
DIAGNOSE = "llm.diagnose"
PROPOSE_PLAN = "propose_plan"
JUDGE_PLAN = "judge_plan"
VERIFY_RECOVERY = "verify_recovery"
FIND_INCIDENT_TO_JOIN = "find_incident_to_join"
RECORD_INCIDENT = "record_incident"
WRITE_REPORT = "write_report"


class ToolCall(Noun):
    """Input of the dynamic activity `<server>.<tool>`.

    `evidence` asks its own arguments and makes the answer come back as Evidence, its body outside the history;
    `leave` is what the grant is issued from, for tools that act.
    """

    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    evidence: EvidenceRequest | None = None
    leave: Leave | None = None
    key: str = Field(default="", description="Idempotency key, for tools that tell or act.")
    trace_id: str = ""


class ToolAnswer(Noun):
    """What a tool said: `evidence` when it was asked for, else the structured answer in `data`."""

    evidence: Evidence | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)


class EvidencePlanRequest(Noun):
    """Input of `plan_evidence`. `at` is the workflow's time; `window_seconds` is how far to look back."""

    service: Service
    dependencies: tuple[Service, ...] = ()
    runbook: Runbook | None = None
    alerts: tuple[Alert, ...]
    at: AwareDatetime
    window_seconds: int = 1800


class EvidencePlan(Noun):
    """Output of `plan_evidence`: the questions, each to be asked in parallel."""

    requests: tuple[EvidenceRequest, ...]


class DiagnosisRequest(Noun):
    """Input of `rank_causes`: everything known so far. `excluded` are hypotheses already disproved."""

    service: Service
    dependencies: tuple[Service, ...] = ()
    alerts: tuple[Alert, ...]
    evidence: tuple[Evidence, ...]
    attempts: tuple[Attempt, ...] = ()
    at: AwareDatetime


class ModelRequest(Noun):
    """Input of `llm.diagnose`, one turn. `turn` starts at 1; at `last_turn` no more evidence may be asked for.

    Only evidence new since the last turn travels; what was said before lies under `transcript_ref`.
    """

    case: DiagnosisRequest
    new_evidence: tuple[str, ...] = Field(default=(), description="Ids of the evidence new in this turn.")
    transcript_ref: str = ""
    turn: int = 1
    last_turn: bool = False
    tokens_left: int = 60_000
    trace_id: str = ""


class ModelTurn(Noun):
    """Output of `llm.diagnose`: a diagnosis, or questions to read-only tools; never both empty."""

    diagnosis: Diagnosis | None = None
    wants: tuple[EvidenceRequest, ...] = ()
    transcript_ref: str = ""
    usage: Usage = Usage()


class PlanRequest(Noun):
    """Input of `propose_plan`: one hypothesis to remedy."""

    service: Service
    hypothesis: Hypothesis
    evidence: tuple[Evidence, ...]
    runbook: Runbook | None = None
    attempts: tuple[Attempt, ...] = ()
    round: int = 1


class JudgeRequest(Noun):
    """Input of `judge_plan`: all that policy may look at. `at` is the workflow's time."""

    key: IncidentKey
    service: Service
    severity: str
    hypothesis: Hypothesis | None = None
    plan: Plan
    alerts: tuple[Alert, ...] = ()
    actions_done: int = Field(default=0, description="Actions this incident has performed so far.")
    at: AwareDatetime


class VerifyRequest(Noun):
    """Input of `verify_recovery`: the same questions asked before and after."""

    service: Service
    alerts: tuple[Alert, ...]
    before: tuple[Evidence, ...]
    after: tuple[Evidence, ...]
    acted_at: AwareDatetime


class VerifyAnswer(Noun):
    """Output of `verify_recovery`."""

    verification: Verification


class JoinRequest(Noun):
    """Input of `find_incident_to_join`: the dependencies whose open incident would explain this one."""

    key: IncidentKey
    dependencies: tuple[str, ...]


class JoinAnswer(Noun):
    """Output of `find_incident_to_join`: the workflow id to hand the alerts to, or empty."""

    workflow_id: str = ""


class RecordAnswer(Noun):
    """Output of `record_incident`: the public number, and the incident before it under the same key."""

    number: str
    previous_run_id: str = ""


class RecordRequest(Noun):
    """Input of `record_incident`: the whole document; the last one in a history rebuilds the read model."""

    incident: Incident


class ReportRequest(Noun):
    """Input of `write_report`."""

    incident: Incident
