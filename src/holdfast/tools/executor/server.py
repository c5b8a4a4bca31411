"""The executor's tools: each tries dry without leave, and acts once on a grant for exactly this action."""

from collections.abc import Sequence
from typing import Any, Protocol

import structlog
from mcp_types import ToolAnnotations
from pydantic import JsonValue, ValidationError

from holdfast.domain.action import ACTION, Action
from holdfast.domain.grant import Grant
from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.grants import GrantVerifier, Refused
from holdfast.tools.toolserver import Part, ToolServer

log = structlog.get_logger()

Object = dict[str, Any]
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True)


class DryRun(Noun):
    """What an action would change, and how to come back."""

    before: dict[str, JsonValue]
    diff: str
    way_back: Action | None = None
    no_way_back: str = ""


class Hand(Protocol):
    """The part that really changes things. It must make an effect and the memory of its grant one transaction."""

    async def try_dry(self, action: Action) -> DryRun:
        """Return what would change; raise `not_found` or `bad_input` when it cannot be done."""
        ...

    async def act(self, action: Action, grant: Grant) -> tuple[Object, bool]:
        """Make the effect once for the grant; return its first result (the dry run within) and whether this made it."""
        ...

    async def refuse(self, incident: str, tool: str, reason: str) -> None:
        """Write down that a grant was refused."""
        ...


class Executor:
    """Judges one call: dry run, refusal, or the effect."""

    def __init__(self, hand: Hand, verifier: GrantVerifier) -> None:
        self._hand = hand
        self._verifier = verifier

    async def perform(self, fields: Object, leave: "LeaveGiven") -> Object:
        """Return the tool's answer as docs/tool-contracts.md says."""
        action = _action(fields)
        if leave.dry_run:
            return {**(await self._hand.try_dry(action)).model_dump(mode="json"), **_NOT_DONE}
        grant = self._verifier.verify(leave.grant, leave.incident, action)
        if isinstance(grant, Refused):
            await self._hand.refuse(leave.incident, action.kind, grant.reason)
            log.warning("grant_refused", incident=leave.incident, action=action.kind, reason=grant.reason)
            raise no(Word.GRANT_REFUSED, grant.reason)
        result, first = await self._hand.act(action, grant)
        log.info("acted", grant=grant.grant_id, action=action.kind, first=first)
        return {**result, "dry_run": False, "done": True, "first": first}


_NOT_DONE: Object = {"dry_run": True, "done": False, "effect_id": "", "at": "", "first": False}


class LeaveGiven(Noun):
    """The part of a call that is about leave."""

    dry_run: bool
    grant: str
    incident: str


def build(hand: Hand, verifier: GrantVerifier, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server over one hand."""
    server = ToolServer("holdfast-executor", parts)
    executor = Executor(hand, verifier)

    @server.tool(annotations=ACTS, description="Replace every pod of a deployment.")
    async def restart_deployment(
        namespace: str, deployment: str, service: str = "", dry_run: bool = False, grant: str = "", incident: str = ""
    ) -> Object:
        fields = {"kind": "restart_deployment", "namespace": namespace, "deployment": deployment, "service": service}
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    @server.tool(annotations=ACTS, description="Delete one pod, so that its controller makes another.")
    async def restart_pod(
        namespace: str, pod: str, service: str = "", dry_run: bool = False, grant: str = "", incident: str = ""
    ) -> Object:
        fields = {"kind": "restart_pod", "namespace": namespace, "pod": pod, "service": service}
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    @server.tool(annotations=ACTS, description="Set a deployment's number of replicas.")
    async def scale_deployment(  # noqa: PLR0913, PLR0917 # the contract's parameters
        namespace: str,
        deployment: str,
        replicas: int,
        service: str = "",
        dry_run: bool = False,
        grant: str = "",
        incident: str = "",
    ) -> Object:
        fields = {
            "kind": "scale_deployment",
            "namespace": namespace,
            "deployment": deployment,
            "replicas": replicas,
            "service": service,
        }
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    @server.tool(annotations=ACTS, description="Return a deployment to an earlier revision.")
    async def rollback_deployment(  # noqa: PLR0913, PLR0917 # the contract's parameters
        namespace: str,
        deployment: str,
        to_revision: int,
        service: str = "",
        dry_run: bool = False,
        grant: str = "",
        incident: str = "",
    ) -> Object:
        fields = {
            "kind": "rollback_deployment",
            "namespace": namespace,
            "deployment": deployment,
            "to_revision": to_revision,
            "service": service,
        }
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    @server.tool(annotations=ACTS, description="Run one job of the diagnostic catalogue against a target.")
    async def run_job(  # noqa: PLR0913, PLR0917 # the contract's parameters
        namespace: str,
        job: str,
        target: str,
        service: str = "",
        dry_run: bool = False,
        grant: str = "",
        incident: str = "",
    ) -> Object:
        fields = {
            "kind": "run_diagnostic_job",
            "namespace": namespace,
            "job": job,
            "target": target,
            "service": service,
        }
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    return server


def _action(fields: Object) -> Action:
    try:
        return ACTION.validate_python(fields)
    except ValidationError as e:
        first = e.errors()[0]
        raise no(Word.BAD_INPUT, f"{first['loc'][-1]}: {first['msg']}") from e
