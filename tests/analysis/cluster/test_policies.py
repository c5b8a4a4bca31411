"""Network policies that keep out, and ways in that lead nowhere."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.parts import Anomaly, Reach, Traffic
from holdfast.analysis.cluster.state import ClusterState
from tests.analysis.cluster.states import CALLS, first, healthy, rewritten, service, signs

CLOSED = Traffic(reaches=(Reach("store", 9000, False),), calls=CALLS)
SILENT = Traffic((Anomaly("store", "throughput", 50.0, 0.0),), calls=CALLS)


def policy(about: dict[str, Any] | None = None, **rules: Any) -> dict[str, Any]:
    """Return a network policy about `store`, or about what `about` selects."""
    spec = {"podSelector": {"matchLabels": {"app": "store"}} if about is None else about, **rules}
    return {"kind": "NetworkPolicy", "metadata": {"name": "strict"}, "spec": spec}


def guarded(traffic: Traffic, *policies: dict[str, Any], **fields: Any) -> ClusterState:
    """Return the healthy cluster with policies and what is seen of its traffic."""
    return replace(rewritten(healthy(), *policies), traffic=traffic, **fields)


@pytest.mark.parametrize("traffic", [CLOSED, SILENT], ids=["refused", "silent"])
@pytest.mark.parametrize(
    "strict",
    [
        policy(policyTypes=["Ingress"]),
        policy({}, policyTypes=["Ingress", "Egress"]),
        policy({"matchExpressions": [{"key": "app", "operator": "In", "values": ["store"]}]}),
        policy(ingress=[{"ports": [{"port": 9001}]}]),
        policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "webb"}}}]}]),
        policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "db"}}}]}]),
    ],
    ids=["nobody", "nothing at all", "by expression", "another port", "nobody there", "not who calls"],
)
def test_a_policy_that_lets_nobody_in_who_would_come_is_at_fault(strict: dict[str, Any], traffic: Traffic) -> None:
    found = {(s.fault, str(s.thing)) for s in signs(guarded(traffic, strict))}
    assert (Fault.NETWORK_POLICY, "app/store") in found


@pytest.mark.parametrize("traffic", [Traffic(calls=CALLS), Traffic(reaches=(Reach("store", 9000, True),))])
def test_letting_nobody_in_says_nothing_where_nothing_is_missed(traffic: Traffic) -> None:
    """Many a namespace begins with it."""
    assert signs(guarded(traffic, policy({}, policyTypes=["Ingress"]))) == []


@pytest.mark.parametrize(
    "open_to",
    [
        policy(ingress=[{}]),
        policy(ingress=[{"ports": [{"port": 8000, "endPort": 9500}]}]),
        policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]),
        policy(ingress=[{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "x"}}}]}]),
        policy(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]),
        policy({"matchLabels": {"app": "web"}}, policyTypes=["Ingress"]),
        policy(policyTypes=["Egress"], egress=[{}]),
    ],
)
def test_a_policy_that_lets_in_who_comes_or_is_about_another_says_nothing(open_to: dict[str, Any]) -> None:
    assert signs(guarded(CLOSED, open_to)) == []


def test_what_one_policy_shuts_another_may_open() -> None:
    """Policies add up."""
    strict, kind = policy(policyTypes=["Ingress"]), policy(ingress=[{}])
    kind["metadata"] = {"name": "kind"}
    assert signs(guarded(CLOSED, strict, kind)) == []


def test_a_workload_that_is_let_nothing_out_and_reaches_nobody_has_the_fault_in_its_policy() -> None:
    shut, mute = policy(policyTypes=["Egress"]), policy(egress=[{"ports": [{"port": 5432}]}])
    late = {"store": ("dial tcp 10.1.2.3:5432: i/o timeout",)}
    nameless = {"store": ("lookup db on 10.96.0.10:53: no such host",)}
    assert first(guarded(Traffic(), shut, logs=late)) == (Fault.NETWORK_POLICY, "app/store")
    assert first(guarded(Traffic(), mute, logs=nameless)) == (Fault.NETWORK_POLICY, "app/store")
    assert signs(guarded(Traffic(), mute, logs=late)) == []
    assert signs(guarded(Traffic(), shut)) == []


def ingress(service_name: str, port: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an ingress that leads all of one host to a service."""
    backend = {"service": {"name": service_name, "port": port or {"number": 9000}}}
    rules = [{"host": "shop.example", "http": {"paths": [{"path": "/", "backend": backend}]}}]
    return {"kind": "Ingress", "metadata": {"name": "front"}, "spec": {"rules": rules}}


def route(name: str, port: int, **more: Any) -> dict[str, Any]:
    """Return a gateway's route to a service."""
    refs = [{"name": name, "port": port, **more}]
    return {"kind": "HTTPRoute", "metadata": {"name": "front"}, "spec": {"rules": [{"backendRefs": refs}]}}


OLD = {
    "kind": "Ingress",
    "metadata": {"name": "old"},
    "spec": {"backend": {"serviceName": "store", "servicePort": 9001}},
}


@pytest.mark.parametrize(
    "way",
    [ingress("stores"), ingress("store", {"number": 9001}), ingress("store", {"name": "web"}), route("store", 1), OLD],
    ids=["no such service", "no such port", "no such name", "a route", "before v1"],
)
def test_a_way_in_that_leads_nowhere_is_the_fault_of_what_was_meant(way: dict[str, Any]) -> None:
    assert first(rewritten(healthy(), way)) == (Fault.INGRESS_BACKEND, "app/store")


@pytest.mark.parametrize(
    "way",
    [
        ingress("store"),
        route("store", 9000),
        route("far", 1, namespace="elsewhere"),
        route("bucket", 1, kind="Bucket"),
        {"kind": "Ingress", "metadata": {"name": "x"}, "spec": {"defaultBackend": {"resource": {"name": "b"}}}},
    ],
)
def test_a_way_in_that_leads_somewhere_says_nothing(way: dict[str, Any]) -> None:
    assert signs(rewritten(healthy(), way)) == []


def test_a_port_by_name_and_services_that_nobody_asked_for() -> None:
    store = service("store")
    store["spec"]["ports"][0]["name"] = "rows"
    named = rewritten(healthy(), store, ingress("store", {"name": "rows"}))
    assert signs(named) == []
    assert signs(ClusterState(manifests=(ingress("store"),))) == []
