"""Pods that no node takes, and objects that are refused."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.parts import Node, Quota
from holdfast.analysis.cluster.state import ClusterState
from tests.analysis.cluster.states import broken, event, first, healthy, rewritten, service, signs, workload

TAINTED = Node("n1", taints=("only=gpu:NoSchedule",))


def unplaced(words: str, nodes: tuple[Node, ...] = (), **spec: Any) -> ClusterState:
    """Return a cluster where a pod of `store` waits with these words of the scheduler's."""
    told = event("store", "FailedScheduling", f"0/2 nodes are available: {words}. preemption: 0/2 nodes are available.")
    state = broken("store", told, phase="Pending", node="")
    return replace(rewritten(state, workload("store", **spec)), nodes=nodes)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("2 Insufficient cpu", Fault.INSUFFICIENT_CPU),
        ("1 node(s) were unschedulable, 1 Insufficient memory", Fault.INSUFFICIENT_MEMORY),
        ("2 node(s) were unschedulable", Fault.NODE_CORDONED),
        ("2 node(s) had untolerated taint {only: gpu}", Fault.UNTOLERATED_TAINT),
        ("2 node(s) didn't match pod anti-affinity rules", Fault.POD_ANTI_AFFINITY),
        ("2 node(s) didn't match Pod's node affinity/selector", Fault.NODE_AFFINITY),
    ],
)
def test_without_knowledge_of_the_nodes_the_schedulers_words_are_taken(words: str, fault: Fault) -> None:
    assert first(unplaced(words)) == (fault, "app/store")


def test_a_selector_that_no_node_meets_is_told_from_an_affinity() -> None:
    words, nodes = "2 node(s) didn't match Pod's node affinity/selector", (Node("n1"), Node("n2"))
    selector = unplaced(words, nodes, nodeSelector={"disk": "ssd"})
    terms = [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    affinity = unplaced(words, nodes, affinity={"nodeAffinity": required})
    assert [first(selector)[0], first(affinity)[0]] == [Fault.NODE_SELECTOR, Fault.NODE_AFFINITY]


def test_where_the_chosen_node_is_cordoned_the_cordon_binds_not_the_choice() -> None:
    words = "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable"
    nodes = (Node("n1", cordoned=True, labels={"disk": "ssd"}), Node("n2"))
    assert first(unplaced(words, nodes, nodeSelector={"disk": "ssd"}))[0] is Fault.NODE_CORDONED


def test_where_the_chosen_node_is_tainted_the_taint_binds_unless_it_is_tolerated() -> None:
    words = "1 node(s) had untolerated taint {only: gpu}, 1 node(s) didn't match Pod's node affinity/selector"
    chosen = {"kubernetes.io/hostname": "n1"}
    assert first(unplaced(words, (TAINTED, Node("n2")), nodeSelector=chosen))[0] is Fault.UNTOLERATED_TAINT
    told = "1 node(s) didn't match Pod's node affinity/selector, 1 Insufficient cpu"
    tolerant = unplaced(
        told, (TAINTED, Node("n2")), nodeSelector=chosen, tolerations=[{"key": "only", "operator": "Exists"}]
    )
    assert first(tolerant)[0] is Fault.INSUFFICIENT_CPU


def test_a_control_plane_node_that_is_always_closed_does_not_count_as_cordoned() -> None:
    master = Node("m", cordoned=True, labels={"node-role.kubernetes.io/control-plane": ""})
    state = unplaced("1 node(s) were unschedulable, 1 Insufficient cpu", (master, Node("n1")))
    assert first(state)[0] is Fault.INSUFFICIENT_CPU


def test_a_pod_of_which_the_scheduler_says_nothing_speaks_against_the_scheduler() -> None:
    state = broken("store", phase="Pending", node="")
    master = Node("m", labels={"kubernetes.io/role": "master"})
    assert first(replace(state, nodes=(master,))) == (Fault.SCHEDULER, "node/m")


@pytest.mark.parametrize(
    ("resource", "fault"),
    [
        ("requests.cpu", Fault.QUOTA_CPU),
        ("limits.memory", Fault.QUOTA_MEMORY),
        ("pods", Fault.QUOTA_PODS),
    ],
)
def test_a_pod_that_was_never_made_is_over_the_quota_its_controller_names(resource: str, fault: Fault) -> None:
    words = f'pods "store-1" is forbidden: exceeded quota: q, requested: {resource}=1, used: {resource}=9, limited'
    told = event("store", "FailedCreate", words, thing="replicaset/store-6bf4d9c7b8")
    state = healthy()
    lacking = replace(state, pods=tuple(p for p in state.pods if p.deployment != "store"), events=(told,))
    assert first(lacking) == (fault, "namespace/shop")
    assert signs(replace(lacking, pods=state.pods)) == []


def test_a_pod_that_was_never_made_for_want_of_its_service_account_says_so() -> None:
    state = healthy()
    lacking = replace(state, pods=tuple(p for p in state.pods if p.deployment != "web"))
    assert first(lacking) == (Fault.SERVICE_ACCOUNT_MISSING, "app/web")


def test_a_written_service_that_is_not_there_while_the_quota_is_full_was_refused() -> None:
    state = rewritten(healthy(), service("extra"), workload("extra", 80))
    full = replace(state, quotas=(Quota("q", "services", 3, 3),), desired={})
    assert (Fault.QUOTA_SERVICES, "namespace/shop") in [(s.fault, str(s.thing)) for s in signs(full)]
    assert Fault.QUOTA_SERVICES not in [s.fault for s in signs(replace(full, quotas=(Quota("q", "services", 3, 9),)))]
