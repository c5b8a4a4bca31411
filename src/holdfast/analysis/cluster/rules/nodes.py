"""Nodes and the control plane: system services that do not run, and what shows without asking them."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.rules.performance import sources
from holdfast.analysis.cluster.sign import CONTRADICTS, HINTS, SAYS_SO, SUGGESTS, Sign, node
from holdfast.analysis.cluster.state import ClusterState

_SERVICES = {
    "kubelet": Fault.KUBELET,
    "containerd": Fault.CONTAINER_RUNTIME,
    "docker": Fault.CONTAINER_RUNTIME,
    "crio": Fault.CONTAINER_RUNTIME,
    "kube-proxy": Fault.KUBE_PROXY,
    "kube-scheduler": Fault.SCHEDULER,
}
# How many times as much as any other node that does a lossy node sends again. It loses what all its peers send, so they
# send again too, and it sends most; of what is only late, either end sends a little again, and none stands out.
LOSSY = 4.0


def stopped_services(state: ClusterState) -> Iterator[Sign]:
    """A node's system service does not run."""
    for each in state.nodes:
        for service, active in each.services.items():
            if not active:
                fault = _SERVICES.get(service, Fault.CONTROL_PLANE)
                yield Sign(fault, node(each.name), SAYS_SO, f"{service} on {each.name} does not run", "nodes")


def not_ready(state: ClusterState) -> Iterator[Sign]:
    """A node is not ready, and none of its services is known to be stopped."""
    for each in state.nodes:
        if not each.ready and all(each.services.values()):
            yield Sign(Fault.NODE_NOT_READY, node(each.name), CONTRADICTS, f"{each.name} is not ready", "nodes")


def cut_off(state: ClusterState) -> Iterator[Sign]:
    """From one node no service answers while from others the same ones do: its proxy does not route."""
    by_origin: dict[str, list[bool]] = defaultdict(list)
    for reach in state.traffic.reaches:
        if reach.origin:
            by_origin[reach.origin].append(reach.open)
    others_work = sum(any(opens) for opens in by_origin.values())
    for origin, opens in by_origin.items():
        if others_work and len(opens) > 1 and not any(opens):
            yield Sign(Fault.KUBE_PROXY, node(origin), SUGGESTS, f"from {origin} no service answers", "traffic")


def network(state: ClusterState) -> Iterator[Sign]:
    """Nodes' connections send again what was lost or came late.

    What is lost is sent again by the node that loses it. What is late is sent again by either end, so there the
    node has the fault that runs the ends of the chains of slow workloads.
    """
    names = {n.name for n in state.nodes}
    told = [a for a in state.traffic.anomalies if a.measure == "retransmissions" and a.thing in names]
    worst = max(told, key=lambda a: a.now, default=None)
    if worst is None:
        return
    others = [a.now for a in told if a.thing != worst.thing and a.times > 1]
    lossy = bool(others) and worst.now >= LOSSY * max(others)
    text = f"{worst.thing} sends {worst.now:g} segments a second again"
    yield Sign(Fault.NODE_LOSS, node(worst.thing), CONTRADICTS if lossy else HINTS, text, "traffic")
    yield Sign(Fault.NODE_DELAY, node(worst.thing), HINTS if lossy else SUGGESTS, text, "traffic")
    place = _place(state)
    if place and not lossy:
        text = f"connections send segments again, and the slow workloads at the ends of calls run on {place}"
        yield Sign(Fault.NODE_DELAY, node(place), CONTRADICTS, text, "traffic")


def _place(state: ClusterState) -> str:
    """Return the node that runs most of the slow workloads that call no slow one; empty when none is slow."""
    slow = sources(state)
    ends = [n for n in slow if not set(state.traffic.calls.get(n, ())) & set(slow)]
    places = Counter(p.node for n in ends for p in state.pods_of(n) if p.node)
    return places.most_common(1)[0][0] if places else ""


def unscheduled(state: ClusterState) -> Iterator[Sign]:
    """Pods wait for a node and the scheduler says nothing about them: it may not run."""
    heard = {e.thing.partition("/")[2] for e in state.events if e.reason in ("FailedScheduling", "Scheduled")}
    masters = [n for n in state.nodes if n.control_plane]
    waiting = [p for p in state.pods if not p.node and p.phase == "Pending" and p.name not in heard]
    if waiting and masters and state.events:
        text = f"the scheduler says nothing of {waiting[0].name}"
        yield Sign(Fault.SCHEDULER, node(masters[0].name), SUGGESTS, text, "events")
