"""What the simulated shop is made of when nothing is wrong: services, runbooks and everyday chatter."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from holdfast.domain.noun import Noun
from holdfast.domain.service import Runbook, Service

SIGNALS = (
    "error_ratio",
    "request_rate",
    "latency_p99_seconds",
    "cpu_ratio",
    "memory_ratio",
    "restarts_total",
    "up_ratio",
)


class SimulatedService(Noun):
    """One service and its normal levels: rates per second, latencies in seconds, ratios 0 to 1."""

    tier: int = 3
    kind: str = "deployment"
    owners: tuple[str, ...] = ()
    channel: str = ""
    dependencies: tuple[str, ...] = ()
    repository: str = ""
    replicas: int = 1
    revision: int = 1
    image: str = ""
    memory_limit_mb: int = 512
    request_rate: float
    latency: float
    cpu: float
    memory: float


class LogTemplate(Noun):
    """One kind of line: `rate` per second; `{ms}`, `{id}` and `{hex}` vary from line to line."""

    level: str = "info"
    rate: float = Field(gt=0)
    text: str


class Topology(Noun):
    """The whole shop."""

    namespace: str
    environments: tuple[str, ...]
    services: dict[str, SimulatedService]
    runbooks: tuple[Runbook, ...] = ()
    chatter: tuple[LogTemplate, ...] = ()

    def service(self, name: str, environment: str) -> Service:
        """Return a service as the catalogue knows it.

        Raises:
            KeyError: when there is none of that name.
        """
        s = self.services[name]
        deployment = name if s.kind == "deployment" else ""
        return Service(
            name=name,
            environment=environment,
            tier=s.tier,
            kind=s.kind,
            namespace=self.namespace,
            deployment=deployment,
            repository=s.repository,
            owners=s.owners,
            channel=s.channel,
            dependencies=s.dependencies,
        )

    def dependents(self, name: str) -> tuple[str, ...]:
        """Return the services that call `name`, in order."""
        return tuple(sorted(n for n, s in self.services.items() if name in s.dependencies))


@cache
def shop() -> Topology:
    """Return the shipped shop."""
    text = (files("holdfast.tools.simulation") / "estate.yaml").read_text()
    return Topology.model_validate(yaml.safe_load(text))
