"""From the cached answers of one case to the state of a cluster."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from benchmarks.rca.opsbench import kubectl
from benchmarks.rca.opsbench.anomalies import anomalies
from benchmarks.rca.opsbench.cache import CachedCase
from holdfast.analysis.cluster.manifests import quantity
from holdfast.analysis.cluster.parts import Claim, Node, Quota, Reach, Storage, Traffic, Volume
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.readings.pods import Event, Pod

_KINDS = {
    "Service": "services",
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
}
_MODES = {"RWO": "ReadWriteOnce", "ROX": "ReadOnlyMany", "RWX": "ReadWriteMany", "RWOP": "ReadWriteOncePod"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def state_of(case: CachedCase) -> ClusterState:
    """Return all that one case's tools could have told."""
    at = _collected(case)
    return ClusterState(
        namespace=str(case.metadata.get("namespace", "")),
        at=at,
        manifests=tuple(_manifests(case)),
        pods=tuple(_pods(case)),
        events=tuple(_events(case, at)),
        nodes=tuple(_nodes(case)),
        storage=_storage(case),
        quotas=tuple(_quotas(case)),
        traffic=Traffic(tuple(anomalies(case)), tuple(_reaches(case)), _calls(case)),
        logs={a["service_name"]: tuple(_lines(v)) for a, v in case.asked("GetErrorLogs") if v},
        present={k: _names(case, kind) for k, kind in _KINDS.items() if case.listed(kind) is not None},
        desired=_desired(case),
    )


def _collected(case: CachedCase) -> datetime:
    stamp = next((str(v) for _, v in case.asked("collection_timestamp")), "")
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC) if stamp else datetime(2026, 1, 1, tzinfo=UTC)


def _manifests(case: CachedCase) -> Iterator[dict[str, Any]]:
    for _, text in case.asked("GetAppYAML"):
        try:
            yield from (m for m in yaml.load_all(str(text), _LOADER) if isinstance(m, dict))
        except yaml.YAMLError:
            continue


def _pods(case: CachedCase) -> Iterator[Pod]:
    status = {r["NAME"]: r["STATUS"] for r in kubectl.rows(case.listed("pods") or "")}
    for name, text in case.described("pods"):
        if not status or name in status:
            yield kubectl.pod(name, text, status.get(name, ""))


def _events(case: CachedCase, at: datetime) -> list[Event]:
    """The events of descriptions are fresher and whole; those of the list tell of objects that are gone."""
    told = kubectl.listed_events(case.listed("events") or "", at)
    for kind in ("replicasets", "deployments", "pods"):
        for name, text in case.described(kind):
            told += kubectl.events_of(text, f"{kind[:-1]}/{name}", at)
    return told


def _nodes(case: CachedCase) -> Iterator[Node]:
    services: dict[str, dict[str, bool]] = {}
    for asked, text in case.asked("CheckNodeServiceStatus"):
        known = re.search(r"Active: (\w+)", str(text))
        if known:
            services.setdefault(asked["node_name"], {})[asked["service_name"]] = known[1] == "active"
    status = {r["NAME"]: r["STATUS"] for r in kubectl.rows(case.listed("nodes") or "")}
    for name, text in case.described("nodes"):
        labels = kubectl.pairs(kubectl.fields(text, "Labels"))
        taints = tuple(kubectl.fields(text, "Taints"))
        cordoned = kubectl.field(text, "Unschedulable") == "true"
        ready = "NotReady" not in status.get(name, "")
        yield Node(name, ready, cordoned, labels, taints, services.get(name, {}))


def _storage(case: CachedCase) -> Storage:
    claims = [
        Claim(n, kubectl.field(t, "Status") == "Bound", kubectl.field(t, "StorageClass"))
        for n, t in case.described("persistentvolumeclaims")
    ]
    classes = frozenset(r["NAME"] for r in kubectl.rows(case.listed("storageclasses") or ""))
    return Storage(tuple(claims), tuple(_volume(n, t) for n, t in case.described("persistentvolumes")), classes)


def _volume(name: str, text: str) -> Volume:
    modes = {_MODES.get(m.strip(), m.strip()) for m in kubectl.field(text, "Access Modes").split(",")}
    return Volume(
        name,
        quantity(kubectl.field(text, "Capacity")),
        frozenset(modes),
        kubectl.field(text, "StorageClass"),
        kubectl.pairs(kubectl.fields(text, "Labels")),
        kubectl.field(text, "Claim"),
    )


def _quotas(case: CachedCase) -> Iterator[Quota]:
    for name, text in case.described("resourcequota"):
        for resource, used, hard in re.findall(r"^(\S+)\s+(\d\S*)\s+(\d\S*)\s*$", text, re.M):
            yield Quota(name, resource, quantity(used), quantity(hard))


def _reaches(case: CachedCase) -> Iterator[Reach]:
    for asked, text in case.asked("CheckServiceConnectivity"):
        service, port = asked["service_name"], int(asked["port"])
        by_origin = re.findall(r"deployed on ([\w-]+):(.*?)(?=Debug Pod|\Z)", str(text), re.S)
        for origin, told in by_origin or [("", str(text))]:
            yield Reach(service, port, "Succeeded" in told, origin)


def _calls(case: CachedCase) -> dict[str, tuple[str, ...]]:
    """Return whom each service calls itself: the first branches of the printed tree."""
    answers = ((a["service_name"], str(v)) for a, v in case.asked("GetServiceDependencies"))
    return {n: tuple(re.findall(r"^[├└]── (\S+)", text, re.M)) for n, text in answers}


def _lines(answer: Any) -> list[str]:
    """Return the lines of an answer of any shape: a list, lists by container, or patterns with samples."""
    if isinstance(answer, str):
        try:
            return _lines(json.loads(answer))
        except json.JSONDecodeError:
            return answer.splitlines()
    if isinstance(answer, dict):
        if "patterns" in answer:
            return [str(p.get("sample") or p.get("pattern") or "") for p in answer["patterns"]]
        return [line for value in answer.values() for line in _lines(value)]
    return [str(line) for line in answer] if isinstance(answer, list) else []


def _names(case: CachedCase, kind: str) -> frozenset[str]:
    return frozenset(r["NAME"] for r in kubectl.rows(case.listed(kind) or ""))


def _desired(case: CachedCase) -> dict[str, int]:
    found = {}
    for kind in ("deployments", "statefulsets"):
        for row in kubectl.rows(case.listed(kind) or ""):
            wanted = row.get("READY", "").partition("/")[2]
            if wanted.isdigit():
                found[row["NAME"]] = int(wanted)
    return found
