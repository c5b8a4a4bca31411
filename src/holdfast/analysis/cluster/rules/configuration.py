"""Pods that cannot start as they are written: missing secrets, ports taken twice, no replicas, too little memory."""

import re
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Workload, tree
from holdfast.analysis.cluster.sign import CONTRADICTS, HINTS, SAYS_SO, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.readings.pods import KILLED_FOR_MEMORY

_NOT_FOUND = re.compile(r'(secret|configmap) "([^"]+)" not found', re.IGNORECASE)
_MISSING = {"secret": Fault.SECRET_MISSING, "configmap": Fault.CONFIG_MAP_MISSING}
_IN_USE = re.compile(r"port \d+ (?:is|was) already in use|address already in use|EADDRINUSE", re.IGNORECASE)
_KILLED = re.compile(r"OOM-?killed|memory limit too low|out of memory", re.IGNORECASE)
_STATUS_PORT = re.compile(r"[\"']?statusPort[\"']?\s*:\s*(\d+)")


def missing_reference(state: ClusterState) -> Iterator[Sign]:
    """A pod is not ready, and its node or the written template names a secret or config map that is not there."""
    for name in state.apps:
        if not state.short(name):
            continue
        for event in state.events_of(name):
            found = _NOT_FOUND.search(event.message)
            if found:
                text = f"{found[1]} {found[2]} of {name} is not there"
                yield Sign(_MISSING[found[1].lower()], app(name), SAYS_SO, text, "events")
    for workload in state.workloads:
        if state.short(workload.name):
            yield from _unknown_references(state, workload)


def _unknown_references(state: ClusterState, workload: Workload) -> Iterator[Sign]:
    kinds = (("secretRef", "Secret", Fault.SECRET_MISSING), ("configMapRef", "ConfigMap", Fault.CONFIG_MAP_MISSING))
    for source in (s for c in workload.containers for s in c.env_from):
        for key, kind, fault in kinds:
            name = str(tree(source, key).get("name") or "")
            if name and state.has(kind, name) is False and not tree(source, key).get("optional"):
                text = f"{workload.name} takes its environment from {kind} {name}, which is not there"
                yield Sign(fault, app(workload.name), CONTRADICTS, text, "manifests")


def port_conflict(state: ClusterState) -> Iterator[Sign]:
    """Two containers of one pod want the same port, such as a sidecar's status port."""
    for workload in state.workloads:
        ports = [str(p.get("containerPort")) for c in workload.containers for p in c.ports]
        ports += [m for v in workload.annotations.values() for m in _STATUS_PORT.findall(v)]
        twice = sorted({p for p in ports if ports.count(p) > 1})
        if twice:
            strength = CONTRADICTS if state.troubled(workload.name) else HINTS
            text = f"port {twice[0]} is wanted twice in pods of {workload.name}"
            yield Sign(Fault.PORT_TAKEN, app(workload.name), strength, text, "manifests")


def port_taken(state: ClusterState) -> Iterator[Sign]:
    """A workload that is not well logs that its port is taken."""
    for name in state.apps:
        if state.troubled(name) and any(_IN_USE.search(line) for line in state.logs.get(name, ())):
            yield Sign(Fault.PORT_TAKEN, app(name), SUGGESTS, f"{name} finds its port taken", "logs")


def scaled_to_zero(state: ClusterState) -> Iterator[Sign]:
    """A workload that others call, or that has a service, is to have no pods."""
    called = {c for callees in state.traffic.calls.values() for c in callees}
    called |= {m.name for m in state.of_kind("Service")}
    for name, wanted in state.desired.items():
        if wanted == 0 and not state.pods_of(name):
            known = name in called
            yield Sign(
                Fault.SCALED_TO_ZERO, app(name), SAYS_SO if known else HINTS, f"{name} is to have no pods", "manifests"
            )


def out_of_memory(state: ClusterState) -> Iterator[Sign]:
    """A container was ended for memory, or could not begin within its limit, and its workload is not well."""
    for name in state.apps:
        if not state.troubled(name):
            continue
        if any(KILLED_FOR_MEMORY in (p.reason, p.last_reason) for p in state.pods_of(name)):
            again = state.short(name) or any(p.restarts > 1 for p in state.pods_of(name))
            strength = SAYS_SO if again else SUGGESTS  # once, and well since, may be long over
            yield Sign(Fault.OUT_OF_MEMORY, app(name), strength, f"{name} was ended for memory", "pods")
        elif any(_KILLED.search(e.message) for e in state.events_of(name)):
            yield Sign(Fault.OUT_OF_MEMORY, app(name), SAYS_SO, f"{name} has too little memory to start", "events")


def crash_loop(state: ClusterState) -> Iterator[Sign]:
    """A container ends again and again; weak, since that is what most other faults look like."""
    for name in state.apps:
        if any(p.reason == "CrashLoopBackOff" for p in state.pods_of(name)):
            yield Sign(Fault.CRASH_LOOP, app(name), HINTS, f"{name} ends again and again", "pods")
