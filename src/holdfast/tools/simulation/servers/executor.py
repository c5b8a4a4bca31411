"""The executor over the simulated shop."""

from holdfast.tools.executor import server as executor
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.hand import SimulatedHand
from holdfast.tools.simulation.servers.standing import estate_of
from holdfast.tools.toolserver import ToolServer


def build_simulated(needs: ServerNeeds) -> ToolServer:
    """Return the server."""
    return executor.build(SimulatedHand(estate_of(needs)), GrantVerifier(needs.checking_key))
