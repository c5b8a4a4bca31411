"""Tool servers from the command line: list what there is, and call one tool."""

from typing import Any
from uuid import uuid4

from holdfast.activities.adapters.tools import McpToolCaller
from holdfast.activities.errors import ToolError
from holdfast.activities.gateway import Reach
from holdfast.tools import registry
from holdfast.tools.systems import read_systems
from holdfast.workers import toolbox, toollinks
from holdfast.workers.settings import WorkerSettings


def reaches() -> dict[str, str]:
    """Return every `<server>.<tool>` of the configuration and what it may do."""
    return {name: reach.value for name, reach in sorted(toolbox_of(WorkerSettings()).reach.items())}


async def call(server: str, tool: str, arguments: dict[str, Any], key: str = "") -> dict[str, Any]:
    """Call one tool as the worker would.

    Args:
        server: as the configuration names it.
        tool: its name on that server.
        arguments: as the tool contracts say.
        key: the idempotency key; one that was used before repeats that call, empty makes a new one.

    Raises:
        ToolError: of a kind from the closed list, also for a tool that acts: that needs a grant.
    """
    settings = WorkerSettings()
    links = toollinks.links(toolbox_of(settings), frozenset(Reach), lambda name: registry.build(name, settings.needs()))
    caller = McpToolCaller([link for link in links if link.name == server])
    meta = {"holdfast/idempotency-key": key or new_key()}
    try:
        return await caller.call(server, tool, arguments, timeout=30, meta=meta)
    finally:
        await caller.close()


def new_key() -> str:
    """Return an idempotency key that no call has had."""
    return f"cli/{uuid4()}"


def toolbox_of(settings: WorkerSettings) -> toolbox.Toolbox:
    """Return the tool servers that the settings name: the tools file's, or our own.

    With a systems file only the servers it configures stand, and the memory: what is real is never mixed with a
    simulated shop, and what is missing is told as missing.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    if settings.tools_file:
        return toolbox.load(settings.tools_file)
    if settings.systems_file:
        return toolbox.shipped({*read_systems(settings.systems_file), "memory"})
    return toolbox.shipped(registry.SIMULATED)


def failures() -> tuple[type[Exception], ...]:
    """Return what the functions here raise for reasons a person can mend."""
    return (ToolError, KeyError, ValueError)
