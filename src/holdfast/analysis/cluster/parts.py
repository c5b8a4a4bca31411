"""The parts of a cluster's state that are no pods and no manifests: nodes, storage, quotas, measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """A node. `taints` are `key=value:Effect`; `services` says of its system services which are active."""

    name: str
    ready: bool = True
    cordoned: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()
    services: Mapping[str, bool] = field(default_factory=dict)

    @property
    def control_plane(self) -> bool:
        """Return whether it is kept for the control plane, by label or role."""
        roles = {k.rpartition("/")[2] for k in self.labels} | {self.labels.get("kubernetes.io/role", "")}
        return bool(roles & {"master", "control-plane"})


@dataclass(frozen=True)
class Claim:
    """A persistent volume claim and its messages. `storage_class` is empty for none."""

    name: str
    bound: bool
    storage_class: str = ""
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Volume:
    """A persistent volume. `capacity` in bytes; `modes` are ReadWriteOnce and so on; `claim` is `namespace/name`."""

    name: str
    capacity: float = 0.0
    modes: frozenset[str] = frozenset()
    storage_class: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    claim: str = ""


@dataclass(frozen=True)
class Quota:
    """One resource of a resource quota; `used` and `hard` in the resource's own unit."""

    name: str
    resource: str
    used: float
    hard: float


@dataclass(frozen=True)
class Reach:
    """Whether a connection from one place to a service's port succeeded; `origin` is empty where unknown."""

    service: str
    port: int
    open: bool
    origin: str = ""


@dataclass(frozen=True)
class Anomaly:
    """One measure that left its usual value. `times` is now over usual, infinite when usual was nothing."""

    thing: str
    measure: str
    usual: float = 0.0
    now: float = 0.0

    @property
    def times(self) -> float:
        """Return how many times the usual value it is now; 1 where neither is known."""
        if self.usual > 0:
            return self.now / self.usual
        return float("inf") if self.now > 0 else 1.0


@dataclass(frozen=True)
class Traffic:
    """What the cluster's measures say: anomalies, connections tried, and who calls whom."""

    anomalies: tuple[Anomaly, ...] = ()
    reaches: tuple[Reach, ...] = ()
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Storage:
    """Claims and volumes, and the storage classes there are."""

    claims: tuple[Claim, ...] = ()
    volumes: tuple[Volume, ...] = ()
    classes: frozenset[str] = frozenset()
