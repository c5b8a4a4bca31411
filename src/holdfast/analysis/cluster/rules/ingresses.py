"""Ways in from outside that lead to a service that is not there, or to a port it does not have."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Manifest, Tree, tree, trees
from holdfast.analysis.cluster.sign import CONTRADICTS, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

ALIKE = 0.8  # share of equal letters from which a name that is not there is a slip for one that is


@dataclass(frozen=True)
class Backend:
    """Where a way in leads; `port` is a number or a port's name, empty where it is not said."""

    way: str
    service: str
    port: str


def lost_backends(state: ClusterState) -> Iterator[Sign]:
    """An ingress, or a gateway's route, leads to a service that is not there, or to a port it does not have."""
    services = {s.name: s for s in state.of_kind("Service")}
    names = state.present.get("Service", frozenset(services))
    if not names:
        return  # nobody asked which services there are
    for each in dict.fromkeys(_backends(state)):
        if each.service not in names:
            meant = _meant(each.service, names)
            text = f"{each.way} leads to service {each.service}, which is not there"
            yield _sign(state, meant, text)
        elif each.service in services and each.port and each.port not in _ports(services[each.service]):
            ports = sorted(_ports(services[each.service]))
            text = f"{each.way} leads to port {each.port} of service {each.service}, which has {ports}"
            yield _sign(state, each.service, text)


def _sign(state: ClusterState, service: str, text: str) -> Sign:
    """The fault is of the workload that is not reached; who comes through by another way weakens it."""
    behind = state.behind(service)
    name = behind[0].name if behind else service
    through = any(r.open for r in state.traffic.reaches if r.service in (service, name))
    return Sign(Fault.INGRESS_BACKEND, app(name), SUGGESTS if through else CONTRADICTS, text, "manifests")


def _backends(state: ClusterState) -> Iterator[Backend]:
    for way in state.of_kind("Ingress"):
        paths = (p for r in trees(way.spec, "rules") for p in trees(tree(r, "http"), "paths"))
        told = (tree(way.spec, "defaultBackend"), tree(way.spec, "backend"), *(tree(p, "backend") for p in paths))
        yield from (Backend(_named(way), *found) for b in told if (found := _ingress(b)))
    for way in state.of_kind("HTTPRoute", "GRPCRoute"):
        for ref in (b for r in trees(way.spec, "rules") for b in trees(r, "backendRefs")):
            if ref.get("kind", "Service") == "Service" and ref.get("namespace") in (None, state.namespace):
                yield Backend(_named(way), str(ref.get("name") or ""), str(ref.get("port") or ""))


def _ingress(backend: Tree) -> tuple[str, str] | None:
    """Return the service and port of an ingress' backend, as today's API has them or as the one before did."""
    service = tree(backend, "service")
    if service:
        port = tree(service, "port")
        return str(service.get("name") or ""), str(port.get("number") or port.get("name") or "")
    name = backend.get("serviceName")
    return (str(name), str(backend.get("servicePort") or "")) if name else None


def _ports(service: Manifest) -> set[str]:
    return {str(p[key]) for p in trees(service.spec, "ports") for key in ("port", "name") if p.get(key)}


def _meant(service: str, names: frozenset[str]) -> str:
    """Return the service that a name was meant to be: the likest one, or itself when none is like it."""
    likeness = {n: SequenceMatcher(None, service, n).ratio() for n in sorted(names)}
    best = max(likeness, key=lambda n: likeness[n])
    return best if likeness[best] >= ALIKE else service


def _named(way: Manifest) -> str:
    return f"{way.kind.lower()} {way.name}"
