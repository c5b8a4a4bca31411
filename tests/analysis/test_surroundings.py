"""What stands around pods: read from answers shaped as the contract has them, and told in a sentence."""

from typing import Any

import pytest

from holdfast.analysis.cluster.manifests import Manifest, Workload
from holdfast.analysis.readings.surroundings import (
    read_claims,
    read_deployments,
    read_nodes,
    read_policies,
    read_quotas,
    read_services,
    read_storage,
)
from holdfast.analysis.summary import summarise
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest

NODE: dict[str, Any] = {
    "name": "n1",
    "ready": False,
    "unschedulable": True,
    "taints": ["gpu:NoSchedule"],
    "pressure": [],
}
CLAIMS: dict[str, Any] = {
    "claims": [{"name": "data", "phase": "Pending", "storage_class": "fast", "modes": ["ReadWriteOnce"]}],
    "volumes": [{"name": "v1", "capacity": "1Gi", "modes": ["ReadWriteOnce"], "claim": "shop/other"}],
    "classes": [{"name": "slow", "provisioner": "x"}],
}


def test_a_nodes_taints_are_exact_where_the_tool_tells_their_values() -> None:
    """Another tool may tell key and effect alone."""
    exact = NODE | {"tainted": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}], "labels": {"zone": "a"}}
    (plain,), (full,) = read_nodes({"nodes": [NODE]}), read_nodes({"nodes": [exact]})
    assert (plain.taints, full.taints) == (("gpu:NoSchedule",), ("gpu=yes:NoSchedule",))
    assert (full.ready, full.cordoned, full.labels) == (False, True, {"zone": "a"})


def test_a_deployment_told_without_its_template_is_no_manifest() -> None:
    """Nobody knows its labels, so no service can be said to miss it."""
    template = {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"ports": [{"containerPort": 80}]}]}}
    rows: list[Any] = [{"name": "cart", "replicas": 2, "template": template}, {"name": "old", "replicas": 1}]
    (read,) = read_deployments({"deployments": rows})
    found = Workload(Manifest(read))
    assert (found.name, found.replicas, found.labels, found.served) == ("cart", 2, {"app": "cart"}, frozenset({"80"}))


def test_services_policies_quotas_and_claims_read_as_objects() -> None:
    service: dict[str, Any] = {
        "name": "cart",
        "selector": {"app": "cart"},
        "ports": [{"port": 80}],
        "endpoints": [{"pod": "cart-1"}],
    }
    (read,) = read_services({"services": [service]})
    assert (read["spec"], read["status"]) == (
        {"type": None, "selector": {"app": "cart"}, "ports": [{"port": 80}]},
        {"endpoints": 1},
    )
    (policy,) = read_policies({"network_policies": [{"name": "p", "pods": {}, "types": ["Ingress"], "ingress": []}]})
    assert Manifest(policy).spec["policyTypes"] == ["Ingress"]
    (quota,) = read_quotas(
        {"quotas": [{"name": "q", "limits": [{"resource": "limits.memory", "hard": "2Gi", "used": "1536Mi"}]}]}
    )
    assert quota.used / quota.hard == 0.75
    (claim,) = read_claims(CLAIMS)
    assert Manifest(claim).spec["storageClassName"] == "fast"
    storage = read_storage(CLAIMS)
    assert (storage.claims[0].bound, storage.volumes[0].capacity, storage.classes) == (
        False,
        2.0**30,
        frozenset({"slow"}),
    )


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (EvidenceKind.NODES, {"nodes": [NODE]}, "0 of 1 nodes ready; not ready: n1; closed to new pods: n1"),
        (
            EvidenceKind.DEPLOYMENTS,
            {"deployments": [{"name": "cart", "replicas": 3, "ready": 1}]},
            "1 deployments; short of pods: cart 1/3",
        ),
        (
            EvidenceKind.SERVICES,
            {"services": [{"name": "cart", "selector": {"a": "b"}, "ready_endpoints": 0}]},
            "1 services; without a ready endpoint: cart",
        ),
        (
            EvidenceKind.QUOTAS,
            {"quotas": [{"name": "q", "limits": [{"resource": "pods", "hard": "4", "used": "4"}]}]},
            "1 quotas; used up: pods of q",
        ),
        (EvidenceKind.NETWORK_POLICIES, {"network_policies": []}, "0 network policies"),
        (EvidenceKind.INGRESSES, {"ingresses": [{"name": "front"}]}, "1 ingresses; front"),
        (EvidenceKind.CONFIG_MAPS, {"config_maps": [{"name": "b"}, {"name": "a"}]}, "2 config maps; a, b"),
        (EvidenceKind.CLAIMS, CLAIMS, "1 claims; not bound: data"),
    ],
)
def test_an_answer_is_told_in_a_sentence(kind: EvidenceKind, body: dict[str, Any], said: str) -> None:
    request = EvidenceRequest(kind=kind, tool="kubernetes.get_it", service="cart")
    assert summarise(request, body).summary == said


@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.NODES,
        EvidenceKind.DEPLOYMENTS,
        EvidenceKind.SERVICES,
        EvidenceKind.QUOTAS,
        EvidenceKind.NETWORK_POLICIES,
        EvidenceKind.INGRESSES,
        EvidenceKind.CONFIG_MAPS,
        EvidenceKind.CLAIMS,
    ],
)
def test_an_answer_of_another_shape_is_refused(kind: EvidenceKind) -> None:
    """Before it becomes evidence."""
    with pytest.raises((KeyError, TypeError)):
        summarise(EvidenceRequest(kind=kind, tool="kubernetes.get_it", service="cart"), {kind.value: "many"})
