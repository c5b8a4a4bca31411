"""What stands around the simulated shop's pods: nodes, deployments and services, all told from the pods themselves."""

from collections import defaultdict

from pydantic import JsonValue

Row = dict[str, JsonValue]
_NODES = 3
_PORT = 8080


def nodes() -> list[Row]:
    """Return the shop's nodes, which are always well."""
    return [
        {
            "name": f"node-{n}",
            "ready": True,
            "reason": "KubeletReady",
            "pressure": [],
            "unschedulable": False,
            "taints": [],
            "tainted": [],
            "labels": {"kubernetes.io/hostname": f"node-{n}"},
            "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"},
            "version": "simulated",
        }
        for n in range(1, _NODES + 1)
    ]


def deployments(pods: list[Row]) -> list[Row]:
    """Return a row for each deployment that has pods."""
    return [_deployment(name, own) for name, own in _by_deployment(pods).items()]


def services(pods: list[Row]) -> list[Row]:
    """Return the service before each deployment, its endpoints the pods."""
    return [_service(name, own) for name, own in _by_deployment(pods).items()]


def _by_deployment(pods: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for pod in pods:
        if pod["deployment"]:
            found[str(pod["deployment"])].append(pod)
    return found


def _deployment(name: str, pods: list[Row]) -> Row:
    ready = sum(bool(p["ready"]) for p in pods)
    available: Row = {"type": "Available", "status": str(ready == len(pods)), "reason": "", "message": ""}
    return {
        "name": name,
        "replicas": len(pods),
        "ready": ready,
        "updated": len(pods),
        "available": ready,
        "revision": pods[0]["revision"],
        "image": pods[0]["image"],
        "paused": False,
        "resources": {name: {"limits": {"memory": pods[0]["memory_limit_bytes"]}}},
        "conditions": [available],
        "template": _template(name, str(pods[0]["image"])),
    }


def _template(name: str, image: str) -> Row:
    container: Row = {"name": name, "image": image, "ports": [{"containerPort": _PORT}], "env": [], "volumeMounts": []}
    return {"metadata": {"labels": {"deployment": name}}, "spec": {"containers": [container], "volumes": []}}


def _service(name: str, pods: list[Row]) -> Row:
    endpoints: list[JsonValue] = [{"pod": p["name"], "address": "", "ready": bool(p["ready"])} for p in pods]
    return {
        "name": name,
        "type": "ClusterIP",
        "selector": {"deployment": name},
        "ports": [{"name": "http", "port": 80, "targetPort": _PORT, "protocol": "TCP"}],
        "ready_endpoints": sum(bool(p["ready"]) for p in pods),
        "endpoints": endpoints,
    }
