"""Communication over the simulated shop's outbox; Slack is real when it has a token."""

from typing import TYPE_CHECKING

from holdfast.tools.communication import server as communication
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.outbox import EstateOutbox
from holdfast.tools.simulation.servers.standing import estate_of
from holdfast.tools.toolserver import ToolServer

if TYPE_CHECKING:
    from holdfast.tools.communication.slack import Slack


def build_simulated(needs: ServerNeeds) -> ToolServer:
    """Return the server."""
    return communication.build(EstateOutbox(estate_of(needs), _slack(needs) if needs.slack_token else None))


def _slack(needs: ServerNeeds) -> "Slack":
    from holdfast.tools.communication.slack import Slack  # noqa: PLC0415 # 8 MB that only a real Slack needs

    return Slack(needs.slack_token, needs.slack_base_url)
