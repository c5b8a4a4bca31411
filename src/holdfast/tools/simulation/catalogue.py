"""The simulated shop's service catalogue."""

from holdfast.domain.service import Runbook, Service
from holdfast.tools.catalog.entry import Cited
from holdfast.tools.simulation.topology import Topology

SOURCES = ("estate.yaml",)


class SimulatedCatalogue:
    """Answers from the shop's own description."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    async def service(self, name: str, environment: str) -> Cited[Service | None]:
        """Return a service, or None when the shop has none of that name there."""
        found = self._service(name, environment)
        return Cited(found, SOURCES if found else ())

    async def surroundings(self, name: str, environment: str) -> Cited[tuple[tuple[Service, ...], tuple[str, ...]]]:
        """Return the services that it calls, and the names of those that call it."""
        own = self._service(name, environment)
        called = tuple(s for d in (own.dependencies if own else ()) if (s := self._service(d, environment)))
        return Cited((called, self._topology.dependents(name)), SOURCES)

    async def runbook(self, service: str, alert: str) -> Cited[Runbook | None]:
        """Return the runbook of this alert: one for the service first, then one for any service."""
        fitting = [r for r in self._topology.runbooks if r.alert == alert and r.service in ("", service)]
        found = max(fitting, key=lambda r: r.service == service, default=None)
        return Cited(found, SOURCES if found else ())

    def _service(self, name: str, environment: str) -> Service | None:
        if name not in self._topology.services or environment not in self._topology.environments:
            return None
        return self._topology.service(name, environment)
