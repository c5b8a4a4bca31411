"""The simulated shop's service catalogue."""

from holdfast.domain.service import Runbook, Service
from holdfast.tools.simulation.topology import Topology


class SimulatedCatalogue:
    """Answers from the shop's own description."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def service(self, name: str, environment: str) -> Service | None:
        """Return a service, or None when the shop has none of that name there."""
        if name not in self._topology.services or environment not in self._topology.environments:
            return None
        return self._topology.service(name, environment)

    def dependents(self, name: str) -> tuple[str, ...]:
        """Return the services that call it."""
        return self._topology.dependents(name)

    def runbook(self, service: str, alert: str) -> Runbook | None:
        """Return the runbook of this alert: one for the service first, then one for any service."""
        fitting = [r for r in self._topology.runbooks if r.alert == alert and r.service in ("", service)]
        return max(fitting, key=lambda r: r.service == service, default=None)
