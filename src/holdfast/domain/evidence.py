"""What was observed: one item of evidence, exact enough for another person to fetch it again."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field, JsonValue

from holdfast.domain.noun import Noun, canonical_json, short_digest


class EvidenceKind(StrEnum):
    """What sort of observation it is; analysis reads each kind differently."""

    METRIC = "metric"
    LOGS = "logs"
    TRACE = "trace"
    PODS = "pods"
    EVENTS = "events"
    ROLLOUTS = "rollouts"
    DEPLOYMENTS = "deployments"
    SERVICES = "services"
    INGRESSES = "ingresses"
    NETWORK_POLICIES = "network_policies"
    QUOTAS = "quotas"
    CONFIG_MAPS = "config_maps"
    CLAIMS = "claims"
    NODES = "nodes"
    CONTAINER = "container"
    PLAN = "plan"
    COMMITS = "commits"
    DEPENDENCIES = "dependencies"
    RUNBOOK = "runbook"
    SIMILAR = "similar"
    HUMAN = "human"


class Range(Noun):
    """A closed time range."""

    start: AwareDatetime
    end: AwareDatetime


class EvidenceRequest(Noun):
    """One question to one looking tool: `server.tool` with exact arguments."""

    kind: EvidenceKind
    tool: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$", description="`<server>.<tool>`")
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    service: str = Field(description="The service the question is about.")
    title: str = Field(default="", description="What a person would call this question.")
    range: Range | None = None

    @property
    def evidence_id(self) -> str:
        """Return the id of the evidence this question brings: the same question, the same id."""
        return f"ev-{short_digest([self.tool, self.arguments])}"

    def answered(self, at: datetime, **seen: Any) -> "Evidence":
        """Return the evidence that this question brought at `at`; `seen` are the fields that its answer gives."""
        return Evidence(
            evidence_id=self.evidence_id,
            kind=self.kind,
            source=self.tool,
            query=canonical_json(self.arguments),
            service=self.service,
            title=self.title,
            range=self.range,
            fetched_at=at,
            **seen,
        )

    def unanswered(self, at: datetime, why: str) -> "Evidence":
        """Return the evidence that there was no answer, and why."""
        return self.answered(at, summary=f"could not be fetched: {why}", missing=why)


class Evidence(Noun):
    """One observation. A source that did not answer is evidence too: `missing` then says why.

    `digest` is the SHA-256 of the canonical JSON of the whole answer. The answer itself lies
    outside the history under `ref`; `summary` and `facts` are what people and rankers read first.
    """

    evidence_id: str
    kind: EvidenceKind
    source: str = Field(description="`<server>.<tool>`")
    query: str = Field(description="The exact arguments, as canonical JSON.")
    service: str
    title: str = ""
    range: Range | None = None
    digest: str = ""
    ref: str = Field(default="", description="Where the whole answer lies; empty when missing.")
    bytes: int = 0
    summary: str = ""
    facts: dict[str, JsonValue] = Field(default_factory=dict, description="Small numbers worth showing.")
    cut: str = Field(default="", description="What was left out of the answer, if anything.")
    missing: str = Field(default="", description="Why it could not be fetched; empty when it was.")
    fetched_at: AwareDatetime
    link: str = Field(default="", description="Where a person can open it.")
    sent: str = Field(default="", description="What the source was really sent, when that is not the query itself.")

    @property
    def present(self) -> bool:
        """Return whether the source answered."""
        return not self.missing
