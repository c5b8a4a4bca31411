"""What a model may say, and what of it we believe: a closed schema, and checks that every citation must pass."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.analysis.cleaning import one_line
from holdfast.analysis.redaction import redact
from holdfast.analysis.remedy import refuted
from holdfast.domain.diagnosis import Cause, Diagnosis, Hypothesis, Usage
from holdfast.domain.evidence import Evidence, EvidenceKind, EvidenceRequest, Range
from holdfast.domain.noun import short_digest

MOST_WANTS = 4
MOST_HYPOTHESES = 5
SUREST = 0.95  # a model that claims more is not believed more
LONGEST_ARGUMENTS = 2000

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
    def citable(self) -> dict[str, Evidence]:
        """Return the evidence that answered, by id."""
        return {e.evidence_id: e for e in self.case.evidence if e.present}


def parse(text: str) -> Proposal | list[str]:
    """Return the proposal in `text`, or everything that is wrong with its form."""
    try:
        return Proposal.model_validate_json(text)
    except ValidationError as e:
        return [f"{'.'.join(map(str, error['loc'])) or 'reply'}: {error['msg']}" for error in e.errors()[:5]]


def problems(proposal: Proposal, bounds: Bounds) -> list[str]:
    """Return everything in `proposal` that may not be believed, each as a sentence the model can act on."""
    found = [*_about_hypotheses(proposal, bounds)]
    if proposal.wants and not bounds.last_turn:
        found += _about_wants(proposal.wants, bounds)
    if not proposal.hypotheses and not proposal.missing and (bounds.last_turn or not proposal.wants):
        found.append("reply: give at least one hypothesis, or say under missing what would be needed")
    return found


def wants_of(proposal: Proposal, bounds: Bounds) -> tuple[EvidenceRequest, ...]:
    """Return the questions of a checked proposal; none on the last turn."""
    if bounds.last_turn:
        return ()
    return tuple(_request(want) for want in proposal.wants)


def diagnosis_of(proposal: Proposal, bounds: Bounds, model: str, usage: Usage) -> Diagnosis:
    """Return a checked proposal as a diagnosis: confidences sum to at most 1, disproved hypotheses are left out."""
    attempts = bounds.case.attempts
    standing = [p for p in proposal.hypotheses if not refuted(p.cause, p.service, attempts)]
    gone = [
        f"{p.cause} of {p.service} is disproved: its remedy did not help"
        for p in proposal.hypotheses
        if p not in standing
    ]
    believed = [min(SUREST, p.confidence) for p in standing]
    scale = max(1.0, sum(believed))
    hypotheses = [_hypothesis(p, c / scale) for p, c in zip(standing, believed, strict=True)]
    return Diagnosis(
        method=f"model:{model}",
        hypotheses=tuple(sorted(hypotheses, key=lambda h: -h.confidence)[:MOST_HYPOTHESES]),
        missing=tuple(_shown(text, 200) for text in proposal.missing[:5]),
        notes=tuple(dict.fromkeys(gone)),
        usage=usage,
    )


def _about_hypotheses(proposal: Proposal, bounds: Bounds) -> Iterator[str]:
    for n, said in enumerate(proposal.hypotheses):
        where = f"hypotheses.{n}"
        if not 0 <= said.confidence <= 1:
            yield f"{where}.confidence: a probability from 0 to 1"
        if said.service not in bounds.services:
            yield f"{where}.service: one of {', '.join(bounds.services)}"
        invented = sorted(set(said.evidence) - bounds.citable.keys())
        if invented:
            yield f"{where}.evidence: no such evidence as {', '.join(invented[:5])}; cite only ids you were given"
        if not said.evidence:
            yield f"{where}.evidence: cite what it stands on"
        if said.cause is Cause.HEALTHY and (ref := _hurt(bounds)):
            yield f"{where}.cause: not healthy while {ref} is anomalous"


def _hurt(bounds: Bounds) -> str:
    """Return the id of a signal of the service that left its baseline, or nothing."""
    own = (e for e in bounds.citable.values() if e.service == bounds.case.service.name)
    return next((e.evidence_id for e in own if e.facts.get("anomalous") is True), "")


def _about_wants(wants: list[Wanted], bounds: Bounds) -> Iterator[str]:
    if len(wants) > MOST_WANTS:
        yield f"wants: at most {MOST_WANTS} a turn"
    for n, want in enumerate(wants):
        if want.tool not in bounds.askable:
            yield f"wants.{n}.tool: one of {', '.join(bounds.askable)}"
        elif want.service not in bounds.services:
            yield f"wants.{n}.service: one of {', '.join(bounds.services)}"
        elif not isinstance(arguments := _arguments(want), dict):
            yield f"wants.{n}.arguments: {arguments}"
        elif _request(want).evidence_id in {e.evidence_id for e in bounds.case.evidence}:
            yield f"wants.{n}: this question was asked already"


def _arguments(want: Wanted) -> dict[str, JsonValue] | str:
    """Return the arguments of a want, or what is wrong with them."""
    if len(want.arguments) > LONGEST_ARGUMENTS:
        return f"at most {LONGEST_ARGUMENTS} characters"
    try:
        parsed = json.loads(want.arguments or "{}")
    except ValueError as e:
        return f"not JSON: {e}"
    return parsed if isinstance(parsed, dict) else "expected the text of one JSON object"


def _request(want: Wanted) -> EvidenceRequest:
    arguments = _arguments(want)
    if not isinstance(arguments, dict):
        raise TypeError(f"arguments: {arguments}")
    return EvidenceRequest(
        kind=KINDS[want.tool],
        tool=want.tool,
        arguments=arguments,
        service=want.service,
        title=_shown(want.why, 80) or want.tool,
        range=_range(arguments),
    )


def _range(arguments: dict[str, JsonValue]) -> Range | None:
    """Return the time range a question names, when it names one; the tool itself judges whether it makes sense."""
    inner = arguments.get("filters")
    fields = inner if isinstance(inner, dict) else arguments
    try:
        start, end = (datetime.fromisoformat(str(fields.get(key))) for key in ("start", "end"))
        return Range(start=start, end=end)
    except ValueError:
        return None


def _hypothesis(said: Proposed, confidence: float) -> Hypothesis:
    return Hypothesis(
        hypothesis_id=f"hy-{short_digest([said.cause, said.service, said.target])}",
        cause=said.cause,
        service=said.service,
        target=_shown(said.target, 120),
        statement=_shown(said.statement, 300),
        confidence=round(confidence, 3),
        evidence=tuple(dict.fromkeys(said.evidence)),
        suggested=tuple(dict.fromkeys(kind.value for kind in said.suggested)),
    )


def _shown(text: str, limit: int) -> str:
    """Return a model's words as people may see them."""
    return redact(one_line(text, limit))
