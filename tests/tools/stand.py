"""One tool server in this process, an estate with a clock that a test sets, and grants of every kind."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.domain.action import Action, RestartDeployment, RollbackDeployment, arguments_of
from holdfast.domain.grant import Grant, grant_id
from holdfast.tools.errors import Word
from holdfast.tools.executor import server as executor
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.hand import SimulatedHand

INCIDENT = "inc/acme/production/checkout"
PLAN = "0123456789abcdef"
RESTART = RestartDeployment(service="checkout", namespace="shop", deployment="checkout")
ROLLBACK = RollbackDeployment(service="checkout", namespace="shop", deployment="checkout", to_revision=5)
# 2026-03-01T09:42:00Z
NOON = 1_772_358_120.0


@dataclass
class Watch:
    """A clock that moves only when a test moves it."""

    now: float = NOON

    def __call__(self) -> float:
        """Return the time, unix seconds."""
        return self.now


async def ask(server: MCPServer, tool: str, arguments: dict[str, Any], key: str = "") -> CallToolResult:
    """Call one tool over MCP and return the whole result, errors too."""
    meta: Any = {"holdfast/idempotency-key": key} if key else None
    async with Client(server) as client:
        return await client.call_tool(tool, arguments, meta=meta)


async def answer(server: MCPServer, tool: str, arguments: dict[str, Any], key: str = "") -> dict[str, Any]:
    """Call one tool that must answer."""
    result = await ask(server, tool, arguments, key)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return dict(result.structured_content)


async def refusal(server: MCPServer, tool: str, arguments: dict[str, Any], key: str = "") -> str:
    """Call one tool that must say no, and return what it says."""
    result = await ask(server, tool, arguments, key)
    assert result.is_error, result.structured_content
    said = " ".join(c.text for c in result.content if isinstance(c, TextContent))
    assert said.partition(": ")[0] in set(Word), said
    return said


def grant(action: Action = RESTART, **fields: Any) -> Grant:
    """Return a grant for an action, valid for ten minutes."""
    now = datetime.now(UTC)
    base: dict[str, Any] = {
        "grant_id": grant_id(INCIDENT, PLAN, 0),
        "incident": INCIDENT,
        "plan_hash": PLAN,
        "action_digest": action.digest,
        "issued_at": now,
        "expires_at": now + timedelta(minutes=10),
    }
    return Grant(**{**base, **fields})


@dataclass
class ExecutorStand:
    """The executor over an estate, and the issuer whose grants it obeys."""

    folder: Path
    watch: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        """Build the server."""
        private, self.public = new_keys()
        self.issuer = Ed25519Issuer(private)
        self.estate = Estate.open(self.folder / "estate.db", self.watch)
        self.server = executor.build(SimulatedHand(self.estate), GrantVerifier(self.public))

    def arguments(self, action: Action, token: str, incident: str = INCIDENT) -> dict[str, Any]:
        """Return what the acting gateway sends for an action."""
        return {**arguments_of(action), "service": action.service, "grant": token, "incident": incident}

    async def act(self, action: Action = RESTART, token: str = "", incident: str = INCIDENT) -> dict[str, Any]:
        """Perform an action that must be done; without a token, on a valid grant."""
        given = token or self.issuer.sign(grant(action))
        return await answer(self.server, action.kind, self.arguments(action, given, incident))

    async def refused(self, token: str, action: Action = RESTART, incident: str = INCIDENT) -> str:
        """Perform an action that must be refused, and return what the executor says."""
        return await refusal(self.server, action.kind, self.arguments(action, token, incident))


def needs(folder: Path, **fields: Any) -> ServerNeeds:
    """Return what the registry needs for servers over an estate in `folder`."""
    return ServerNeeds(estate=folder / "estate.db", **fields)
