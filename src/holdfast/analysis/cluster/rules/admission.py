"""Objects the API server refuses to create: quotas that are used up, and service accounts that are not there."""

import re
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.sign import CONTRADICTS, SAYS_SO, SUGGESTS, Sign, Thing, app
from holdfast.analysis.cluster.state import ClusterState

_OVER = re.compile(r"exceeded quota: [^,]+, requested: ([^,=]+)=")
_NO_ACCOUNT = re.compile(r"service ?account \S+ not found", re.IGNORECASE)
_RESOURCES: tuple[tuple[str, Fault], ...] = (
    ("cpu", Fault.QUOTA_CPU),
    ("memory", Fault.QUOTA_MEMORY),
    ("storage", Fault.QUOTA_STORAGE),
    ("persistentvolumeclaims", Fault.QUOTA_STORAGE),
    ("pods", Fault.QUOTA_PODS),
    ("services", Fault.QUOTA_SERVICES),
)


def refused_pods(state: ClusterState) -> Iterator[Sign]:
    """A workload lacks pods that were never made, and its controller says why they were refused."""
    for name in state.apps:
        if len(state.pods_of(name)) >= (state.wanted(name) or 0):
            continue
        for event in state.events_of(name):
            over = _OVER.search(event.message)
            fault = _of_resource(over[1]) if over else None
            if fault is not None:
                yield Sign(fault, _namespace(state), SAYS_SO, f"a pod of {name} is over the quota", "events")
            elif event.reason == "FailedCreate" and _NO_ACCOUNT.search(event.message):
                text = f"pods of {name} name a service account that is not there"
                yield Sign(Fault.SERVICE_ACCOUNT_MISSING, app(name), SAYS_SO, text, "events")


def full_quotas(state: ClusterState) -> Iterator[Sign]:
    """A quota is used up while a written object of its kind is not there, or a workload lacks pods."""
    absent = {k: [m.name for m in state.of_kind(k) if state.has(k, m.name) is False] for k in _KINDS.values()}
    unmade = [a for a in state.apps if len(state.pods_of(a)) < (state.wanted(a) or 0)]
    for quota in state.quotas:
        fault = _of_resource(quota.resource)
        if fault is None or quota.hard <= 0:
            continue
        full, kind = quota.used >= quota.hard, _KINDS.get(fault)
        missing = absent[kind] if kind else unmade
        # A claim asks for more than is left, which need not be nothing.
        if missing and (full or fault is Fault.QUOTA_STORAGE):
            text = f"{missing[0]} is not there, and {quota.resource} is at {quota.used:g} of {quota.hard:g}"
            yield Sign(fault, _namespace(state), CONTRADICTS if kind else SUGGESTS, text, "quotas")


_KINDS = {Fault.QUOTA_SERVICES: "Service", Fault.QUOTA_STORAGE: "PersistentVolumeClaim"}


def _of_resource(resource: str) -> Fault | None:
    return next((fault for word, fault in _RESOURCES if word in resource), None)


def _namespace(state: ClusterState) -> Thing:
    return Thing("namespace", state.namespace)
