"""Services that lead nowhere: a selector, port or protocol that no pod of theirs answers to."""

from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Manifest, Tree, Workload, texts, tree, trees
from holdfast.analysis.cluster.sign import CONTRADICTS, HINTS, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState


def unmatched_services(state: ClusterState) -> Iterator[Sign]:
    """A service selects labels that no written workload has."""
    for service in state.of_kind("Service"):
        selector = texts(tree(service.spec, "selector"))
        if not selector or not state.workloads or state.behind(service.name):
            continue
        meant = _meant(state, service, selector)
        text = f"service {service.name} selects {selector}, which no pod has"
        known = any(w.name == meant for w in state.workloads)
        yield Sign(
            Fault.SERVICE_SELECTOR,
            app(meant),
            _strength(state, service.name, meant) if known else SUGGESTS,
            text,
            "manifests",
        )


def unserved_ports(state: ClusterState) -> Iterator[Sign]:
    """A service leads to a port its pods do not serve, or speaks a protocol they do not."""
    for service in state.of_kind("Service"):
        for workload in state.behind(service.name):
            if not workload.served:
                continue
            for port in trees(service.spec, "ports"):
                yield from _port(state, service, workload, port)


def _port(state: ClusterState, service: Manifest, workload: Workload, port: Tree) -> Iterator[Sign]:
    target = str(port.get("targetPort") or port.get("port"))
    strength = _strength(state, service.name, workload.name)
    if target not in workload.served:
        text = f"service {service.name} leads to port {target}; {workload.name} serves {sorted(workload.served)}"
        yield Sign(Fault.SERVICE_PORT, app(workload.name), strength, text, "manifests")
    elif str(port.get("protocol") or "TCP") not in _protocols(workload, target):
        text = f"service {service.name} speaks {port.get('protocol')}; {workload.name} does not"
        yield Sign(Fault.SERVICE_PROTOCOL, app(workload.name), strength, text, "manifests")


def _meant(state: ClusterState, service: Manifest, selector: dict[str, str]) -> str:
    """Return the workload a service means: of its own name, else the one that shares most labels."""
    if any(w.name == service.name for w in state.workloads):
        return service.name
    shared = {w.name: len(selector.items() & w.labels.items()) for w in state.workloads}
    best = max(shared, key=lambda n: shared[n])
    return best if shared[best] else service.name


def _protocols(workload: Workload, target: str) -> set[str]:
    ports = [p for c in workload.containers for p in c.ports if target in (str(p.get("containerPort")), p.get("name"))]
    return {str(p.get("protocol") or "TCP") for p in ports}


def _strength(state: ClusterState, service: str, workload: str) -> float:
    """A contradiction is sure to hurt unless somebody was seen to get through."""
    through = any(r.open for r in state.traffic.reaches if r.service in (service, workload))
    return HINTS if through else CONTRADICTS
