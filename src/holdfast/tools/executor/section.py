"""What the systems file says about acting on a cluster: where it may, which jobs there are, how long it looks on."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from holdfast.domain.action import KubernetesName
from holdfast.domain.noun import Noun
from holdfast.tools.kubernetes.section import ClusterAccess


class DiagnosticJob(Noun):
    """One job of the catalogue. `$(HOLDFAST_TARGET)` in its command is the target; no shell is put around it."""

    what: str = Field(description="What it finds out, for the person who approves it.")
    image: str
    command: tuple[str, ...] = Field(min_length=1)
    seconds: int = Field(default=60, ge=1, le=600, description="How long it may run.")
    memory: str = "64Mi"
    cpu: str = "100m"


class ExecutorSection(Noun):
    """The section of the server that acts on a cluster, with an account of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")  # a misspelt `never` must not be passed over
    cluster: ClusterAccess
    namespaces: tuple[KubernetesName, ...] = Field(min_length=1, description="Where it may act, and nowhere else.")
    never: tuple[KubernetesName, ...] = Field(
        default=(), description="Namespaces in which it must have no right at all."
    )
    tolerated: tuple[str, ...] = Field(
        default=(), description="Rights that everybody has in this cluster, as the refusal names them."
    )
    jobs: dict[KubernetesName, DiagnosticJob] = {}
    observe_seconds: float = Field(default=20.0, ge=0, le=90, description="How long an effect is looked on.")
    per_minute: int = Field(default=600, ge=1, description="Requests a minute to the cluster.")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := set(self.never) & set(self.namespaces):
            raise ValueError(f"never: {', '.join(sorted(both))} is among the namespaces it may act in")
        return self
