"""Cluster faults: what the rules over the state of a cluster make of all that was answered about it."""

from collections.abc import Iterator
from dataclasses import replace

from holdfast.analysis.alert_kinds import parts_of
from holdfast.analysis.causes.cluster_state import state_of, workload_of
from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.signs import plain_signs
from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.rank import Answer, rank
from holdfast.analysis.cluster.sign import SUGGESTS, Thing
from holdfast.analysis.cluster.state import ClusterState
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import EvidenceKind

# As strong as the plainest of the plain signs: a walk sees part of the cluster, and causes that lie beside it.
OUTRIGHT = 0.6
# The alert itself speaks of the very object: a second witness, and a stronger one than that the service looks well.
NAMED = 0.75
# Told by other rules of the walk from the same evidence; and where no manifest says which database it is that
# refuses, the fault is not the service's own.
_LEFT_OUT = frozenset({Fault.CRASH_LOOP, Fault.OUT_OF_MEMORY, Fault.DATABASE_READ_ONLY, Fault.DATABASE_CONNECTIONS})
# What the parts of the state are read from; a written object is of several kinds.
_SOURCES: dict[str, tuple[EvidenceKind, ...]] = {
    "pods": (EvidenceKind.PODS,),
    "events": (EvidenceKind.EVENTS,),
    "logs": (EvidenceKind.LOGS,),
    "nodes": (EvidenceKind.NODES,),
    "quotas": (EvidenceKind.QUOTAS,),
    "storage": (EvidenceKind.CLAIMS,),
    "manifests": (EvidenceKind.DEPLOYMENTS,),
}
_WRITTEN: dict[Fault, tuple[EvidenceKind, ...]] = {
    Fault.SERVICE_SELECTOR: (EvidenceKind.SERVICES, EvidenceKind.DEPLOYMENTS),
    Fault.SERVICE_PORT: (EvidenceKind.SERVICES, EvidenceKind.DEPLOYMENTS),
    Fault.SERVICE_PROTOCOL: (EvidenceKind.SERVICES, EvidenceKind.DEPLOYMENTS),
    Fault.ADDRESS: (EvidenceKind.DEPLOYMENTS, EvidenceKind.SERVICES),
    Fault.CONFIG_MAP_MISSING: (EvidenceKind.CONFIG_MAPS, EvidenceKind.DEPLOYMENTS),
    Fault.NETWORK_POLICY: (EvidenceKind.NETWORK_POLICIES, EvidenceKind.DEPLOYMENTS),
    Fault.INGRESS_BACKEND: (EvidenceKind.INGRESSES, EvidenceKind.SERVICES),
}
# Which part of a cluster an alert speaks of when it may be about such a thing.
_PART_OF = {"node": "node", "namespace": "quota"}


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
    """Return the likeliest fault of each cause that a rule names for what the incident is about."""
    state = state_of(scene)
    found: dict[Cause, Finding] = {}
    for answer in rank(state):
        told = answer.fault not in _LEFT_OUT and answer.strength >= SUGGESTS
        if told and (_alerted(scene, answer.thing) or _concerns(scene, state, answer.thing)):
            found.setdefault(answer.cause, _finding(scene, answer))
    return found


def _alerted(scene: Scene, thing: Thing) -> bool:
    """Return whether a firing alert about such things names this one, or the namespace that it is."""
    firing = [a for a in scene.case.alerts if a.firing]
    return _PART_OF.get(thing.kind) in parts_of(firing) and any(thing.name in a.labels.values() for a in firing)


def _concerns(scene: Scene, state: ClusterState, thing: Thing) -> bool:
    """Return whether a fault of this thing hurts the service: its own workload, a node it needs, a quota over it."""
    own = workload_of(scene)
    pods = state.pods_of(own)
    if thing.kind == "app":
        return thing.name == own
    if thing.kind == "node":
        placed = {p.node for p in pods}
        return thing.name in placed or "" in placed
    return len(pods) < (state.wanted(own) or 0)


def _finding(scene: Scene, answer: Answer) -> Finding:
    return Finding(
        cause=answer.cause,
        service=scene.service.name,
        strength=either(OUTRIGHT, NAMED) if _alerted(scene, answer.thing) else OUTRIGHT,
        statement=answer.statement,
        evidence=_evidence(scene, answer),
        target=answer.thing.name,
    )


def _evidence(scene: Scene, answer: Answer) -> tuple[str, ...]:
    """Return the ids of what the answer's signs were read from."""
    kinds = {kind for sign in answer.signs for kind in _kinds(sign.source, answer.fault)}
    read = (o.evidence for o in scene.case.observations if o.readable and o.evidence.kind in kinds)
    own = (e for e in read if e.kind is not EvidenceKind.LOGS or e.service == scene.service.name)
    return tuple(dict.fromkeys(e.evidence_id for e in own))


def _kinds(source: str, fault: Fault) -> tuple[EvidenceKind, ...]:
    return _WRITTEN.get(fault, _SOURCES["manifests"]) if source == "manifests" else _SOURCES.get(source, ())
