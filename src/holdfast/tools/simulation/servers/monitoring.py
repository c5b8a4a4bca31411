"""Monitoring over the simulated shop."""

from holdfast.tools.monitoring import server as monitoring
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.monitoring import SOURCE, SimulatedMonitoring
from holdfast.tools.simulation.servers.standing import estate_of
from holdfast.tools.toolserver import ToolServer


def build_simulated(needs: ServerNeeds) -> ToolServer:
    """Return the server."""
    return over(estate_of(needs))


def over(estate: Estate) -> ToolServer:
    """Return the server over an open estate."""
    shop = SimulatedMonitoring(estate)
    return monitoring.build(monitoring.Monitoring(metrics={SOURCE: shop}, logs={SOURCE: shop}, alerts=shop))
