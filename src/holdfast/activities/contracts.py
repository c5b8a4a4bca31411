"""What the story and the hands agree on: activity names and the nouns that pass between them.

Workflows import this module and nothing else of the room, so it reaches no network and no file.
Names and shapes are public: recorded histories hold them. Only add fields, with defaults.
"""

from pydantic import AwareDatetime, Field, JsonValue

from holdfast.domain.alert import Alert
from holdfast.domain.attempt import Attempt, Verification
from holdfast.domain.credence import Doubt
from holdfast.domain.diagnosis import Cause, Diagnosis, Hypothesis, Usage
from holdfast.domain.evidence import Evidence, EvidenceRequest
from holdfast.domain.grant import Leave
from holdfast.domain.incident import Incident, IncidentKey
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan
from holdfast.domain.service import Runbook, Service

PLAN_EVIDENCE = "plan_evidence"
RANK_CAUSES = "rank_causes"
DIAGNOSE = "llm.diagnose"
DOUBT = "llm.doubt"
CHOOSE_SPECIALISTS = "choose_specialists"
# Each specialist is an activity type of its own, so that a history names who was asked.
EXAMINE: dict[str, str] = {name: f"llm.{name}" for name in ("metrics", "logs", "cluster", "changes")}
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


class TeamRequest(Noun):
    """Input of `choose_specialists`: the case, and how many may be asked."""

    case: DiagnosisRequest
    most: int = 2


class Team(Noun):
    """Output of `choose_specialists`: the kind of alert, and who is asked because of it, in order."""

    kind: str = ""
    specialists: tuple[str, ...] = ()


class Finding(Noun):
    """What one specialist found: a sentence, the evidence it stands on, and the cause it points to."""

    specialist: str
    statement: str
    cause: Cause
    service: str
    evidence: tuple[str, ...]


class ModelRequest(Noun):
    """Input of `llm.diagnose` and of each specialist, one call of the model.

    `turn` starts at 1; at `last_turn` no more evidence may be asked for. Only evidence new since the last turn travels;
    what was said before lies under `transcript_ref`. `wrong` is what the last reply had wrong: this call repairs it.
    """

    case: DiagnosisRequest
    new_evidence: tuple[str, ...] = Field(default=(), description="Ids of the evidence new in this turn.")
    transcript_ref: str = ""
    turn: int = 1
    last_turn: bool = False
    tokens_left: int = 60_000
    money_left: float | None = Field(default=None, description="What this call may cost at most; null: no limit.")
    trace_id: str = ""
    wrong: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = Field(default=(), description="What the specialists found, for the supervisor.")


class ModelTurn(Noun):
    """Output of `llm.diagnose`: a diagnosis, questions to read-only tools, or what was wrong with the reply.

    A specialist answers with `findings` instead of a diagnosis, perhaps none.
    """

    diagnosis: Diagnosis | None = None
    wants: tuple[EvidenceRequest, ...] = ()
    transcript_ref: str = ""
    usage: Usage = Usage()
    wrong: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class DoubtRequest(Noun):
    """Input of `llm.doubt`: a diagnosis that wants to be doubted, with the case it is about."""

    case: DiagnosisRequest
    diagnosis: Diagnosis
    tokens_left: int = 60_000
    money_left: float | None = Field(default=None, description="What this call may cost at most; null: no limit.")
    trace_id: str = ""


class Doubts(Noun):
    """Output of `llm.doubt`."""

    doubts: tuple[Doubt, ...] = ()
    usage: Usage = Usage()


class PlanRequest(Noun):
    """Input of `propose_plan`: one hypothesis to remedy."""

    service: Service
    hypothesis: Hypothesis
    evidence: tuple[Evidence, ...]
    runbook: Runbook | None = None
    attempts: tuple[Attempt, ...] = ()
    round: int = 1
    occasion: str = ""


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
