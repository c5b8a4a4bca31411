"""Cluster faults: what the rules over the state of a cluster make of the service's pods, events and new error lines."""

from collections.abc import Iterator
from dataclasses import replace

from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.signs import plain_signs
from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.rank import Answer, rank
from holdfast.analysis.cluster.sign import SUGGESTS
from holdfast.analysis.cluster.state import ClusterState
from holdfast.domain.diagnosis import Cause

# As strong as the plainest of the plain signs: a walk sees part of the cluster, and causes that lie beside it.
OUTRIGHT = 0.6
# Told by other rules of the walk from the same evidence; and where no manifest says which database it is that
# refuses, the fault is not the service's own.
_LEFT_OUT = frozenset({Fault.CRASH_LOOP, Fault.OUT_OF_MEMORY, Fault.DATABASE_READ_ONLY, Fault.DATABASE_CONNECTIONS})


def cluster_faults(scene: Scene) -> Iterator[Finding]:
    """The plain signs, in the words of the rule that names the very fault; and faults that no plain sign shows.

    Both read the same evidence, so it is counted once: a fault adds nothing to a sign as strong.
    """
    faults = _named(scene)
    for sign in plain_signs(scene):
        fault = faults.pop(sign.cause, None)
        yield sign if fault is None else _sharper(sign, fault)
    yield from faults.values()


def _sharper(sign: Finding, fault: Finding) -> Finding:
    evidence = tuple(dict.fromkeys((*fault.evidence, *sign.evidence)))
    return replace(fault, strength=max(sign.strength, fault.strength), evidence=evidence)


def _named(scene: Scene) -> dict[Cause, Finding]:
    """Return the likeliest fault of each cause that a rule names for the service's own workload, or for a node."""
    own = scene.service.deployment or scene.service.name
    found: dict[Cause, Finding] = {}
    for answer in rank(state_of(scene)):
        mine = answer.thing.kind != "app" or answer.thing.name == own
        if mine and answer.fault not in _LEFT_OUT and answer.strength >= SUGGESTS:
            found.setdefault(answer.cause, _finding(scene, answer))
    return found


def _finding(scene: Scene, answer: Answer) -> Finding:
    return Finding(
        cause=answer.cause,
        service=scene.service.name,
        strength=OUTRIGHT,
        statement=answer.statement,
        evidence=_evidence(scene, answer),
        target=answer.thing.name,
    )


def state_of(scene: Scene) -> ClusterState:
    """Return what the case shows of its cluster; parts that nobody asked for are empty."""
    own = scene.service.deployment or scene.service.name
    lines = (
        t.example for s in scene.logs if s.service == scene.service.name for t in s.templates if t.severe and t.grown
    )
    return ClusterState(
        namespace=scene.service.namespace,
        at=scene.case.at,
        pods=tuple(p for s in scene.pods for p in s.pods),
        events=tuple(e for s in scene.events for e in s.events),
        logs={own: tuple(lines)},
    )


def _evidence(scene: Scene, answer: Answer) -> tuple[str, ...]:
    """Return the ids of what the answer's signs were read from."""
    sources = {"pods": scene.pods, "events": scene.events, "logs": scene.logs}
    read = (s for sign in answer.signs for s in sources.get(sign.source, ()))
    return tuple(dict.fromkeys(s.evidence_id for s in read))
