"""A gateway with everything around it a fake, and calls to go through it with."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from holdfast.activities.contracts import ToolAnswer, ToolCall
from holdfast.activities.gateway import Bench, Gateway, Reach
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.domain.grant import Leave
from tests.activities.thinking import MemoryBodies
from tests.examples import AT, KEY, decision, plan, vote
from tests.fakes import PlainIssuer, ScriptedCaller

REACH = {
    "monitoring.fetch_metrics": Reach.LOOKS,
    "catalog.get_runbook": Reach.LOOKS,
    "memory.find_similar_incidents": Reach.LOOKS,
    "communication.send_slack_message": Reach.TELLS,
    "executor.rollback_deployment": Reach.ACTS,
    "executor.restart_deployment": Reach.ACTS,
}
LOOKING = frozenset({Reach.LOOKS, Reach.TELLS})
ACTING = frozenset({Reach.ACTS})
QUESTION = EvidenceRequest(
    kind=EvidenceKind.METRIC, tool="monitoring.fetch_metrics", arguments={"query": "q"}, service="checkout"
)
SERIES: dict[str, JsonValue] = {"series": [{"labels": {}, "points": [[1.0, 0.1], [2.0, 0.2]]}], "link": "http://g/1"}
ARGUMENTS = {"namespace": "shop", "deployment": "checkout", "to_revision": 6, "service": "checkout"}


@dataclass
class Door:
    """A gateway with everything around it a fake."""

    allowed: frozenset[Reach] = LOOKING
    caller: ScriptedCaller = field(default_factory=ScriptedCaller)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    issuer: PlainIssuer | None = None
    heartbeat: timedelta | None = None
    workflow: str = KEY.workflow_id
    beats: list[Any] = field(default_factory=list)

    async def call(self, name: str, call: ToolCall | RawValue) -> ToolAnswer:
        """Go through the door as the activity of that type."""
        env = ActivityEnvironment()
        env.payload_converter = pydantic_data_converter.payload_converter
        env.info = replace(
            env.info,
            activity_type=name,
            workflow_id=self.workflow,
            start_to_close_timeout=timedelta(seconds=20),
            heartbeat_timeout=self.heartbeat,
        )
        env.on_heartbeat = lambda *details: self.beats.append(details)
        bench = Bench(self.caller, self.bodies, REACH, self.allowed, lambda: AT, self.issuer)
        return await env.run(Gateway(bench).call_tool, [call if isinstance(call, RawValue) else raw(call)])

    async def refuses(self, name: str, call: ToolCall | RawValue) -> ApplicationError:
        """Go through and return the failure."""
        with pytest.raises(ApplicationError) as failure:
            await self.call(name, call)
        return failure.value


def raw(value: Any) -> RawValue:
    """Return a value as the history holds it."""
    return RawValue(pydantic_data_converter.payload_converter.to_payload(value))


def actor() -> Door:
    """Return the acting gateway, with a key to sign grants."""
    return Door(allowed=ACTING, issuer=PlainIssuer(), caller=ScriptedCaller({"done": True}))


def leave(**fields: Any) -> Leave:
    """Return alice's leave to roll back."""
    the_plan = plan()
    base: dict[str, Any] = {
        "incident": KEY.workflow_id,
        "plan": the_plan,
        "decision": decision(the_plan),
        "votes": (vote(the_plan),),
        "index": 0,
    }
    return Leave(**{**base, **fields})


def acting(given: Leave | None, **arguments: Any) -> ToolCall:
    return ToolCall(arguments={**ARGUMENTS, **arguments}, leave=given, key="k1")
