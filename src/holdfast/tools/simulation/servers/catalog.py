"""The catalogue of the simulated shop."""

from holdfast.tools.catalog import server as catalog
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.catalogue import SimulatedCatalogue
from holdfast.tools.simulation.servers.standing import estate_of
from holdfast.tools.toolserver import ToolServer


def build_simulated(needs: ServerNeeds) -> ToolServer:
    """Return the server."""
    return catalog.build(SimulatedCatalogue(estate_of(needs).topology))
