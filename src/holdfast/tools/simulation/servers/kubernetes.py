"""Kubernetes over the simulated shop."""

from holdfast.tools.kubernetes import server as kubernetes
from holdfast.tools.kubernetes.clusters import Clusters
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.kubernetes import SimulatedCluster
from holdfast.tools.simulation.servers.standing import estate_of
from holdfast.tools.toolserver import ToolServer


def build_simulated(needs: ServerNeeds) -> ToolServer:
    """Return the server."""
    return kubernetes.build(Clusters(SimulatedCluster(estate_of(needs))))
