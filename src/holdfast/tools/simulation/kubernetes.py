"""The simulated shop as a Kubernetes cluster that can be looked at."""

from pydantic import JsonValue

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import moment
from holdfast.tools.simulation import cluster
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.logs import lines

HOUR = 3600.0


class SimulatedCluster:
    """Answers what a cluster's API would."""

    name = "simulated"

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def pods(self, namespace: str) -> list[dict[str, JsonValue]]:
        """Return the pods of a namespace."""
        self._check(namespace)
        return cluster.pods(self._estate.world(), self._estate.clock())

    def events(self, namespace: str, since: str) -> list[dict[str, JsonValue]]:
        """Return events since a time, an hour back by default, oldest first."""
        self._check(namespace)
        now = self._estate.clock()
        return cluster.events(self._estate.world(), moment("since", since) if since else now - HOUR, now)

    def logs(self, namespace: str, pod: str, *, previous: bool, tail: int) -> list[str]:
        """Return a pod's newest lines; the last container's when it ended and `previous` is asked for."""
        found = next((p for p in self.pods(namespace) if p["name"] == pod), None)
        if found is None:
            raise no(Word.NOT_FOUND, f"no pod {pod!r} in namespace {namespace!r}")
        if previous and not found["last_reason"]:
            raise no(Word.NOT_FOUND, f"pod {pod!r} has no previous container")
        now, service = self._estate.clock(), pod.rsplit("-", 2)[0]
        written = lines(self._estate.world(), service, "production", (now - HOUR, now))
        own = [x for x in written if x.pod == pod]
        return [f"{cluster.stamp(x.at)} {x.level.upper()} {x.message}" for x in own[-tail:]]

    def rollout_history(self, namespace: str, deployment: str) -> dict[str, JsonValue]:
        """Return a deployment's revisions, oldest first."""
        self._check(namespace)
        service = self._estate.topology.services.get(deployment)
        if service is None or service.kind != "deployment":
            raise no(Word.NOT_FOUND, f"no deployment {deployment!r} in namespace {namespace!r}")
        return cluster.rollout_history(self._estate.world(), deployment, self._estate.clock())

    def _check(self, namespace: str) -> None:
        if namespace != self._estate.topology.namespace:
            raise no(Word.NOT_FOUND, f"no namespace {namespace!r}")
