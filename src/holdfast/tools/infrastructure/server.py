"""The infrastructure tools, as two servers: one that only looks, and one that only acts and holds no looking tool."""

from collections.abc import Sequence
from typing import Any, Protocol

from mcp_types import ToolAnnotations

from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.executor.server import ACTS, Executor, Hand, LeaveGiven
from holdfast.tools.toolserver import Part, ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)


class ContainerLooker(Protocol):
    """Looks at containers."""

    async def status(self, host: str, container: str) -> Object:
        """Return what a container of a host does."""
        ...


class Planner(Protocol):
    """Makes saved plans."""

    async def plan(self, workspace: str) -> Object:
        """Return a fresh plan of a workspace: its digest, and what it would change."""
        ...


def build_looks(containers: ContainerLooker, planner: Planner) -> ToolServer:
    """Return the server that looks; it has no key that checks grants and no tool that acts."""
    server = ToolServer("holdfast-infrastructure-looks")

    @server.tool(annotations=LOOKS, description="What one container of a Docker host does, and how it last ended.")
    async def docker_container_status(container: str, host: str = "") -> Object:
        return await containers.status(host, container)

    @server.tool(annotations=LOOKS, description="What Terraform would change in a workspace; the plan is saved.")
    async def terraform_plan(workspace: str) -> Object:
        return await planner.plan(workspace)

    return server


def build_acts(hand: Hand, verifier: GrantVerifier, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server that acts, each time on a grant for exactly this action."""
    server = ToolServer("holdfast-infrastructure", parts)
    executor = Executor(hand, verifier)

    @server.tool(annotations=ACTS, description="Stop and start one container of a Docker host.")
    async def restart_docker_container(
        container: str,
        host: str = "local",
        service: str = "",
        dry_run: bool = False,
        grant: str = "",
        incident: str = "",
    ) -> Object:
        fields = {"kind": "restart_container", "host": host, "container": container, "service": service}
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    @server.tool(annotations=ACTS, description="Apply one saved Terraform plan, named by its digest, and no other.")
    async def terraform_apply(
        workspace: str,
        saved_plan: str,
        service: str = "",
        dry_run: bool = False,
        grant: str = "",
        incident: str = "",
    ) -> Object:
        fields = {"kind": "apply_terraform", "workspace": workspace, "saved_plan": saved_plan, "service": service}
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    return server
