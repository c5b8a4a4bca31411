"""Pods as the contract tells them: whose they are, whether they are ready, and why not."""

from typing import Any

from holdfast.tools.kubernetes.reading.plain import Object, name_of, owner_of, part, quantity, revision_of, shortened

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def pod_row(pod: Object, sets: dict[str, Object]) -> Object:
    """Return one pod; `sets` are the namespace's replica sets by name, who know deployment and revision."""
    containers = container_rows(pod)
    worst = max(containers, key=_badness, default={})
    owner = owner_of(pod)
    above = sets.get(str(owner.get("name")), {}) if owner.get("kind") == "ReplicaSet" else {}
    spec, status = part(pod, "spec"), part(pod, "status")
    return {
        "name": name_of(pod),
        "deployment": str(owner_of(above).get("name", "")),
        "phase": status.get("phase", ""),
        "ready": _is_true(pod, "Ready"),
        "restarts": sum(c["restarts"] for c in containers),
        "reason": worst.get("reason") or status.get("reason", "") or _unscheduled(pod),
        "last_reason": worst.get("last_reason", ""),
        "exit_code": worst.get("exit_code"),
        "started_at": status.get("startTime") or part(pod, "metadata").get("creationTimestamp", ""),
        "node": spec.get("nodeName", ""),
        "image": ", ".join(c["image"] for c in containers),
        "revision": revision_of(above),
        "memory_limit_bytes": _memory_limit(spec),
        "owner": f"{owner['kind']}/{owner['name']}" if owner else "",
        "labels": dict(part(pod, "metadata", "labels")),
        "deleting": bool(part(pod, "metadata").get("deletionTimestamp")),
        "containers": containers,
    }


def container_rows(pod: Object) -> list[Object]:
    """Return a pod's containers, the initial ones after the others."""
    status = part(pod, "status")
    states = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    by_name = {s["name"]: s for s in states}
    spec = part(pod, "spec")
    return [_container(c, by_name.get(c["name"], {})) for c in spec.get("containers") or []] + [
        _container(c, by_name.get(c["name"], {}), initial=True) for c in spec.get("initContainers") or []
    ]


def condition_rows(thing: Object) -> list[Object]:
    """Return an object's conditions."""
    found = part(thing, "status").get("conditions") or []
    return [{k: str(c.get(k, "")) for k in ("type", "status", "reason", "message")} for c in found]


def _container(container: Object, status: Object, *, initial: bool = False) -> Object:
    state, last = part(status, "state"), part(status, "lastState", "terminated")
    now = {} if initial and part(state, "terminated").get("exitCode") == 0 else _not_running(state)
    return {
        "name": container["name"],
        "initial": initial,
        "image": container.get("image", ""),
        "ready": bool(status.get("ready")),
        "restarts": int(status.get("restartCount", 0)),
        "reason": now.get("reason", ""),
        "message": shortened(now.get("message"), 300),
        "last_reason": last.get("reason", ""),
        "exit_code": last.get("exitCode", now.get("exitCode")),
        "last_message": shortened(last.get("message"), 300),
        "probes": [_probe(p, container[p]) for p in _PROBES if container.get(p)],
    }


def _not_running(state: Object) -> Object:
    return part(state, "waiting") or part(state, "terminated")


def _probe(name: str, probe: Object) -> Object:
    how = next((k for k in ("httpGet", "tcpSocket", "exec", "grpc") if k in probe), "")
    # What an exec probe runs, and the headers of an HTTP one, may hold a secret.
    target = {k: v for k, v in part(probe, how).items() if k in ("path", "port", "scheme", "service")}
    times = {k: v for k, v in probe.items() if isinstance(v, int)}
    return {"probe": name.removesuffix("Probe"), "by": how, **target, **times}


def _badness(container: Object) -> tuple[Any, ...]:
    return bool(container["reason"]), bool(container["last_reason"]), container["restarts"]


def _is_true(pod: Object, condition: str) -> bool:
    return any(c["type"] == condition and c["status"] == "True" for c in condition_rows(pod))


def _unscheduled(pod: Object) -> str:
    conditions = condition_rows(pod)
    return next((c["reason"] for c in conditions if c["type"] == "PodScheduled" and c["status"] == "False"), "")


def _memory_limit(spec: Object) -> int:
    """Return the sum of the containers' limits, 0 when one of them has none."""
    limits = [part(c, "resources", "limits").get("memory") for c in spec.get("containers") or []]
    return int(sum(map(quantity, limits))) if limits and all(limits) else 0
