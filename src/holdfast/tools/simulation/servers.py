"""The tool servers as the embedded stack has them: the same tools, standing on the simulated shop."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from holdfast.tools.catalog import server as catalog
from holdfast.tools.communication import server as communication
from holdfast.tools.executor import server as executor
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.kubernetes import server as kubernetes
from holdfast.tools.memory import server as memory
from holdfast.tools.monitoring import server as monitoring
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.catalogue import SimulatedCatalogue
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.hand import SimulatedHand
from holdfast.tools.simulation.kubernetes import SimulatedCluster
from holdfast.tools.simulation.monitoring import SOURCE, SimulatedMonitoring
from holdfast.tools.simulation.outbox import EstateOutbox
from holdfast.tools.toolserver import ToolServer

if TYPE_CHECKING:
    from holdfast.tools.communication.slack import Slack


def _estate(needs: ServerNeeds) -> Estate:
    if needs.estate is None:
        raise ValueError("HOLDFAST_ESTATE: a simulated tool server needs the simulated estate's file")
    return Estate.open(needs.estate)


def standing_monitoring(estate: Estate) -> ToolServer:
    """Return the monitoring server over an estate."""
    shop = SimulatedMonitoring(estate)
    return monitoring.build(monitoring.Monitoring(metrics={SOURCE: shop}, logs={SOURCE: shop}, alerts=shop))


def _communication(needs: ServerNeeds) -> ToolServer:
    return communication.build(EstateOutbox(_estate(needs), _slack(needs) if needs.slack_token else None))


def _slack(needs: ServerNeeds) -> "Slack":
    from holdfast.tools.communication.slack import Slack  # noqa: PLC0415 # 8 MB that only a real Slack needs

    return Slack(needs.slack_token, needs.slack_base_url)


def _executor(needs: ServerNeeds) -> ToolServer:
    return executor.build(SimulatedHand(_estate(needs)), GrantVerifier(needs.checking_key))


BUILDERS: dict[str, Callable[[ServerNeeds], ToolServer]] = {
    "monitoring": lambda n: standing_monitoring(_estate(n)),
    "kubernetes": lambda n: kubernetes.build(SimulatedCluster(_estate(n))),
    "catalog": lambda n: catalog.build(SimulatedCatalogue(_estate(n).topology)),
    "memory": lambda n: memory.build(n.database_url),
    "communication": _communication,
    "executor": _executor,
}
