"""What the systems file says about acting on a cluster: where it may, which jobs there are, how long it looks on."""

from pydantic import Field

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

    cluster: ClusterAccess
    namespaces: tuple[KubernetesName, ...] = Field(min_length=1, description="Where it may act, and nowhere else.")
    jobs: dict[KubernetesName, DiagnosticJob] = {}
    observe_seconds: float = Field(default=20.0, ge=0, le=90, description="How long an effect is looked on.")
    per_minute: int = Field(default=600, ge=1, description="Requests a minute to the cluster.")
