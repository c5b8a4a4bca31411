"""A made-up cluster that is well: `web` calls `store`, which keeps its rows in `db`; tests break it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.parts import Node, Traffic
from holdfast.analysis.cluster.rank import RULES
from holdfast.analysis.cluster.sign import Sign
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.readings.pods import Event, Pod

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
APPS = {"web": 8080, "store": 9000, "db": 5432}
CALLS = {"web": ("store",), "store": ("db",)}


def workload(name: str, port: int = 0, **pod: Any) -> dict[str, Any]:
    """Return a deployment of one container; fields of the pod's specification may be added or replaced."""
    container = {"name": "main", "image": f"shop/{name}:1", "ports": [{"containerPort": port or APPS[name]}]}
    spec = {"containers": [container | pod.pop("container", {})], **pod}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": 1, "template": template}}


def service(name: str, **port: Any) -> dict[str, Any]:
    """Return a service in front of a workload."""
    ports = [{"port": APPS.get(name, 80)} | port]
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": ports}}


def pod(app: str, **fields: Any) -> Pod:
    """Return a pod that is well."""
    well: dict[str, Any] = {
        "name": f"{app}-6bf4d9c7b8-x2x9z",
        "deployment": app,
        "phase": "Running",
        "ready": True,
        "restarts": 0,
        "reason": "",
        "last_reason": "",
        "exit_code": None,
        "started_at": None,
        "revision": 1,
        "node": "n1",
    }
    return Pod(**(well | fields))


def event(app: str, reason: str, message: str, minutes: float = 0.5, thing: str = "") -> Event:
    """Return a warning about a workload's pod, or another thing, so many minutes ago."""
    return Event(AT - timedelta(minutes=minutes), "Warning", reason, thing or f"pod/{pod(app).name}", message, 1)


def healthy() -> ClusterState:
    """Return the cluster in health, with the warnings that any start leaves behind."""
    manifests = [m for name in APPS for m in (workload(name), service(name))]
    began = [event(a, "Unhealthy", "Readiness probe failed: connection refused", 1) for a in APPS]
    early = event(
        "web",
        "FailedCreate",
        'service account shop/web: serviceaccount "web" not found',
        2,
        "replicaset/web-6bf4d9c7b8",
    )
    return ClusterState(
        namespace="shop",
        at=AT,
        manifests=tuple(manifests),
        pods=tuple(pod(a) for a in APPS),
        events=(early, *began),
        nodes=(Node("n1", services={"kubelet": True, "kube-proxy": True}), Node("n2")),
        traffic=Traffic(calls=CALLS),
        present={"Service": frozenset(APPS), "Secret": frozenset(), "ConfigMap": frozenset()},
        desired=dict.fromkeys(APPS, 1),
    )


def broken(app: str = "store", *told: Event, **fields: Any) -> ClusterState:
    """Return the cluster with the pods of one workload as `fields` say, unready unless they say so, and new events."""
    state = healthy()
    ill = pod(app, **({"ready": False} | fields))
    return replace(
        state, pods=tuple(ill if p.deployment == app else p for p in state.pods), events=(*state.events, *told)
    )


def rewritten(state: ClusterState, *manifests: dict[str, Any]) -> ClusterState:
    """Return the state with objects of the same kind and name replaced, and others added."""
    new = {(m["kind"], m["metadata"]["name"]) for m in manifests}
    kept = [m for m in state.written if (m.kind, m.name) not in new]
    return replace(state, manifests=(*(m.body for m in kept), *manifests))


def signs(state: ClusterState) -> list[Sign]:
    """Return what every rule says, the strongest first."""
    return sorted((s for rule in RULES for s in rule(state)), key=lambda s: -s.strength)


def first(state: ClusterState) -> tuple[Fault, str]:
    """Return the fault and object of the strongest sign."""
    best = signs(state)[0]
    return best.fault, str(best.thing)
