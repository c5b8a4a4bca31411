"""The communication server over the services that people really read."""

from collections.abc import Callable
from typing import Any

from holdfast.tools.communication.channel import Channel
from holdfast.tools.communication.delivery import Delivery
from holdfast.tools.communication.ledger import Ledger
from holdfast.tools.communication.section import Communication, EmailSystem, SlackSystem
from holdfast.tools.communication.server import build
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:
    """Return the server.

    Raises:
        ValueError: naming the field, or the missing extra.
    """
    parsed = parse_section("communication", Communication, section)
    ledger = Ledger(needs.kept("communication.db"))
    makers: dict[str, tuple[Any, Callable[[Any], Channel]]] = {
        "send_slack_message": (parsed.slack, lambda s: _slack(s, ledger)),
        "create_jira_ticket": (parsed.jira, _jira),
        "trigger_pagerduty_alert": (parsed.pagerduty, _pagerduty),
        "send_email": (parsed.email, _mail),
        "send_teams_message": (parsed.teams, _teams),
        "create_servicenow_incident": (parsed.servicenow, _servicenow),
    }
    channels = {tool: make(system) for tool, (system, make) in makers.items() if system is not None}
    return build(Delivery(ledger, channels), parts=(ledger, *channels.values()))


# Each client is imported only where it is configured.


def _slack(system: SlackSystem, ledger: Ledger) -> Channel:
    from holdfast.tools.communication.slack_channel import SlackChannel  # noqa: PLC0415 # see above

    return SlackChannel(system, ledger)


def _jira(system: Any) -> Channel:
    from holdfast.tools.communication.jira import Jira  # noqa: PLC0415 # see above

    return Jira(system)


def _pagerduty(system: Any) -> Channel:
    from holdfast.tools.communication.pagerduty import PagerDuty  # noqa: PLC0415 # see above

    return PagerDuty(system)


def _mail(system: EmailSystem) -> Channel:
    try:
        from holdfast.tools.communication.mail import Mail  # noqa: PLC0415 # see above
    except ImportError as e:
        raise ValueError("communication.email: pip install holdfast[email]") from e
    return Mail(system)


def _teams(system: Any) -> Channel:
    from holdfast.tools.communication.teams import Teams  # noqa: PLC0415 # see above

    return Teams(system)


def _servicenow(system: Any) -> Channel:
    from holdfast.tools.communication.servicenow import ServiceNow  # noqa: PLC0415 # see above

    return ServiceNow(system)
