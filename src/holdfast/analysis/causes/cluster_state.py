"""From a case to the state of its cluster: what every answer about the cluster says, laid out for the rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.cluster.manifests import Manifest, Tree, Workload, texts, tree
from holdfast.analysis.cluster.parts import Anomaly, Reach, Storage, Traffic
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.observation import Body
from holdfast.analysis.readings.pods import Pod, of_deployment, read_events, read_pods
from holdfast.analysis.readings.surroundings import (
    read_claims,
    read_config_maps,
    read_deployments,
    read_desired,
    read_ingresses,
    read_nodes,
    read_policies,
    read_quotas,
    read_services,
    read_storage,
)
from holdfast.domain.evidence import EvidenceKind

T = TypeVar("T")
# Requests still come through when there are so many of the usual number of them.
STILL_SERVED = 0.1


def workload_of(scene: Scene) -> str:
    """Return the name of the workload that the incident is about."""
    return scene.service.deployment or scene.service.name


def state_of(scene: Scene) -> ClusterState:
    """Return what the case shows of its cluster; parts that nobody asked for, or that are unreadable, are empty."""
    read = _Answers(scene)
    pods = _pods(scene, read)
    services = read.all(EvidenceKind.SERVICES, read_services)
    # Without pods nobody can say which deployment is short of them.
    workloads = read.all(EvidenceKind.DEPLOYMENTS, read_deployments) if pods is not None else ()
    others = (
        *read.all(EvidenceKind.INGRESSES, read_ingresses),
        *read.all(EvidenceKind.NETWORK_POLICIES, read_policies),
        *read.all(EvidenceKind.CLAIMS, read_claims),
    )
    return ClusterState(
        namespace=_namespace(scene),
        at=scene.case.at,
        manifests=(*workloads, *(s for s in services if not _of_others(s, workloads)), *others),
        pods=pods or (),
        events=tuple(dict.fromkeys(read.all(EvidenceKind.EVENTS, read_events))),
        nodes=read.all(EvidenceKind.NODES, read_nodes),
        storage=next(iter(read.each(EvidenceKind.CLAIMS, read_storage)), Storage()),
        quotas=read.all(EvidenceKind.QUOTAS, read_quotas),
        traffic=_traffic(scene),
        logs={workload_of(scene): tuple(_lines(scene))},
        present=_present(read),
        desired=_desired(read) if pods is not None else {},
    )


@dataclass(frozen=True)
class _Answers:
    """The case's answers by kind. Those that make no sense were refused before they became evidence."""

    scene: Scene

    def each(self, kind: EvidenceKind, read: Callable[[Body], T]) -> list[T]:
        """Return what each readable answer of a kind says."""
        found = []
        for seen in self.scene.case.observations:
            if seen.evidence.kind is kind and seen.readable:
                try:
                    found.append(read(seen.body))
                except (KeyError, TypeError, ValueError):
                    continue
        return found

    def all(self, kind: EvidenceKind, read: Callable[[Body], tuple[T, ...]]) -> tuple[T, ...]:
        """Return what all readable answers of a kind say together."""
        return tuple(one for each in self.each(kind, read) for one in each)


def _pods(scene: Scene, read: _Answers) -> tuple[Pod, ...] | None:
    """Return the namespace's pods, each once, or None when nobody told; the service's own know whose they are."""
    told = read.each(EvidenceKind.PODS, read_pods)
    pods = {p.name: p for each in told for p in each}
    own = workload_of(scene)
    named = {p.name: replace(p, deployment=own) for p in of_deployment(pods.values(), own)}
    return tuple((pods | named).values()) if told else None


def _namespace(scene: Scene) -> str:
    """Return the namespace that was asked about, which for a service nobody knows is its alert's."""
    asked = (str(o.body.get("namespace") or "") for o in scene.case.observations if o.evidence.kind in _NAMESPACED)
    return next(filter(None, asked), scene.service.namespace)


_NAMESPACED = frozenset({EvidenceKind.PODS, EvidenceKind.QUOTAS, EvidenceKind.SERVICES, EvidenceKind.DEPLOYMENTS})


def _of_others(service: Tree, workloads: tuple[Tree, ...]) -> bool:
    """Return whether somebody is behind a service who is no known deployment, such as a stateful set."""
    selector = texts(tree(service, "spec", "selector"))
    known = any(selector.items() <= Workload(Manifest(w)).labels.items() for w in workloads)
    return not known and bool(tree(service, "status").get("endpoints"))


def _present(read: _Answers) -> dict[str, frozenset[str]]:
    """Return the names of what is there, of the kinds that were asked for."""
    services = read.each(EvidenceKind.SERVICES, read_services)
    found = {"Service": frozenset(Manifest(s).name for each in services for s in each)} if services else {}
    configs = read.each(EvidenceKind.CONFIG_MAPS, read_config_maps)
    return found | ({"ConfigMap": frozenset().union(*configs)} if configs else {})


def _desired(read: _Answers) -> dict[str, int]:
    return {name: count for each in read.each(EvidenceKind.DEPLOYMENTS, read_desired) for name, count in each.items()}


def _lines(scene: Scene) -> list[str]:
    """Return the service's new error lines."""
    own = (s for s in scene.logs if s.service == scene.service.name)
    return [t.example for s in own for t in s.templates if t.severe and t.grown]


def _traffic(scene: Scene) -> Traffic:
    """Return whether requests come through: what a service is asked, and whether that fell away."""
    asked = scene.reading("request_rate")
    if asked is None or not len(asked.series):
        return Traffic()
    name, now = workload_of(scene), float(asked.series.values[-1])
    usual = asked.shift.baseline.middle if asked.shift is not None and asked.shift.baseline is not None else now
    if now > STILL_SERVED * usual:
        return Traffic(reaches=(Reach(name, port=0, open=True),))
    return Traffic((Anomaly(name, "throughput", usual, now),)) if usual > 0 else Traffic()
