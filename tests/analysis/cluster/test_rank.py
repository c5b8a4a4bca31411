"""Signs weighed into answers."""

from dataclasses import replace

import pytest

from holdfast.analysis.cluster.fault import Fault, cause_of
from holdfast.analysis.cluster.parts import Anomaly, Node, Traffic
from holdfast.analysis.cluster.rank import margin, rank
from holdfast.domain.diagnosis import Cause
from tests.analysis.cluster.states import broken, event, healthy, rewritten, service


def test_every_fault_is_a_case_of_some_cause() -> None:
    assert all(cause_of(f) not in (Cause.UNKNOWN, Cause.HEALTHY) for f in Fault)


def test_a_stopped_node_comes_before_what_its_pods_suffer() -> None:
    told = event("store", "Failed", 'Error: secret "keys" not found')
    state = replace(broken("store", told), nodes=(Node("n1", services={"kubelet": False}),))
    assert [a.fault for a in rank(state)] == [Fault.KUBELET, Fault.SECRET_MISSING]


def test_a_written_fault_comes_before_the_slowness_it_makes() -> None:
    slow = Traffic((Anomaly("web", "latency", 20, 9000),))
    found = rank(replace(rewritten(healthy(), service("store", targetPort=1)), traffic=slow))
    assert [a.fault for a in found] == [Fault.SERVICE_PORT, Fault.NETWORK_DELAY]
    assert found[1].strength < 0.2


def test_signs_of_one_fault_from_different_sources_add_up() -> None:
    told = event("store", "Failed", 'Error: secret "keys" not found')
    twice = rank(broken("store", told, told))[0]
    assert twice.strength == rank(broken("store", told))[0].strength
    assert len(twice.signs) == 2


def test_rivals_and_weak_signs_lower_the_confidence() -> None:
    told = event("store", "Failed", 'Error: secret "keys" not found')
    rival = event("store", "Failed", 'Error: configmap "map" not found')
    alone, weak = rank(broken("store", told)), rank(broken("store", reason="CrashLoopBackOff"))
    both = rank(broken("store", told, rival))
    assert alone[0].confidence > both[0].confidence > weak[0].confidence
    assert margin(alone) > margin(both) > margin(weak) > margin(())


def test_an_answer_says_what_it_stands_on() -> None:
    answer = rank(broken("store", last_reason="OOMKilled", restarts=2))[0]
    assert (answer.cause, str(answer.thing)) == (Cause.OUT_OF_MEMORY, "app/store")
    assert "store was ended for memory" in answer.statement


@pytest.mark.parametrize("times", [0.0, 5.0])
def test_a_measure_without_a_usual_value_is_infinitely_higher_or_not_at_all(times: float) -> None:
    assert Anomaly("x", "cpu", 0.0, times).times == (float("inf") if times else 1.0)
