"""The state of one namespace and its nodes as the rules read it: what is written, what runs, what is measured."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from pydantic import JsonValue

from holdfast.analysis.cluster.manifests import Manifest, Workload, texts, tree
from holdfast.analysis.cluster.parts import Node, Quota, Storage, Traffic
from holdfast.analysis.readings.pods import Event, Pod, belongs

# A warning older than this, about something that works now, was of its start and is over. One that goes on is told
# again at least every five minutes (client-go's spam filter).
OVER_AFTER = timedelta(minutes=6)


@dataclass(frozen=True)
class ClusterState:
    """Everything the rules look at; every part may be empty, and then its rules are silent.

    `manifests` are objects as the API serves them; `present` names the objects that are there, by kind,
    and lacks a kind that was not asked for; `logs` holds new error lines by workload; `desired` says how many
    pods the running workloads are to have.
    """

    namespace: str = ""
    at: datetime | None = None
    manifests: tuple[Mapping[str, JsonValue], ...] = ()
    pods: tuple[Pod, ...] = ()
    events: tuple[Event, ...] = ()
    nodes: tuple[Node, ...] = ()
    storage: Storage = field(default_factory=Storage)
    quotas: tuple[Quota, ...] = ()
    traffic: Traffic = field(default_factory=Traffic)
    logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    present: Mapping[str, frozenset[str]] = field(default_factory=dict)
    desired: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def written(self) -> tuple[Manifest, ...]:
        """Return the manifests, readable."""
        return tuple(Manifest(m) for m in self.manifests)

    def of_kind(self, *kinds: str) -> tuple[Manifest, ...]:
        """Return the manifests of these kinds."""
        return tuple(m for m in self.written if m.kind in kinds)

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Return what runs pods: deployments, stateful sets and daemon sets, as they are written."""
        return tuple(Workload(m) for m in self.of_kind("Deployment", "StatefulSet", "DaemonSet"))

    @cached_property
    def apps(self) -> tuple[str, ...]:
        """Return the names of the workloads, written or seen running."""
        return tuple(dict.fromkeys([*(w.name for w in self.workloads), *(p.deployment for p in self.pods)]))

    def behind(self, service: str) -> tuple[Workload, ...]:
        """Return the workloads whose pods a service selects."""
        return self._behind.get(service, ())

    def services_of(self, app: str) -> tuple[str, ...]:
        """Return the names of the services that select a workload's pods."""
        return tuple(name for name, behind in self._behind.items() if any(w.name == app for w in behind))

    @cached_property
    def _behind(self) -> dict[str, tuple[Workload, ...]]:
        """The workloads behind each service: a namespace has hundreds of both."""
        labelled = [(w, w.labels) for w in self.workloads]
        selectors = {s.name: texts(tree(s.spec, "selector")) for s in self.of_kind("Service")}
        return {
            name: tuple(w for w, labels in labelled if selector and selector.items() <= labels.items())
            for name, selector in selectors.items()
        }

    def pods_of(self, app: str) -> tuple[Pod, ...]:
        """Return the pods of a workload."""
        return tuple(p for p in self.pods if p.deployment == app)

    def app_of(self, thing: str) -> str:
        """Return the workload that an event's thing, `pod/x-1` or `replicaset/x-2`, is of; empty when of none."""
        kind, _, name = thing.partition("/")
        if kind == "pod" and name in self._running:
            return self._running[name]
        found = [a for a in self.apps if a and belongs(name, a)]
        return max(found, key=len, default="")

    def events_of(self, app: str) -> tuple[Event, ...]:
        """Return the events about a workload, its replica sets, and the pods that still are."""
        names = {p.name for p in self.pods_of(app)}
        return tuple(e for e in self._told.get(app, ()) if _lasting(e) or _name(e) in names)

    @cached_property
    def _running(self) -> dict[str, str]:
        """The workload of each pod; of two pods of one name the first counts."""
        return {p.name: p.deployment for p in reversed(self.pods)}

    @cached_property
    def _told(self) -> dict[str, list[Event]]:
        """The events by the workload they are about: a cluster has thousands, and every rule asks."""
        apps = {thing: self.app_of(thing) for thing in {e.thing for e in self.events}}
        told: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            told[apps[event.thing]].append(event)
        return told

    def wanted(self, app: str) -> int | None:
        """Return how many pods a workload is to have, or None when that is not known."""
        if app in self.desired:
            return self.desired[app]
        return next((w.replicas for w in self.workloads if w.name == app), None)

    def short(self, app: str) -> bool:
        """Return whether a workload has fewer ready pods than it is to have."""
        wanted = self.wanted(app)
        ready = sum(p.ready for p in self.pods_of(app))
        return ready < (1 if wanted is None else wanted)

    def troubled(self, app: str) -> bool:
        """Return whether a workload is short of pods, or a pod of it was restarted."""
        return self.short(app) or any(p.restarts for p in self.pods_of(app))

    def has(self, kind: str, name: str) -> bool | None:
        """Return whether an object is there, or None when that kind was not asked for."""
        names = self.present.get(kind)
        return None if names is None else name in names

    def recent(self, event: Event) -> bool:
        """Return whether an event is new enough to tell of now; one without a time is."""
        return self.at is None or event.time is None or self.at - event.time <= OVER_AFTER


def _lasting(event: Event) -> bool:
    return not event.thing.startswith("pod/")


def _name(event: Event) -> str:
    return event.thing.partition("/")[2]
