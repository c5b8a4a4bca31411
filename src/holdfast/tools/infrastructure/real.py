"""Both infrastructure servers over real engines and workspaces, each built for its own process and credentials."""

from pathlib import Path
from typing import Any

from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.executor.ledger import Ledger
from holdfast.tools.infrastructure.containers import Containers
from holdfast.tools.infrastructure.hand import Doer, InfrastructureHand
from holdfast.tools.infrastructure.plans import Plans
from holdfast.tools.infrastructure.section import DockerHost, Infrastructure
from holdfast.tools.infrastructure.server import build_acts, build_looks
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:
    """Return the server that acts.

    Raises:
        ValueError: naming the field, the missing extra, or the key that checks grants.
    """
    parsed = parse_section("infrastructure", Infrastructure, section)
    ledger = Ledger(needs.kept("infrastructure.db"))
    doers: dict[str, Doer] = {"restart_container": _containers(parsed), "apply_terraform": _plans(parsed, needs)}
    hand = InfrastructureHand(ledger, doers)
    return build_acts(hand, GrantVerifier(needs.checking_key), parts=[ledger])


def build_looks_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:
    """Return the server that looks; it takes no key that checks grants.

    Raises:
        ValueError: naming the field or the missing extra.
    """
    parsed = parse_section("infrastructure-looks", Infrastructure, section)
    return build_looks(_containers(parsed), _plans(parsed, needs))


def _containers(parsed: Infrastructure) -> Containers:
    return Containers({name: _engine(name, host) for name, host in parsed.docker.items()})


def _engine(name: str, host: DockerHost) -> Any:
    try:
        from holdfast.tools.infrastructure.engine import Engine  # noqa: PLC0415 # only where an engine is configured
    except ImportError as e:
        raise ValueError("docker: pip install holdfast[docker]") from e
    return Engine(name, host)


def _plans(parsed: Infrastructure, needs: ServerNeeds) -> Plans:
    """Both servers must name one folder for plans; without it each would know only its own."""
    if parsed.terraform is None:
        return Plans(None, Path())
    return Plans(parsed.terraform, parsed.terraform.plans or needs.kept("plans"))
