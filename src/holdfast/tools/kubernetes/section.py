"""What the systems file says about clusters: how each is reached, and how hard it may be asked."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from holdfast.domain.noun import Noun

PER_MINUTE = 30  # requests to one cluster; a quarter of them may come at once


class ClusterAccess(Noun):
    """How one cluster is reached: by a kubeconfig's context, or by the account of the pod we run in."""

    kubeconfig: Path | None = None
    context: str = Field(default="", description="A context of the kubeconfig; its current one when empty.")
    in_cluster: bool = False
    timeout: float = Field(default=20.0, gt=0, le=120, description="Seconds for one request.")
    retries: int = Field(default=2, ge=0, le=5, description="Further tries of what may be repeated.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.in_cluster == (self.kubeconfig is not None):
            raise ValueError("kubeconfig or in_cluster: exactly one of them says how the cluster is reached")
        return self


class KubernetesSection(Noun):
    """The section of the server that looks."""

    clusters: dict[str, ClusterAccess] = Field(min_length=1, description="Clusters by name; the first is the default.")
    per_minute: int = Field(default=PER_MINUTE, ge=1, le=100_000, description="Requests a minute to each cluster.")
