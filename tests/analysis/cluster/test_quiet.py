"""Rules say nothing of what is well, of what is over, and of what they cannot read."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.parts import Anomaly, Claim, Node, Quota, Reach, Storage, Traffic
from holdfast.analysis.cluster.rank import RULES, Rule, rank
from holdfast.analysis.cluster.state import ClusterState
from tests.analysis.cluster.states import APPS, event, healthy, rewritten, workload


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_a_rule_is_silent_on_a_healthy_cluster_and_its_old_start_up_warnings(rule: Rule) -> None:
    assert list(rule(healthy())) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_a_rule_is_silent_on_a_cluster_of_which_nothing_is_known(rule: Rule) -> None:
    assert list(rule(ClusterState())) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_a_rule_survives_manifests_that_are_none(rule: Rule) -> None:
    rubbish: tuple[dict[str, Any], ...] = (
        {},
        {"kind": "Service", "spec": {"selector": 3, "ports": "x"}},
        {"kind": "Deployment", "metadata": None, "spec": {"template": {"spec": {"containers": [None, {"env": 1}]}}}},
        {"kind": "ConfigMap", "data": ["- id:"]},
        {"kind": "PersistentVolumeClaim", "spec": {"accessModes": "RWO", "resources": []}},
    )
    state = replace(healthy(), manifests=rubbish, storage=Storage((Claim("x", False),)), quotas=(Quota("q", "", 0, 0),))
    assert all(s.strength < 0.9 for s in rule(state))


def test_events_of_pods_that_are_gone_say_nothing() -> None:
    gone = event("store", "Failed", 'Error: secret "keys" not found', thing="pod/store-6bf4d9c7b8-zzzzz")
    assert rank(replace(healthy(), events=(gone,))) == ()


def test_measures_as_usual_and_open_connections_say_nothing() -> None:
    usual = tuple(Anomaly(a, m, 2.0, 2.0) for a in APPS for m in ("latency", "cpu", "throughput"))
    reaches = tuple(Reach(a, p, True, "n1") for a, p in APPS.items())
    assert rank(replace(healthy(), traffic=Traffic(usual, reaches))) == ()


def test_a_cordoned_node_that_keeps_no_pod_waiting_says_nothing() -> None:
    assert rank(replace(healthy(), nodes=(Node("n1"), Node("n2", cordoned=True)))) == ()


def test_an_optional_secret_may_be_missing() -> None:
    container = {"envFrom": [{"secretRef": {"name": "keys", "optional": True}}]}
    assert rank(rewritten(healthy(), workload("store", container=container))) == ()
