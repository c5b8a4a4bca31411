"""Pods that no node takes: which condition keeps them away, judged on the nodes they would otherwise fit."""

import re
from collections import Counter
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Workload, meets, texts, tree, trees
from holdfast.analysis.cluster.parts import Node
from holdfast.analysis.cluster.sign import SAYS_SO, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

# What the scheduler says of nodes it passes over, see Kubernetes' "Scheduler events" and its plugins' messages.
_WORDS: tuple[tuple[Fault, str], ...] = (
    (Fault.NODE_CORDONED, r"were unschedulable"),
    (Fault.NODE_AFFINITY, r"didn't match Pod's node affinity"),
    (Fault.UNTOLERATED_TAINT, r"had (?:untolerated )?taint"),
    (Fault.POD_ANTI_AFFINITY, r"didn't match pod anti-affinity|didn't satisfy existing pods anti-affinity"),
    (Fault.INSUFFICIENT_CPU, r"Insufficient cpu"),
    (Fault.INSUFFICIENT_MEMORY, r"Insufficient memory"),
)
_TOLD = re.compile(r"(\d+) (?:node\(s\) )?([^,.]+)")
_BLOCKS = frozenset({"NoSchedule", "NoExecute"})
_HOSTNAME = "kubernetes.io/hostname"
_CORDON = "node.kubernetes.io/unschedulable"


def unschedulable(state: ClusterState) -> Iterator[Sign]:
    """The scheduler's own words about a pod that waits, and of the conditions it names the one that binds."""
    for name in state.apps:
        told = _refusals(state, name)
        if not told:
            continue
        workload = next((w for w in state.workloads if w.name == name), None)
        fault = _binding(told, workload, state.nodes)
        if fault is not None:
            text = ", ".join(f"{f.words} on {n} nodes" for f, n in told.most_common())
            yield Sign(fault, app(name), SAYS_SO, f"pods of {name} are not placed: {text}", "events")
            for other in told.keys() - {fault, Fault.NODE_CORDONED}:
                yield Sign(other, app(name), SUGGESTS, f"some nodes refuse pods of {name}: {other.words}", "events")


def _refusals(state: ClusterState, name: str) -> Counter[Fault]:
    """Return how many nodes refuse the pods of a workload for each reason, by the newest message."""
    waiting = {p.name for p in state.pods_of(name) if not p.node}
    told = [e for e in state.events if e.reason == "FailedScheduling" and e.thing.partition("/")[2] in waiting]
    message = told[-1].message.partition("preemption:")[0] if told else ""
    counts: Counter[Fault] = Counter()
    for number, words in _TOLD.findall(message.replace("0/", "")):
        for fault, pattern in _WORDS:
            if re.search(pattern, words):
                counts[fault] += int(number)
    return counts


def _binding(told: Counter[Fault], workload: Workload | None, nodes: tuple[Node, ...]) -> Fault | None:
    """Return the reason that keeps the pod from the nodes it chose; of several nodes' reasons the commonest."""
    workers = [n for n in nodes if not n.control_plane] or list(nodes)
    if workload is None or not workers:
        return _commonest(told)
    chosen = [n for n in workers if _selected(workload, n) and _attracted(workload, n)]
    if not chosen:
        return _unmatched(workload, workers)
    blocked: Counter[Fault] = Counter()
    for node in chosen:
        if node.cordoned:
            blocked[Fault.NODE_CORDONED] += 1
        elif not _tolerated(workload, node):
            blocked[Fault.UNTOLERATED_TAINT] += 1
    free = len(chosen) - sum(blocked.values())
    rest = Counter({f: n for f, n in told.items() if f not in (*blocked, Fault.NODE_CORDONED, Fault.NODE_AFFINITY)})
    if free and rest:
        return rest.most_common(1)[0][0]
    if blocked:
        return blocked.most_common(1)[0][0]
    only = _commonest(told)
    return _unmatched(workload, workers) if only is Fault.NODE_AFFINITY else only


def _commonest(told: Counter[Fault]) -> Fault | None:
    """Return the commonest reason; a cordoned node is a reason only where it is the only one."""
    others = Counter({f: n for f, n in told.items() if f is not Fault.NODE_CORDONED})
    return (others or told).most_common(1)[0][0] if told else None


def _unmatched(workload: Workload, workers: list[Node]) -> Fault:
    """Return whether it is the affinity or the plain selector that matches no node."""
    if not tree(workload.pod, "affinity", "nodeAffinity"):
        return Fault.NODE_SELECTOR
    return Fault.NODE_AFFINITY if any(_selected(workload, n) for n in workers) else Fault.NODE_SELECTOR


def _selected(workload: Workload, node: Node) -> bool:
    wanted = texts(tree(workload.pod, "nodeSelector"))
    labels = {_HOSTNAME: node.name, **node.labels}  # a node answers to its name also when the label was lost
    return all(labels.get(k) == v for k, v in wanted.items())


def _attracted(workload: Workload, node: Node) -> bool:
    """Return whether a node meets the required node affinity: all expressions of any one term."""
    required = tree(workload.pod, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = trees(required, "nodeSelectorTerms")
    return not terms or any(all(meets(e, node.labels) for e in trees(t, "matchExpressions")) for t in terms)


def _tolerated(workload: Workload, node: Node) -> bool:
    """Return whether the pod tolerates every taint that keeps pods away; a cordon's own taint is not one."""
    for taint in node.taints:
        pair, _, effect = taint.rpartition(":")
        key, _, value = pair.partition("=")
        if effect in _BLOCKS and key != _CORDON and not _covers(workload, key, value, effect):
            return False
    return True


def _covers(workload: Workload, key: str, value: str, effect: str) -> bool:
    for each in trees(workload.pod, "tolerations"):
        same_value = each.get("operator") == "Exists" or str(each.get("value") or "") == value
        if each.get("key", key) == key and each.get("effect", effect) == effect and same_value:
            return True
    return False
