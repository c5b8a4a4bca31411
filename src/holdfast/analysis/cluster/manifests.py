"""Kubernetes objects as the API serves them, read tolerantly: what is not there, or of another type, reads as empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

Tree = Mapping[str, JsonValue]

_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_QUANTITY = re.compile(r"\s*([0-9.]+)\s*([KMGTP]i|[mkMGTP]?)\s*")


def quantity(text: object) -> float:
    """Return a Kubernetes quantity such as `250m` or `1Gi` as a number; 0 when it is none."""
    found = _QUANTITY.fullmatch(str(text))
    if not found:
        return 0.0
    try:
        return float(found[1]) * (_BINARY | _UNITS)[found[2]]
    except ValueError:
        return 0.0


def tree(value: object, *path: str) -> Tree:
    """Return the object at a path, empty when there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def trees(value: object, *path: str) -> tuple[Tree, ...]:
    """Return the list of objects at a path; what is no object in it is left out."""
    found = tree(value, *path[:-1]).get(path[-1])
    return tuple(v for v in found if isinstance(v, Mapping)) if isinstance(found, list) else ()


def texts(value: object) -> dict[str, str]:
    """Return an object's fields as text."""
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def number(value: object, default: int = 0) -> int:
    """Return a whole number, also from text; `default` when it is none."""
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else default


def meets(expression: Tree, labels: Mapping[str, str]) -> bool:
    """Return whether labels meet one expression of a selector; Gt and Lt are taken as met where the label is there."""
    key, operator = str(expression.get("key")), expression.get("operator")
    values = expression.get("values")
    wanted = {str(v) for v in values} if isinstance(values, list) else set()
    there = labels.get(key)
    if operator == "In":
        return there in wanted
    if operator == "NotIn":
        return there not in wanted
    if operator == "DoesNotExist":
        return there is None
    return there is not None


def selects(selector: Tree, labels: Mapping[str, str]) -> bool:
    """Return whether a label selector takes these labels; an empty one takes all."""
    plain = texts(tree(selector, "matchLabels"))
    return plain.items() <= labels.items() and all(meets(e, labels) for e in trees(selector, "matchExpressions"))


@dataclass(frozen=True)
class Manifest:
    """One object."""

    body: Tree

    @property
    def kind(self) -> str:
        """Return its kind."""
        return str(self.body.get("kind") or "")

    @property
    def name(self) -> str:
        """Return its name."""
        return str(tree(self.body, "metadata").get("name") or "")

    @property
    def spec(self) -> Tree:
        """Return its specification."""
        return tree(self.body, "spec")

    @property
    def data(self) -> dict[str, str]:
        """Return what a config map or secret holds."""
        return texts(tree(self.body, "data")) | texts(tree(self.body, "stringData"))


@dataclass(frozen=True)
class Probe:
    """A liveness or readiness probe. Times in seconds; `port` is a number or a port's name."""

    kind: str
    scheme: str
    port: str
    delay: int
    period: int
    failures: int


@dataclass(frozen=True)
class Container:
    """One container of a workload's template."""

    name: str
    image: str
    ports: tuple[Tree, ...]
    env: tuple[Tree, ...]
    env_from: tuple[Tree, ...]
    probes: tuple[Probe, ...]
    mounts: tuple[Tree, ...]

    @property
    def served(self) -> frozenset[str]:
        """Return the ports it says it serves, by number and by name."""
        return frozenset(str(p[key]) for p in self.ports for key in ("containerPort", "name") if p.get(key))

    @property
    def values(self) -> dict[str, str]:
        """Return the environment variables that are written out."""
        return {str(e.get("name")): str(e["value"]) for e in self.env if e.get("value") is not None}


@dataclass(frozen=True)
class Workload:
    """A deployment, stateful set or daemon set."""

    manifest: Manifest

    @property
    def name(self) -> str:
        """Return its name."""
        return self.manifest.name

    @property
    def replicas(self) -> int:
        """Return how many pods are wanted; 1 when it is not said."""
        said = self.manifest.spec.get("replicas")
        return 1 if said is None else number(said, 1)

    @property
    def template(self) -> Tree:
        """Return the pods' template."""
        return tree(self.manifest.spec, "template")

    @property
    def pod(self) -> Tree:
        """Return the pods' specification."""
        return tree(self.template, "spec")

    @property
    def labels(self) -> dict[str, str]:
        """Return the pods' labels."""
        return texts(tree(self.template, "metadata", "labels"))

    @property
    def annotations(self) -> dict[str, str]:
        """Return the pods' annotations."""
        return texts(tree(self.template, "metadata", "annotations"))

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Return its containers."""
        return tuple(_container(c) for c in trees(self.pod, "containers"))

    @property
    def served(self) -> frozenset[str]:
        """Return the ports its containers say they serve."""
        return frozenset().union(*(c.served for c in self.containers))


def _container(body: Tree) -> Container:
    kinds = ("livenessProbe", "readinessProbe")
    return Container(
        name=str(body.get("name") or ""),
        image=str(body.get("image") or ""),
        ports=trees(body, "ports"),
        env=trees(body, "env"),
        env_from=trees(body, "envFrom"),
        probes=tuple(_probe(k.removesuffix("Probe"), tree(body, k)) for k in kinds if tree(body, k)),
        mounts=trees(body, "volumeMounts"),
    )


def _probe(kind: str, body: Tree) -> Probe:
    scheme = next((s for s in ("httpGet", "grpc", "tcpSocket", "exec") if s in body), "")
    return Probe(
        kind=kind,
        scheme=scheme,
        port=str(tree(body, scheme).get("port") or "") if scheme else "",
        delay=number(body.get("initialDelaySeconds"), 0),
        period=number(body.get("periodSeconds"), 10),  # Kubernetes' default
        failures=number(body.get("failureThreshold"), 3),  # Kubernetes' default
    )
