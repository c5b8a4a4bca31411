"""Probes that ask the wrong port, in the wrong protocol or too early, of a workload that is otherwise well."""

import re
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Container, Probe
from holdfast.analysis.cluster.sign import CONTRADICTS, SAYS_SO, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

# The answer to a question in another protocol, in the words of the prober (Go's net/http and gRPC).
_OTHER_PROTOCOL = re.compile(r"malformed HTTP|server gave HTTP response|transport connection broken|unknown service")
# Seconds a process is given before its first failed probe ends it; less is shorter than most take to start.
SHORTEST_START = 5
_FAULTS = {
    ("liveness", "port"): Fault.LIVENESS_PORT,
    ("liveness", "protocol"): Fault.LIVENESS_PROTOCOL,
    ("liveness", "timing"): Fault.LIVENESS_TIMING,
    ("readiness", "port"): Fault.READINESS_PORT,
    ("readiness", "protocol"): Fault.READINESS_PROTOCOL,
}


def wrong_probes(state: ClusterState) -> Iterator[Sign]:
    """A probe fails now, and what it asks is not what its container serves or its other probe asks."""
    for workload in state.workloads:
        name = workload.name
        for container in workload.containers:
            for probe in container.probes:
                failing = _failures(state, name, probe.kind)
                flaw = _flaw(container, probe, failing) if failing else ""
                fault = _FAULTS.get((probe.kind, flaw))
                if fault is not None:
                    strength = SAYS_SO if flaw == "protocol" else CONTRADICTS
                    text = f"the {probe.kind} probe of {name} fails by its {flaw}: {failing[-1][:80]}"
                    yield Sign(fault, app(name), strength, text, "events")


def _failures(state: ClusterState, name: str, kind: str) -> list[str]:
    """Return the messages of a probe that fails and does what such a probe does: restart, or keep unready."""
    pods = state.pods_of(name)
    hurts = any(p.restarts for p in pods) if kind == "liveness" else any(not p.ready for p in pods)
    if not hurts:
        return []
    words = f"{kind} probe failed"
    return [e.message for e in state.events_of(name) if words in e.message.lower() and state.recent(e)]


def _flaw(container: Container, probe: Probe, failing: list[str]) -> str:
    others = [p for p in container.probes if p is not probe]
    served = container.served or {p.port for p in others if p.port}
    if served and probe.port and probe.port not in served:
        return "port"
    if any(_OTHER_PROTOCOL.search(m) for m in failing) or any(p.scheme != probe.scheme for p in others):
        return "protocol"
    given = probe.delay + probe.period * probe.failures
    return "timing" if probe.kind == "liveness" and given <= SHORTEST_START else ""


def restarting_by_probe(state: ClusterState) -> Iterator[Sign]:
    """A workload is restarted by a liveness probe that asks rightly: it gives too little time, or is answered late."""
    for workload in state.workloads:
        failing = _failures(state, workload.name, "liveness")
        probes = [(c, p) for c in workload.containers for p in c.probes if p.kind == "liveness"]
        if failing and probes and not any(_flaw(c, p, failing) for c, p in probes):
            text = f"the liveness probe restarts {workload.name}"
            yield Sign(Fault.LIVENESS_TIMING, app(workload.name), SUGGESTS / 2, text, "events")
