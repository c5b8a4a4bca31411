"""What a question is about, read from its arguments: nothing but the incident's own service and what it depends on.

What a model calls the question counts for nothing: it could ask a neighbour's signal under the incident's name.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from holdfast.activities.diagnosis.words.proposal import Bounds
from holdfast.activities.diagnosis.words.selecting import Selector, UnreadableQueryError, selectors
from holdfast.analysis.readings.pods import belongs
from holdfast.domain.service import Service

Arguments = Mapping[str, JsonValue]

_TRACE_ID = re.compile(r"[0-9a-fA-F]{16,32}")
# Labels that say of which service a series, or an object of a cluster, is. A matcher more than these only narrows.
_WORKLOADS = ("deployment", "app", "app.kubernetes.io/name")
_PLACED = ("service", "environment", "namespace", "cluster", "tenant", *_WORKLOADS, "pod")
# Where else something could be looked at; the planned questions leave them empty, and a model knows no other place.
_ELSEWHERE = ("source", "cluster", "host", "tenant")


class OutOfReachError(Exception):
    """The question is not about this incident; the message is the rest of a sentence that names the argument."""


@dataclass(frozen=True)
class Places:
    """The services a question may be about, the incident's own first, and the one a model says it is about."""

    services: tuple[Service, ...]
    wished: str

    @classmethod
    def of(cls, bounds: Bounds, wished: str) -> "Places":
        """Return what is in reach of a case; a dependency known by name alone has no place in a cluster."""
        own, known = bounds.case.service, bounds.case.dependencies
        named = set(bounds.services) - {own.name, *(d.name for d in known)}
        bare = (Service(name=n, environment=own.environment, kind="external", known=False) for n in sorted(named))
        return cls((own, *known, *bare), bounds.told.get(wished, wished))

    @property
    def names(self) -> str:
        """Return the services' names as a model is told them."""
        return ", ".join(dict.fromkeys(s.name for s in self.services))

    @property
    def environments(self) -> str:
        """Return their environments."""
        return ", ".join(dict.fromkeys(s.environment for s in self.services))

    @property
    def namespaces(self) -> str:
        """Return the namespaces they live in."""
        return ", ".join(dict.fromkeys(s.namespace for s in self.services if _lives(s)))

    def named(self, name: JsonValue) -> Service | None:
        """Return the service of that name."""
        return next((s for s in self.services if s.name == name), None)

    def in_namespace(self, namespace: JsonValue) -> tuple[Service, ...]:
        """Return the services that live in a namespace, the one wished for first."""
        there = (s for s in self.services if _lives(s) and s.namespace == namespace)
        return tuple(sorted(there, key=lambda s: s.name != self.wished))


def subject(tool: str, arguments: Arguments, places: Places) -> str:
    """Return the service that a question is about.

    Raises:
        OutOfReachError: when that is none of the incident's, or cannot be told.
    """
    for key in _ELSEWHERE:
        if arguments.get(key) not in (None, ""):
            raise OutOfReachError(f".{key}: leave it empty; what is the incident's own is asked")
    return _ABOUT[tool](arguments, places).name


def _lives(service: Service) -> bool:
    return service.kind != "external"


def _metrics(arguments: Arguments, places: Places) -> Service:
    """Each series is bound to one service, by its own label or by its workload in a namespace."""
    try:
        chosen = selectors(str(arguments.get("query") or ""))
        found = [_of_series(matchers, places) for matchers in chosen]
    except UnreadableQueryError as e:
        raise OutOfReachError(f".query: {e}") from e
    if len({s.name for s in found}) != 1:
        told = "ask about one service at a time" if found else _bind(places)
        raise OutOfReachError(f".query: {told}")
    return found[0]


def _of_series(matchers: Selector, places: Places) -> Service:
    for m in matchers:
        if m.label in ("service", "environment", "namespace", "cluster", "tenant") and m.sign != "=":
            raise OutOfReachError(f".query: {m.label}{m.sign} may match others; {_bind(places)}")
    said = {label: [m for m in matchers if m.label == label] for label in _PLACED}
    if said["cluster"] or said["tenant"]:
        raise OutOfReachError(".query: leave cluster and tenant out; what is the incident's own is asked")
    found = [s for s in places.services if all(_fits(m.label, m.sign, m.value, s) for ms in said.values() for m in ms)]
    bound = (said["service"] and said["environment"]) or (
        said["namespace"] and any(said[label] for label in (*_WORKLOADS, "pod"))
    )
    if not found or not bound:
        raise OutOfReachError(f".query: {_bind(places)}")
    return found[0]


def _fits(label: str, sign: str, value: str, service: Service) -> bool:
    """Return whether a condition holds for a service, and as far as a pod's or workload's name says for it alone."""
    if label in ("service", "environment"):
        return value == (service.name if label == "service" else service.environment)
    if label == "namespace":
        return _lives(service) and value == service.namespace
    name = _workload(service)
    if sign == "=":
        return belongs(value, name) if label == "pod" else value == name
    return label == "pod" and sign == "=~" and re.fullmatch(rf"\^?{re.escape(name)}-[.\[][^|()]*", value) is not None


def _bind(places: Places) -> str:
    return (
        f'every series is selected by service="…" of {places.names} with environment="…" of {places.environments}, '
        f'or by namespace="…" of {places.namespaces} with a deployment or pod of theirs'
    )


def _logs(arguments: Arguments, places: Places) -> Service:
    filters = arguments.get("filters")
    if not isinstance(filters, dict):
        raise OutOfReachError(".filters: an object with service, environment, start and end")
    return _of_catalogue(filters, places, ".filters")


def _of_catalogue(arguments: Arguments, places: Places, at: str = "") -> Service:
    """One service by its name, in its own environment."""
    service = _by_name(arguments, places, at)
    if arguments.get("environment") != service.environment:
        raise OutOfReachError(f"{at}.environment: {service.environment}")
    return service


def _by_name(arguments: Arguments, places: Places, at: str = "") -> Service:
    service = places.named(arguments.get("service"))
    if service is None:
        raise OutOfReachError(f"{at}.service: one of {places.names}")
    return service


def _trace(arguments: Arguments, places: Places) -> Service:
    """A trace is one request through many services: it is looked at for the incident's own."""
    if not _TRACE_ID.fullmatch(str(arguments.get("trace_id") or "")):
        raise OutOfReachError(".trace_id: 16 to 32 hexadecimal digits")
    return places.services[0]


def _namespace(arguments: Arguments, places: Places) -> Service:
    """Everything of a namespace in which one of the services lives, or of one workload in it."""
    there = places.in_namespace(arguments.get("namespace"))
    if not there:
        raise OutOfReachError(f".namespace: one of {places.namespaces}")
    names = [value for key, value in _selected(arguments) if key in _WORKLOADS]
    found = [s for s in there if all(value == _workload(s) for value in names)]
    if not found:
        raise OutOfReachError(f".selector: a deployment of {', '.join(map(_workload, there))}")
    return found[0]


def _nodes(_: Arguments, places: Places) -> Service:
    """Nodes carry whatever runs on them; their state is looked at for the incident's own."""
    return places.services[0]


def _pod(arguments: Arguments, places: Places) -> Service:
    return _object(arguments, places, "pod", belongs)


def _deployment(arguments: Arguments, places: Places) -> Service:
    return _object(arguments, places, "deployment", lambda name, workload: name == workload)


def _object(arguments: Arguments, places: Places, key: str, is_of: Callable[[str, str], bool]) -> Service:
    there = places.in_namespace(arguments.get("namespace"))
    if not there:
        raise OutOfReachError(f".namespace: one of {places.namespaces}")
    found = next((s for s in there if is_of(str(arguments.get(key) or ""), _workload(s))), None)
    if found is None:
        raise OutOfReachError(f".{key}: one of {', '.join(map(_workload, there))}")
    return found


def _container(arguments: Arguments, places: Places) -> Service:
    """By its own name, or as Docker Compose makes one of a project's and a service's name."""
    name = str(arguments.get("container") or "")
    for service in places.services:
        forms = rf"(?:{re.escape(service.namespace)}[-_])?{re.escape(_workload(service))}(?:[-_]\d+)?"
        if re.fullmatch(forms, name):
            return service
    raise OutOfReachError(f".container: one of {places.names}")


def _workspace(arguments: Arguments, places: Places) -> Service:
    """Nothing says which workspace builds what: one called like the service, or like its environment, is taken."""
    for service in places.services:
        name = _workload(service)
        own = {service.name, name, f"{name}-{service.environment}", f"{service.environment}-{name}"}
        if arguments.get("workspace") in {*own, service.environment}:
            return service
    raise OutOfReachError(f".workspace: one called like {places.names} or {places.environments}")


def _workload(service: Service) -> str:
    return service.deployment or service.name


def _selected(arguments: Arguments) -> Iterator[tuple[str, str]]:
    for part in str(arguments.get("selector") or "").split(","):
        key, _, value = part.partition("=")
        yield key.strip(), value.strip()


_ABOUT: dict[str, Callable[[Arguments, Places], Service]] = {
    "monitoring.fetch_metrics": _metrics,
    "monitoring.query_logs": _logs,
    "monitoring.fetch_trace": _trace,
    "kubernetes.get_pods": _namespace,
    "kubernetes.get_events": _namespace,
    "kubernetes.get_deployments": _namespace,
    "kubernetes.get_services": _namespace,
    "kubernetes.get_ingresses": _namespace,
    "kubernetes.get_network_policies": _namespace,
    "kubernetes.get_quotas": _namespace,
    "kubernetes.get_config_maps": _namespace,
    "kubernetes.get_claims": _namespace,
    "kubernetes.get_nodes": _nodes,
    "kubernetes.describe_pod": _pod,
    "kubernetes.get_logs": _pod,
    "kubernetes.rollout_history": _deployment,
    "infrastructure.docker_container_status": _container,
    "infrastructure.terraform_plan": _workspace,
    "catalog.get_dependencies": _of_catalogue,
    "catalog.get_runbook": _by_name,
    "memory.find_similar_incidents": _by_name,
}
