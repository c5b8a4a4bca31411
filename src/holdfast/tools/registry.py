"""Which servers there are and how each is built; only the executor is ever handed the key that checks grants."""

from collections.abc import Callable
from pathlib import Path

from mcp.server.mcpserver import MCPServer

from holdfast.domain.noun import Noun
from holdfast.tools.catalog import server as catalog
from holdfast.tools.communication import server as communication
from holdfast.tools.communication.slack import Slack
from holdfast.tools.executor import server as executor
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.kubernetes import server as kubernetes
from holdfast.tools.memory import server as memory
from holdfast.tools.monitoring import server as monitoring
from holdfast.tools.simulation.catalogue import SimulatedCatalogue
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.hand import SimulatedHand
from holdfast.tools.simulation.kubernetes import SimulatedCluster
from holdfast.tools.simulation.monitoring import SOURCE, SimulatedMonitoring
from holdfast.tools.simulation.outbox import EstateOutbox


class ServerNeeds(Noun):
    """What building servers may need; each builder takes only its own."""

    estate: Path
    database_url: str = ""
    grant_public_key: str = ""
    slack_token: str = ""
    slack_base_url: str = "https://slack.com/api/"


def _communication(needs: ServerNeeds) -> MCPServer:
    slack = Slack(needs.slack_token, needs.slack_base_url) if needs.slack_token else None
    return communication.build(EstateOutbox(Estate.open(needs.estate), slack))


def _executor(needs: ServerNeeds) -> MCPServer:
    if not needs.grant_public_key:
        raise ValueError("grant_public_key: the executor obeys only grants, so it needs the key that checks them")
    return executor.build(SimulatedHand(Estate.open(needs.estate)), GrantVerifier(needs.grant_public_key))


_BUILDERS: dict[str, Callable[[ServerNeeds], MCPServer]] = {
    "monitoring": lambda n: monitoring.build({SOURCE: SimulatedMonitoring(Estate.open(n.estate))}),
    "kubernetes": lambda n: kubernetes.build(SimulatedCluster(Estate.open(n.estate))),
    "catalog": lambda n: catalog.build(SimulatedCatalogue(Estate.open(n.estate).topology)),
    "memory": lambda n: memory.build(n.database_url),
    "communication": _communication,
    "executor": _executor,
}

NAMES = tuple(sorted(_BUILDERS))


def build(name: str, needs: ServerNeeds) -> MCPServer:
    """Return one server.

    Raises:
        KeyError: when there is none of that name; the message lists those there are.
        ValueError: when something it needs is missing, naming it.
    """
    if name not in _BUILDERS:
        raise KeyError(f"no tool server is called {name!r}; there are: {', '.join(NAMES)}")
    return _BUILDERS[name](needs)
