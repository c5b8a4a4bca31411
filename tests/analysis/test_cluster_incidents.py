"""Faults of a cluster as incidents: what the planned questions are answered names the cause and the object."""

from typing import Any

import pytest

from holdfast.analysis.ranking import rank
from holdfast.domain.alert import Alert
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.domain.service import Service
from tests.analysis.answers import Asked, case, events, logs, metric, pods, steady, step
from tests.examples import AT, alert

POD = "pod/checkout-7d9f8c6b5-x2x40"
SET = "replicaset/checkout-7d9f8c6b5"
WELL = tuple(
    metric(name, steady(level))
    for name, level in (
        ("error_ratio", 0.002),
        ("request_rate", 50.0),
        ("latency_p99_seconds", 0.2),
        ("cpu_ratio", 0.3),
        ("memory_ratio", 0.4),
    )
)
CUT_OFF = (metric("request_rate", step(50.0, 0.0)), *(m for m in WELL if "request_rate" not in m[0].title))


def listed(kind: EvidenceKind, *rows: dict[str, Any], **more: Any) -> Asked:
    """Return a question about what stands around the pods, and its answer."""
    arguments = {} if kind is EvidenceKind.NODES else {"namespace": "shop"}
    request = EvidenceRequest(kind=kind, tool=f"kubernetes.get_{kind}", arguments=arguments, service="checkout")
    return request, {**arguments, kind.value: list(rows), **more, "cut": ""}


def deployment(replicas: int = 2, container: dict[str, Any] | None = None, **pod: Any) -> Asked:
    """Return checkout's deployment beside another, as `get_deployments` tells them."""
    rows = []
    for name in ("checkout", "cart"):
        own = container if container and name == "checkout" else {}
        spec = {"containers": [{"name": name, "ports": [{"containerPort": 8080}]} | own], "volumes": []}
        template = {"metadata": {"labels": {"app": name}}, "spec": spec | (pod if name == "checkout" else {})}
        rows.append({"name": name, "replicas": replicas if name == "checkout" else 1, "ready": 1, "template": template})
    return listed(EvidenceKind.DEPLOYMENTS, *rows)


def service(**fields: Any) -> Asked:
    """Return the service before checkout, and one before a stateful set of which nothing else is known."""
    port = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
    own = {"name": "checkout", "selector": {"app": "checkout"}, "ports": [port], "endpoints": [], "ready_endpoints": 0}
    queue = {"name": "queue", "selector": {"app": "queue"}, "ports": [port], "endpoints": [{"pod": "queue-0"}]}
    return listed(EvidenceKind.SERVICES, own | fields, queue | {"ready_endpoints": 1})


def nodes(*rows: dict[str, Any]) -> Asked:
    """Return two nodes; rows say what is unusual about each."""
    usual = {"ready": True, "reason": "", "pressure": [], "unschedulable": False, "taints": [], "labels": {}}
    made = [{"name": f"node-{n + 1}", **usual, **(rows[n] if n < len(rows) else {})} for n in range(2)]
    return listed(EvidenceKind.NODES, *made)


def told(name: str, **labels: str) -> Alert:
    """Return a firing alert."""
    return alert(name=name, labels=labels)


def best(told_by: Alert, *asked: Asked, **fields: Any) -> Hypothesis:
    """Return the likeliest hypothesis; every evidence it cites was asked for."""
    of = case(*asked, alerts=(told_by,), **fields)
    found = rank(of).best
    assert found is not None
    assert found.evidence
    assert set(found.evidence) <= {o.evidence_id for o in of.observations}
    return found


CART = {"name": "cart-5b7f9d8c6-abcde", "deployment": "cart"}


def test_a_quota_that_is_used_up_is_the_namespaces() -> None:
    """By what the controller says, and by the quota's own numbers when its words are gone."""
    over = 'pods "checkout-1" is forbidden: exceeded quota: q, requested: limits.memory=1Gi, used: 2Gi, limited: 2Gi'
    quota = listed(
        EvidenceKind.QUOTAS, {"name": "q", "limits": [{"resource": "limits.memory", "hard": "2Gi", "used": "2Gi"}]}
    )
    had = pods({}, CART)
    words = events(("FailedCreate", SET, over))
    found = best(told("KubeQuotaExceeded"), *WELL, had, quota, deployment(replicas=2), words)
    assert (found.cause, found.target, words[0].evidence_id in found.evidence) == (Cause.SCHEDULING, "shop", True)
    named = best(told("KubeQuotaExceeded", namespace="shop"), *WELL, had, quota, deployment(replicas=2))
    assert (named.cause, named.target) == (Cause.SCHEDULING, "shop")
    assert {quota[0].evidence_id} == set(named.evidence)


def test_a_node_that_is_not_ready_is_the_cause_of_its_own_alert() -> None:
    """Also where the alert is of a monitor that has no pods of its own, and the service looks well."""
    away = nodes({"ready": False})
    found = best(told("KubeNodeNotReady", node="node-1"), *WELL, pods({}, {}), away)
    assert (found.cause, found.target, away[0].evidence_id in found.evidence) == (Cause.NODE, "node-1", True)
    unknown = Service(name="kube-state-metrics", environment="production", known=False)
    monitors = best(told("KubeNodeNotReady", node="node-1"), away, service=unknown, dependencies=())
    assert (monitors.cause, monitors.target) == (Cause.NODE, "node-1")


def test_a_node_on_which_the_service_does_not_run_is_not_its_cause() -> None:
    """Unless the alert is about it."""
    found = rank(case(*WELL, pods({"node": "node-2"}), nodes({"ready": False}), alerts=(told("CheckoutDown"),)))
    assert Cause.NODE not in {h.cause for h in found.hypotheses}


def test_a_service_that_selects_no_pod_is_told() -> None:
    found = best(told("CheckoutDown"), *CUT_OFF, pods({}, {}), service(selector={"app": "chekout"}), deployment())
    assert (found.cause, found.target) == (Cause.NETWORK, "checkout")
    assert "selects" in found.statement


def test_a_service_that_leads_to_a_port_nobody_serves_is_told() -> None:
    port = {"name": "http", "port": 80, "targetPort": 9090, "protocol": "TCP"}
    found = best(told("CheckoutDown"), *CUT_OFF, pods({}, {}), service(ports=[port]), deployment())
    assert (found.cause, found.target) == (Cause.NETWORK, "checkout")
    assert "port 9090" in found.statement


def test_a_service_through_which_requests_come_is_not_blamed() -> None:
    """A container may serve ports it does not write down."""
    port = {"name": "http", "port": 80, "targetPort": 9090, "protocol": "TCP"}
    found = rank(
        case(*WELL, pods({}, {}), service(ports=[port]), deployment(), alerts=(told("CheckoutDown"),))
    ).hypotheses
    assert Cause.NETWORK not in {h.cause for h in found}


def test_an_image_that_is_not_pulled_is_told() -> None:
    failed = events(("Failed", POD, 'Failed to pull image "shop/checkout:8": manifest unknown'))
    waiting = pods({"ready": False, "reason": "ImagePullBackOff"}, {})
    found = best(told("KubePodNotReady"), *WELL, waiting, failed, deployment())
    assert (found.cause, found.target, "image reference" in found.statement) == (Cause.IMAGE, "checkout", True)


def test_pods_that_tolerate_no_nodes_taint_are_told() -> None:
    """Of several reasons the scheduler gives, the one that binds on the nodes that were chosen."""
    words = "0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {gpu: yes}. preemption: no"
    tainted = {
        "taints": ["gpu:NoSchedule"],
        "tainted": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
        "labels": {"pool": "big"},
    }
    waiting = pods({"ready": False, "phase": "Pending", "node": ""}, {})
    asked = (waiting, events(("FailedScheduling", POD, words)), nodes({}, tainted))
    found = best(told("KubePodNotScheduled"), *WELL, *asked, deployment(nodeSelector={"pool": "big"}))
    assert (found.cause, found.target) == (Cause.SCHEDULING, "checkout")
    assert "untolerated taint" in found.statement


def test_a_probe_that_asks_the_wrong_port_is_told() -> None:
    probe = {"readinessProbe": {"httpGet": {"path": "/ready", "port": 8081}}}
    asked, body = events(("Unhealthy", POD, "Readiness probe failed: dial tcp 10.0.0.1:8081: connection refused"))
    body["events"][0]["time"] = AT.isoformat()
    found = best(told("KubePodNotReady"), *WELL, pods({"ready": False}, {}), (asked, body), deployment(container=probe))
    assert (found.cause, found.target, "readiness probe" in found.statement) == (Cause.CONFIGURATION, "checkout", True)


def test_a_claim_that_no_volume_answers_is_told() -> None:
    claim = {
        "name": "data",
        "phase": "Pending",
        "storage_class": "fast",
        "modes": ["ReadWriteOnce"],
        "requested": "1Gi",
    }
    answer = listed(EvidenceKind.CLAIMS, claim, volumes=[], classes=[{"name": "slow"}])
    written = deployment(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    waiting = pods({"ready": False, "phase": "Pending", "node": ""}, {})
    found = best(told("KubePersistentVolumeErrors"), *WELL, waiting, answer, written)
    assert (found.cause, found.target, "storage class fast" in found.statement) == (Cause.STORAGE, "checkout", True)


def test_a_config_map_that_is_not_there_is_told() -> None:
    written = deployment(container={"envFrom": [{"configMapRef": {"name": "settings"}}]})
    there = listed(EvidenceKind.CONFIG_MAPS, {"name": "other", "keys": [], "digest": ""})
    found = best(told("ContainerConfigInvalid"), *WELL, pods({"ready": False}, {}), written, there)
    assert (found.cause, found.target, "settings" in found.statement) == (Cause.CONFIGURATION, "checkout", True)


def test_a_policy_that_lets_nobody_in_is_told_when_the_requests_stop() -> None:
    strict = listed(EvidenceKind.NETWORK_POLICIES, {"name": "strict", "pods": {}, "types": ["Ingress"], "ingress": []})
    found = best(told("CheckoutUnreachable"), *CUT_OFF, pods({}, {}), strict, deployment(), service())
    assert (found.cause, found.target, "strict" in found.statement) == (Cause.NETWORK, "checkout", True)
    assert strict[0].evidence_id in found.evidence
    well = rank(case(*WELL, pods({}, {}), strict, deployment(), alerts=(told("CheckoutUnreachable"),))).hypotheses
    assert Cause.NETWORK not in {h.cause for h in well}


def test_an_ingress_that_leads_to_no_service_is_told() -> None:
    path = {"path": "/", "backend": {"service": {"name": "checkout", "port": {"number": 8080}}}}
    way = listed(EvidenceKind.INGRESSES, {"name": "front", "rules": [{"http": {"paths": [path]}}]})
    found = best(told("IngressBackendDown"), *CUT_OFF, pods({}, {}), way, service(), deployment())
    assert (found.cause, found.target, "ingress front" in found.statement) == (Cause.NETWORK, "checkout", True)


@pytest.mark.parametrize("name", ["KubeQuotaExceeded", "KubeNodeNotReady", "CheckoutDown", "KubePodNotReady"])
def test_a_cluster_that_is_well_brings_no_fault(name: str) -> None:
    """Everything was answered, and the rules are silent."""
    answers = (
        pods({}, {}, CART),
        events(),
        nodes(),
        service(endpoints=[{"pod": "checkout-1"}], ready_endpoints=1),
        deployment(),
        listed(EvidenceKind.QUOTAS, {"name": "q", "limits": [{"resource": "pods", "hard": "3", "used": "3"}]}),
        listed(EvidenceKind.NETWORK_POLICIES, {"name": "strict", "pods": {}, "types": ["Ingress"], "ingress": []}),
        listed(EvidenceKind.CONFIG_MAPS),
        listed(EvidenceKind.CLAIMS, volumes=[], classes=[]),
        listed(EvidenceKind.INGRESSES),
    )
    found = rank(case(*WELL, logs(), *answers, alerts=(told(name, node="node-1", namespace="shop"),))).hypotheses
    assert [h.cause for h in found] == [Cause.HEALTHY]


def test_half_an_answer_breaks_nothing_and_blames_nobody() -> None:
    """Deployments without pods, services without deployments, a deployment without its template."""
    bare = listed(EvidenceKind.DEPLOYMENTS, {"name": "checkout", "replicas": 2, "ready": 2})
    for half in ((deployment(),), (service(),), (bare, service(), pods({}, {})), (listed(EvidenceKind.QUOTAS),)):
        found = rank(case(*WELL, *half, alerts=(told("CheckoutDown"),))).hypotheses
        assert {h.cause for h in found} <= {Cause.HEALTHY}
