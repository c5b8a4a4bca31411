"""Workloads that answer slowly: which one is the source, and whether it lacks CPU or its network delays."""

import re
from collections.abc import Iterator
from math import inf

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.sign import CONTRADICTS, HINTS, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

# Usage at least so many times the usual, besides throttling, is an overload; throttling alone is usual in bursts.
OVERLOADED = 1.5
# A new peak of what had no usual value is taken to be so many times higher: large, and never beyond all measure.
NEW = 1000.0
# How often a caller asks one callee in turn, at most, while it answers once.
CALLS = 4
_WAITED = re.compile(r"timed? ?out|deadline exceeded|Client\.Timeout", re.IGNORECASE)


def overloaded(state: ClusterState) -> Iterator[Sign]:
    """A workload is throttled and uses far more CPU than usual."""
    used = _times(state, "cpu")
    for name in sorted(_times(state, "throttling").keys() & used.keys()):
        if used[name] >= OVERLOADED:
            text = f"{name} is throttled and uses {used[name]:.1f} times its usual CPU"
            yield Sign(Fault.CPU_OVERLOAD, app(name), CONTRADICTS, text, "traffic")


def delayed(state: ClusterState) -> Iterator[Sign]:
    """Of the workloads that answer slowly, the one most delayed that waits for none that explains it.

    A caller waits for those it calls, so of a chain of slow workloads the last is the source.
    """
    times = _times(state, "latency")
    for rank, name in enumerate(sources(state)[:3]):
        text = f"{name} takes {times[name]:.0f} times its usual time"
        yield Sign(Fault.NETWORK_DELAY, app(name), SUGGESTS if rank == 0 else HINTS, text, "traffic")


def sources(state: ClusterState) -> list[str]:
    """Return the workloads that answer later than usual, the likeliest source first."""
    added = {n: ms for n, ms in _added(state).items() if ms > 0}
    return sorted(added, key=lambda n: (_explained(state, n, added), -added[n], n))


def _added(state: ClusterState) -> dict[str, float]:
    """Return by how much the slowest measured share of each workload's answers is later."""
    found: dict[str, float] = {}
    for each in state.traffic.anomalies:
        if each.measure == "latency":
            found[each.thing] = max(found.get(each.thing, 0.0), each.now - each.usual)
    return found


def _explained(state: ClusterState, name: str, added: dict[str, float]) -> bool:
    """Return whether a callee is so much later that a few calls of it account for the caller's lateness."""
    callees = [added[c] for c in state.traffic.calls.get(name, ()) if c in added and c != name]
    return CALLS * max(callees, default=0.0) >= added.get(name, 0.0)


def throttled_flow(state: ClusterState) -> Iterator[Sign]:
    """No workload is measured slow, but many have less to do and something is late: who hands on most of what dropped.

    Less to do alone is what any quiet hour shows.
    """
    if any(a.measure == "latency" for a in state.traffic.anomalies):
        return
    fell = {a.thing: a.times for a in state.traffic.anomalies if a.measure == "throughput" and a.times < 1}
    weight = {n: sum(c in fell for c in state.traffic.calls.get(n, ())) for n in fell}
    best = max(fell, key=lambda n: (weight[n], -fell[n]), default="")
    if best and weight[best] > 1 and _late(state, (best, *state.traffic.calls.get(best, ()))):
        text = f"{best} and the {weight[best]} it calls have less to do"
        yield Sign(Fault.NETWORK_DELAY, app(best), HINTS, text, "traffic")


def _late(state: ClusterState, names: tuple[str, ...]) -> bool:
    """Return whether something shows delay: segments sent again, or one of these that waited in vain."""
    if any(a.measure == "retransmissions" and a.times > 1 for a in state.traffic.anomalies):
        return True
    recent = (e.message for n in names for e in state.events_of(n) if state.recent(e))
    return any(_WAITED.search(text) for text in (*(x for n in names for x in state.logs.get(n, ())), *recent))


def _times(state: ClusterState, measure: str) -> dict[str, float]:
    """Return by how many times a measure of each workload is above its usual value, at most NEW if it had none."""
    found: dict[str, float] = {}
    for each in state.traffic.anomalies:
        if each.measure == measure:
            times = NEW if each.times == inf else each.times
            found[each.thing] = max(found.get(each.thing, 0.0), times)
    return found
