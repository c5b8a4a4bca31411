"""What a model may say: a closed form for each part of the team, and the bounds that its words are checked against."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.analysis.cleaning import name_only
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import Evidence, EvidenceKind

# What each looking tool brings; a tool that is not here cannot be asked for by a model.
KINDS: dict[str, EvidenceKind] = {
    "monitoring.fetch_metrics": EvidenceKind.METRIC,
    "monitoring.query_logs": EvidenceKind.LOGS,
    "monitoring.fetch_trace": EvidenceKind.TRACE,
    "kubernetes.get_pods": EvidenceKind.PODS,
    "kubernetes.describe_pod": EvidenceKind.PODS,
    "kubernetes.get_events": EvidenceKind.EVENTS,
    "kubernetes.get_logs": EvidenceKind.LOGS,
    "kubernetes.rollout_history": EvidenceKind.ROLLOUTS,
    "kubernetes.get_deployments": EvidenceKind.DEPLOYMENTS,
    "kubernetes.get_services": EvidenceKind.SERVICES,
    "kubernetes.get_ingresses": EvidenceKind.INGRESSES,
    "kubernetes.get_network_policies": EvidenceKind.NETWORK_POLICIES,
    "kubernetes.get_quotas": EvidenceKind.QUOTAS,
    "kubernetes.get_config_maps": EvidenceKind.CONFIG_MAPS,
    "kubernetes.get_claims": EvidenceKind.CLAIMS,
    "kubernetes.get_nodes": EvidenceKind.NODES,
    "infrastructure.docker_container_status": EvidenceKind.CONTAINER,
    "infrastructure.terraform_plan": EvidenceKind.PLAN,
    "catalog.get_dependencies": EvidenceKind.DEPENDENCIES,
    "catalog.get_runbook": EvidenceKind.RUNBOOK,
    "memory.find_similar_incidents": EvidenceKind.SIMILAR,
}


class ActionKind(StrEnum):
    """The kinds of action there are; a model can name no other."""

    RESTART_DEPLOYMENT = "restart_deployment"
    RESTART_POD = "restart_pod"
    SCALE_DEPLOYMENT = "scale_deployment"
    ROLLBACK_DEPLOYMENT = "rollback_deployment"
    RUN_DIAGNOSTIC_JOB = "run_diagnostic_job"
    RESTART_CONTAINER = "restart_container"
    REVERT_COMMIT = "revert_commit"
    APPLY_TERRAFORM = "apply_terraform"


class _Said(BaseModel):
    """Nothing but the fields named: strict schemas refuse open objects."""

    model_config = ConfigDict(extra="forbid")


class Proposed(_Said):
    """One hypothesis as a model states it."""

    cause: Cause
    service: str
    target: str
    statement: str = Field(description="One sentence a person can check.")
    confidence: float = Field(description="A probability from 0 to 1.")
    evidence: list[str] = Field(description="Ids of the evidence it stands on.")
    suggested: list[ActionKind]


class Wanted(_Said):
    """One question to a looking tool."""

    tool: str
    service: str
    arguments: str = Field(description="The tool's arguments as the text of one JSON object.")
    why: str


class Proposal(_Said):
    """Either hypotheses, or wants when no cause can be told yet; missing says what nobody can fetch."""

    hypotheses: list[Proposed]
    wants: list[Wanted]
    missing: list[str]


class Found(_Said):
    """One finding of a specialist."""

    statement: str = Field(description="One sentence a person can check.")
    cause: Cause
    service: str
    evidence: list[str] = Field(description="Ids of the evidence it stands on.")


class Findings(_Said):
    """What a specialist says: findings, or wants when it cannot tell yet; nothing found is an answer too."""

    findings: list[Found]
    wants: list[Wanted]
    missing: list[str]


class Doubted(_Said):
    """One hypothesis after all."""

    hypothesis: str = Field(description="Its id.")
    confidence: float = Field(description="How likely it is after all: at most what was claimed.")
    why: str = Field(description="One sentence: what speaks against it.")


class Suspicions(_Said):
    """What a sceptic says: the hypotheses it believes less, perhaps none."""

    doubts: list[Doubted]


Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True)
class Bounds:
    """What a proposal is checked against: the case, the tools that only look, and whether this is the last turn."""

    case: DiagnosisRequest
    looks: frozenset[str]
    last_turn: bool

    @property
    def askable(self) -> tuple[str, ...]:
        """Return the tools a model may ask for, in order."""
        return tuple(sorted(self.looks & KINDS.keys()))

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services a model may speak of: the incident's own and what it depends on."""
        own = (self.case.service.name, *self.case.service.dependencies, *(d.name for d in self.case.dependencies))
        return tuple(dict.fromkeys(own))

    @property
    def told(self) -> dict[str, str]:
        """Return those services by the name a model is told: a name is all that fits, whatever an alert calls one."""
        return {name_only(name): name for name in self.services}

    @property
    def citable(self) -> dict[str, Evidence]:
        """Return the evidence that answered, by id."""
        return {e.evidence_id: e for e in self.case.evidence if e.present}


def parse(text: str, form: type[Form]) -> Form | list[str]:
    """Return what `text` says in this form, or everything that is wrong with it."""
    try:
        return form.model_validate_json(text)
    except ValidationError as e:
        return [f"{'.'.join(map(str, error['loc'])) or 'reply'}: {error['msg']}" for error in e.errors()[:5]]
