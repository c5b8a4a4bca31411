"""The simulated shop as a Kubernetes cluster that can be looked at."""

from collections.abc import Mapping
from typing import Any

from holdfast.tools.errors import Word, no
from holdfast.tools.kubernetes.clusters import WIDE, Found, Kind, Lines, LogsAsked, Row, matches
from holdfast.tools.monitoring.queries import moment
from holdfast.tools.simulation import cluster, surroundings
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.logs import lines

HOUR = 3600.0


class SimulatedCluster:
    """Answers what a cluster's API would."""

    name = "simulated"

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    async def pods(self, namespace: str, selector: Mapping[str, str]) -> Found:
        """Return the pods of a namespace that have each selected value."""
        return Found([p for p in self._pods(namespace) if matches(p, {}, selector)])

    async def describe_pod(self, namespace: str, pod: str) -> dict[str, Any]:
        """Return one pod with the events of the last hour."""
        found = self._pod(namespace, pod)
        ready = {"type": "Ready", "status": str(bool(found["ready"])), "reason": str(found["reason"])}
        events = [e for e in (await self.events(namespace, "")).rows if e["object"] == f"pod/{pod}"]
        return {
            "pod": found,
            "conditions": [ready],
            "events": events,
            "labels": {"deployment": found["deployment"]},
            "cut": "",
        }

    async def events(self, namespace: str, since: str) -> Found:
        """Return events since a time, an hour back by default, oldest first."""
        self._check(namespace)
        now = self._estate.clock()
        start = moment("since", since) if since else now - HOUR
        return Found(cluster.events(self._estate.world(), start, now))

    async def logs(self, namespace: str, asked: LogsAsked) -> Lines:
        """Return a pod's newest lines; the last container's when it ended and `previous` is asked for."""
        pod = asked.pod
        found = self._pod(namespace, pod)
        if asked.previous and not found["last_reason"]:
            raise no(Word.NOT_FOUND, f"pod {pod!r} has no previous container")
        now, service = self._estate.clock(), pod.rsplit("-", 2)[0]
        written = lines(self._estate.world(), service, "production", (now - HOUR, now))
        own = [x for x in written if x.pod == pod]
        return Lines([f"{cluster.stamp(x.at)} {x.level.upper()} {x.message}" for x in own[-asked.tail :]])

    async def rollout_history(self, namespace: str, deployment: str) -> dict[str, Any]:
        """Return a deployment's revisions, oldest first."""
        self._check(namespace)
        service = self._estate.topology.services.get(deployment)
        if service is None or service.kind != "deployment":
            raise no(Word.NOT_FOUND, f"no deployment {deployment!r} in namespace {namespace!r}")
        return {**cluster.rollout_history(self._estate.world(), deployment, self._estate.clock()), "cut": ""}

    async def listed(self, kind: Kind, namespace: str) -> Found:
        """Return what a list shows; the shop has no quotas, policies, ingresses, volumes or configuration."""
        if kind in WIDE:
            return Found(surroundings.nodes() if kind == "nodes" else [])
        pods = self._pods(namespace)
        if kind == "deployments":
            return Found(surroundings.deployments(pods))
        return Found(surroundings.services(pods) if kind == "services" else [])

    def _pods(self, namespace: str) -> list[Row]:
        self._check(namespace)
        return cluster.pods(self._estate.world(), self._estate.clock())

    def _pod(self, namespace: str, pod: str) -> Row:
        found = next((p for p in self._pods(namespace) if p["name"] == pod), None)
        if found is None:
            raise no(Word.NOT_FOUND, f"no pod {pod!r} in namespace {namespace!r}")
        return found

    def _check(self, namespace: str) -> None:
        if namespace != self._estate.topology.namespace:
            raise no(Word.NOT_FOUND, f"no namespace {namespace!r}")
