"""Nodes, the control plane, and what is measured."""

from dataclasses import replace

import pytest

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.parts import Anomaly, Node, Reach, Traffic
from holdfast.analysis.cluster.state import ClusterState
from tests.analysis.cluster.states import APPS, CALLS, first, healthy, pod, signs


def measured(*anomalies: Anomaly) -> ClusterState:
    """Return the healthy cluster with measures that left their usual values."""
    return replace(healthy(), traffic=Traffic(anomalies, calls=CALLS))


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("kubelet", Fault.KUBELET),
        ("containerd", Fault.CONTAINER_RUNTIME),
        ("kube-proxy", Fault.KUBE_PROXY),
        ("kube-scheduler", Fault.SCHEDULER),
        ("kube-apiserver", Fault.CONTROL_PLANE),
    ],
)
def test_a_system_service_that_does_not_run_is_the_nodes_fault(name: str, fault: Fault) -> None:
    assert first(replace(healthy(), nodes=(Node("n1", services={name: False}),))) == (fault, "node/n1")


def test_a_node_that_is_not_ready_is_told_when_no_service_of_it_is_known_to_be_stopped() -> None:
    state = replace(healthy(), nodes=(Node("n1", ready=False), Node("n2", ready=False, services={"kubelet": False})))
    assert {(s.fault, str(s.thing)) for s in signs(state)} == {
        (Fault.NODE_NOT_READY, "node/n1"),
        (Fault.KUBELET, "node/n2"),
    }


def test_a_node_from_which_nothing_answers_while_others_get_through_does_not_route() -> None:
    reaches = tuple(Reach(a, p, origin == "n1", origin) for a, p in APPS.items() for origin in ("n1", "n2"))
    assert first(replace(healthy(), traffic=Traffic(reaches=reaches))) == (Fault.KUBE_PROXY, "node/n2")


def test_a_lossy_node_sends_much_again_and_is_the_one_that_does() -> None:
    told = (Anomaly("n1", "retransmissions", 0, 9.0), Anomaly("n2", "retransmissions", 0.1, 0.6))
    assert first(measured(*told)) == (Fault.NODE_LOSS, "node/n1")


def test_a_delayed_node_is_the_one_that_runs_the_end_of_the_slow_calls() -> None:
    told = (
        Anomaly("n2", "retransmissions", 0, 0.7),
        Anomaly("web", "latency", 20, 4000),
        Anomaly("store", "latency", 5, 2000),
    )
    placed = tuple(pod(a, node="n1" if a == "store" else "n2") for a in APPS)
    assert first(replace(measured(*told), pods=placed)) == (Fault.NODE_DELAY, "node/n1")


def test_the_last_of_a_chain_of_slow_workloads_is_the_source() -> None:
    told = (Anomaly("web", "latency", 20, 4000), Anomaly("store", "latency", 5, 2000))
    assert first(measured(*told)) == (Fault.NETWORK_DELAY, "app/store")


def test_a_caller_far_later_than_a_few_calls_explain_is_the_source_itself() -> None:
    told = (Anomaly("web", "latency", 20, 9000), Anomaly("store", "latency", 5, 300))
    assert first(measured(*told)) == (Fault.NETWORK_DELAY, "app/web")


def test_a_workload_that_is_throttled_and_uses_more_is_overloaded() -> None:
    told = (
        Anomaly("store", "throttling", 0, 0.6),
        Anomaly("store", "cpu", 0.02, 0.2),
        Anomaly("store", "latency", 5, 40),
    )
    assert first(measured(*told)) == (Fault.CPU_OVERLOAD, "app/store")


def test_throttling_alone_says_nothing() -> None:
    assert signs(measured(Anomaly("store", "throttling", 0, 0.6))) == []


def test_where_nothing_is_slow_the_one_that_hands_on_what_dropped_is_a_weak_sign() -> None:
    told = tuple(Anomaly(a, "throughput", 10, 3) for a in APPS)
    state = measured(*told)
    wide = replace(state, traffic=replace(state.traffic, calls={"web": ("store", "db")}))
    late = replace(wide, logs={"store": ("rpc error: context deadline exceeded",)})
    assert first(late) == (Fault.NETWORK_DELAY, "app/web")
    assert signs(late)[0].strength < 0.5


def test_less_to_do_without_a_sign_of_delay_is_a_quiet_hour() -> None:
    told = tuple(Anomaly(a, "throughput", 10, 3) for a in APPS)
    wide = replace(measured(*told), traffic=Traffic(told, calls={"web": ("store", "db")}))
    assert signs(wide) == []


@pytest.mark.parametrize("scale", [0.1, 1, 100])
def test_whether_a_node_loses_does_not_hang_on_how_much_it_sends(scale: float) -> None:
    """What stands out among the nodes is lost; what none stands out with is late."""
    lost = (Anomaly("n1", "retransmissions", 0, 9 * scale), Anomaly("n2", "retransmissions", 0, 0.6 * scale))
    late = (Anomaly("n1", "retransmissions", 0, 0.9 * scale), Anomaly("n2", "retransmissions", 0, 0.6 * scale))
    assert first(measured(*lost)) == (Fault.NODE_LOSS, "node/n1")
    assert first(measured(*late)) == (Fault.NODE_DELAY, "node/n1")
