"""What a service stands on and in: nodes, deployments, services, quotas, network policies, configuration."""

import hashlib
from collections import defaultdict

from holdfast.domain.noun import canonical_json
from holdfast.tools.kubernetes.reading.plain import Object, name_of, part, revision_of
from holdfast.tools.kubernetes.reading.pods import condition_rows
from holdfast.tools.kubernetes.reading.template import template_of

_PRESSURE = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


def node_row(node: Object) -> Object:
    """Return one node; `pressure` names the conditions that are not as they should be."""
    conditions = condition_rows(node)
    ready = next((c for c in conditions if c["type"] == "Ready"), {})
    taints = part(node, "spec").get("taints") or []
    return {
        "name": name_of(node),
        "ready": ready.get("status") == "True",
        "reason": ready.get("reason", ""),
        "pressure": [c["type"] for c in conditions if c["type"] in _PRESSURE and c["status"] == "True"],
        "unschedulable": bool(part(node, "spec").get("unschedulable")),
        "taints": [f"{t.get('key', '')}:{t.get('effect', '')}" for t in taints],
        "tainted": [{k: str(t.get(k) or "") for k in ("key", "value", "effect")} for t in taints],
        "labels": dict(part(node, "metadata", "labels")),
        "allocatable": dict(part(node, "status", "allocatable")),
        "version": part(node, "status", "nodeInfo").get("kubeletVersion", ""),
    }


def deployment_row(deployment: Object) -> Object:
    """Return one deployment: wanted against had, and what its controller says."""
    spec, status = part(deployment, "spec"), part(deployment, "status")
    containers = part(spec, "template", "spec").get("containers") or []
    return {
        "name": name_of(deployment),
        "replicas": int(spec.get("replicas", 1)),
        "ready": int(status.get("readyReplicas", 0)),
        "updated": int(status.get("updatedReplicas", 0)),
        "available": int(status.get("availableReplicas", 0)),
        "revision": revision_of(deployment),
        "image": ", ".join(str(c.get("image", "")) for c in containers),
        "paused": bool(spec.get("paused")),
        "resources": {c["name"]: part(c, "resources") for c in containers},
        "conditions": condition_rows(deployment),
        "template": template_of(part(spec, "template")),
    }


def service_rows(services: list[Object], slices: list[Object]) -> list[Object]:
    """Return services with the addresses behind each; none that is ready explains many a 503."""
    behind: dict[str, list[Object]] = defaultdict(list)
    for one in slices:
        service = part(one, "metadata", "labels").get("kubernetes.io/service-name", "")
        behind[service] += [_endpoint(e) for e in one.get("endpoints") or []]
    return [_service(s, behind[name_of(s)]) for s in services]


def from_endpoints(endpoints: list[Object]) -> list[Object]:
    """Return old Endpoints in the shape of EndpointSlices: clusters before 1.21 serve no discovery.k8s.io/v1."""
    return [
        {"metadata": {"labels": {"kubernetes.io/service-name": name_of(e)}}, "endpoints": _old(e)} for e in endpoints
    ]


def quota_row(quota: Object) -> Object:
    """Return one resource quota: what is used of what is allowed."""
    hard, used = part(quota, "status", "hard"), part(quota, "status", "used")
    return {
        "name": name_of(quota),
        "limits": [{"resource": k, "hard": v, "used": used.get(k, "")} for k, v in hard.items()],
    }


def policy_row(policy: Object) -> Object:
    """Return one network policy: whom it is about and whom it lets through."""
    spec = part(policy, "spec")
    return {
        "name": name_of(policy),
        "pods": part(spec, "podSelector"),
        "types": list(spec.get("policyTypes") or []),
        "ingress": spec.get("ingress") or [],
        "egress": spec.get("egress") or [],
    }


def ingress_row(ingress: Object) -> Object:
    """Return one ingress: which hosts and paths lead where."""
    spec = part(ingress, "spec")
    return {
        "name": name_of(ingress),
        "class": spec.get("ingressClassName") or "",
        "default_backend": part(spec, "defaultBackend"),
        "rules": spec.get("rules") or [],
    }


def config_map_row(config: Object) -> Object:
    """Return one ConfigMap: the digest of each value, never a value, for many hold what they should not."""
    values = {**part(config, "data"), **part(config, "binaryData")}
    keys = [{"key": k, "size": len(str(v)), "digest": _digest(str(v))} for k, v in sorted(values.items())]
    return {"name": name_of(config), "keys": keys, "digest": _digest(canonical_json(values))}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _service(service: Object, endpoints: list[Object]) -> Object:
    spec = part(service, "spec")
    ports = [{k: p.get(k) for k in ("name", "port", "targetPort", "protocol")} for p in spec.get("ports") or []]
    return {
        "name": name_of(service),
        "type": spec.get("type", ""),
        "selector": dict(part(spec, "selector")),
        "ports": ports,
        "ready_endpoints": sum(e["ready"] for e in endpoints),
        "endpoints": endpoints,
    }


def _endpoint(endpoint: Object) -> Object:
    # A condition that is not known counts as ready (discovery.k8s.io/v1, EndpointConditions).
    ready = part(endpoint, "conditions").get("ready")
    return {
        "pod": part(endpoint, "targetRef").get("name", ""),
        "address": ", ".join(endpoint.get("addresses") or []),
        "ready": ready is None or bool(ready),
    }


def _old(endpoints: Object) -> list[Object]:
    return [
        {"addresses": [a["ip"]], "targetRef": a.get("targetRef") or {}, "conditions": {"ready": ready}}
        for subset in endpoints.get("subsets") or []
        for key, ready in (("addresses", True), ("notReadyAddresses", False))
        for a in subset.get(key) or []
    ]
