"""Network policies that keep out what a workload lives by, where something shows that it does not come through."""

import re
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Manifest, Tree, Workload, selects, tree, trees
from holdfast.analysis.cluster.sign import CONTRADICTS, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

# A packet that is dropped is waited for; some networks refuse instead.
_LOST = re.compile(r"timed? ?out|deadline exceeded|no route to host|unreachable|ECONNREFUSED|connection refused", re.I)
_UNKNOWN_HOST = re.compile(r"UnknownHost|no such host|name resolution|NXDOMAIN|getaddrinfo|could not resolve", re.I)
GONE = 0.1  # of the usual traffic: what is left when nobody comes through is at most checks of its own
DNS = 53


def kept_out(state: ClusterState) -> Iterator[Sign]:
    """Policies let nobody in who would come, and nobody comes: a connection failed, or the traffic fell away.

    To let nobody in is what a good namespace begins with, so without harm it says nothing.
    """
    for workload in state.workloads:
        policies = _about(state, workload, "Ingress")
        rules = [r for p in policies for r in trees(p.spec, "ingress")]
        if not policies or not _missed(state, workload.name) or any(_admits(state, r, workload) for r in rules):
            continue
        sure = not rules and not state.short(workload.name)  # pods that are not ready get no traffic anyway
        names = ", ".join(p.name for p in policies)
        text = f"network policy {names} lets nobody in to {workload.name}, and nothing comes through"
        yield Sign(Fault.NETWORK_POLICY, app(workload.name), CONTRADICTS if sure else SUGGESTS, text, "manifests")


def kept_in(state: ClusterState) -> Iterator[Sign]:
    """Policies let nothing out of a workload, or no question for names, and it logs that it reaches nobody."""
    for workload in state.workloads:
        policies = _about(state, workload, "Egress")
        rules = [r for p in policies for r in trees(p.spec, "egress")]
        lines = state.logs.get(workload.name, ())
        nameless = any(_UNKNOWN_HOST.search(line) for line in lines)
        lost = nameless or any(_LOST.search(line) for line in lines)
        shut = bool(policies) and not rules and lost
        mute = bool(rules) and nameless and not any(_on(r, {str(DNS)}) for r in rules)
        if shut or mute:
            what = "nothing" if shut else "no question for names"
            text = f"network policy {', '.join(p.name for p in policies)} lets {what} out of {workload.name}"
            yield Sign(Fault.NETWORK_POLICY, app(workload.name), CONTRADICTS, text, "manifests")


def _about(state: ClusterState, workload: Workload, way: str) -> list[Manifest]:
    """Return the policies that restrict a workload's traffic that way; what no policy restricts is free."""
    every = state.of_kind("NetworkPolicy")
    return [p for p in every if way in _ways(p) and selects(tree(p.spec, "podSelector"), workload.labels)]


def _ways(policy: Manifest) -> set[str]:
    """Return which ways a policy restricts; by default in, and out where it has rules for it."""
    said = policy.spec.get("policyTypes")
    if isinstance(said, list) and said:
        return {str(way) for way in said}
    return {"Ingress", "Egress"} if policy.spec.get("egress") else {"Ingress"}


def _missed(state: ClusterState, name: str) -> bool:
    """Return whether a workload is not reached: every connection tried failed, or nearly all its traffic is gone."""
    behind = {*state.services_of(name), name}
    tried = [r.open for r in state.traffic.reaches if r.service in behind]
    fell = any(a.thing == name and a.measure == "throughput" and a.times <= GONE for a in state.traffic.anomalies)
    return (bool(tried) and not any(tried)) or fell


def _admits(state: ClusterState, rule: Tree, workload: Workload) -> bool:
    """Return whether a rule lets anybody in who would come: to a port that is served, from somebody there is."""
    peers = trees(rule, "from")
    return _on(rule, workload.served) and (not peers or any(_there(state, p, workload.name) for p in peers))


def _on(rule: Tree, ports: frozenset[str] | set[str]) -> bool:
    """Return whether a rule is about one of these ports; a rule without ports is about all, and no ports are any."""
    told = trees(rule, "ports")
    return not told or not ports or any(_port(t, p) for t in told for p in ports)


def _port(told: Tree, port: str) -> bool:
    first, last = told.get("port"), told.get("endPort")
    if first is None or str(first) == port:
        return True
    between = isinstance(first, int) and isinstance(last, int) and port.isdigit()
    return between and first <= int(port) <= last  # type: ignore[operator] # both are whole numbers


def _there(state: ClusterState, peer: Tree, name: str) -> bool:
    """Return whether somebody may be meant: of other namespaces and networks everybody, of this one who is there."""
    if "podSelector" not in peer or "namespaceSelector" in peer or "ipBlock" in peer:
        return True
    callers = {c for c, called in state.traffic.calls.items() if name in called}
    others = [w for w in state.workloads if w.name in callers] or [w for w in state.workloads if w.name != name]
    return any(selects(tree(peer, "podSelector"), w.labels) for w in others)
