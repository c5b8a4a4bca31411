"""The one door to every tool: a dynamic activity whose type is `<server>.<tool>`, so that history names each step."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog
from pydantic import JsonValue, ValidationError
from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from holdfast.activities.company import Company
from holdfast.activities.contracts import ToolAnswer, ToolCall
from holdfast.activities.errors import ToolError, ToolErrorKind
from holdfast.activities.ports import BodyStore, Clock, GrantIssuer, ToolCaller
from holdfast.analysis.redaction import redact_all
from holdfast.analysis.rows import UNREADABLE
from holdfast.analysis.summary import summarise
from holdfast.domain.action import TOOLS
from holdfast.domain.evidence import Evidence, EvidenceRequest
from holdfast.domain.grant import Grant, Leave, grant_id
from holdfast.domain.incident import IncidentKey
from holdfast.domain.ledger import leave_refusal
from holdfast.domain.noun import canonical_json, digest

log = structlog.get_logger()

LARGEST_BODY = 4 * 1024 * 1024
LARGEST_ANSWER = 64 * 1024
LONGEST_QUERY = 2_000
GRANT_LIFE = timedelta(minutes=10)
OF_A_TENANT = frozenset({"memory.find_similar_incidents"})


class Reach(StrEnum):
    """What a tool may do to the world; our own table says it, never the server's annotation."""

    LOOKS = "looks"
    TELLS = "tells"
    ACTS = "acts"


@dataclass(frozen=True)
class Bench:
    """What one gateway works with. Only the gateway of the actions queue is handed an `issuer`."""

    caller: ToolCaller
    bodies: BodyStore
    reach: Mapping[str, Reach]
    allowed: frozenset[Reach]
    clock: Clock
    issuer: GrantIssuer | None = None


class Gateway:
    """Calls tools for the story, and turns what they answer into evidence, data or a closed kind of error."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._company = Company()

    @activity.defn(dynamic=True)
    async def call_tool(self, args: Sequence[RawValue]) -> ToolAnswer:
        """Call the tool that the activity's type names.

        Raises:
            ApplicationError: with a `ToolErrorKind` as its type; permanent kinds are not retried.
        """
        call = _parse(args)
        try:
            return await self._call(activity.info().activity_type, call)
        except ToolError as e:
            log.warning(
                "tool_failed", tool=activity.info().activity_type, kind=e.kind, error=str(e), trace_id=call.trace_id
            )
            raise e.as_application_error() from e

    async def _call(self, name: str, call: ToolCall) -> ToolAnswer:
        server, _, tool = name.partition(".")
        reach = self._reach_of(name, call)
        arguments = self._arguments(name, call, reach)
        meta = {"holdfast/trace-id": call.trace_id}
        if call.key:
            meta["holdfast/idempotency-key"] = call.key
        timeout = 0.9 * (activity.info().start_to_close_timeout or timedelta(seconds=30)).total_seconds()
        started = time.monotonic()
        async with _heartbeats(), self._together(reach):
            body = redact_all(await self._bench.caller.call(server, tool, arguments, timeout=timeout, meta=meta))
            took = round((time.monotonic() - started) * 1000, 1)
            log.info("tool_called", tool=name, milliseconds=took, trace_id=call.trace_id)
            if call.evidence is None:
                return ToolAnswer(data=_small_enough(body))
            return ToolAnswer(evidence=await self._evidence(call.evidence, body))

    def _together(self, reach: Reach) -> AbstractAsyncContextManager[None]:
        """Looks are asked for in parallel and waited for together; anything else goes back at once."""
        incident = activity.info().workflow_id or ""
        return self._company.of(incident) if reach is Reach.LOOKS else contextlib.nullcontext()

    def _reach_of(self, name: str, call: ToolCall) -> Reach:
        """Return what the tool may do, or refuse one that is unknown or not for this gateway."""
        reach = self._bench.reach.get(name)
        if reach is None:
            raise ToolError(ToolErrorKind.NOT_CONFIGURED, f"no tool server in the configuration offers {name}")
        if reach not in self._bench.allowed:
            raise ToolError(ToolErrorKind.FORBIDDEN, f"{name} {reach}; this worker does not")
        if call.evidence is not None and reach is not Reach.LOOKS:
            raise ToolError(ToolErrorKind.FORBIDDEN, f"{name} {reach}, so it cannot be asked for evidence")
        return reach

    def _arguments(self, name: str, call: ToolCall, reach: Reach) -> dict[str, JsonValue]:
        if call.evidence is not None:
            return _own_tenant(name, call.evidence.arguments)
        if reach is not Reach.ACTS:
            return redact_all(call.arguments) if reach is Reach.TELLS else _own_tenant(name, call.arguments)
        if call.arguments.get("dry_run") is True and call.leave is None:
            return dict(call.arguments)
        return {**call.arguments, "dry_run": False, **self._granted(name, call)}

    def _granted(self, name: str, call: ToolCall) -> dict[str, JsonValue]:
        """Check the leave once more, and sign a grant for exactly this action; it never enters the history."""
        leave, issuer = call.leave, self._bench.issuer
        if leave is None or issuer is None:
            raise ToolError(ToolErrorKind.GRANT_REFUSED, f"{name} acts, and no leave was given")
        refused = leave_refusal(leave) or _mismatch(name, call, leave)
        if refused:
            raise ToolError(ToolErrorKind.GRANT_REFUSED, refused)
        return {"grant": issuer.sign(self._grant(leave)), "incident": leave.incident}

    def _grant(self, leave: Leave) -> Grant:
        now = self._bench.clock()
        return Grant(
            grant_id=grant_id(leave.incident, leave.plan.plan_hash, leave.index, backwards=leave.backwards),
            incident=leave.incident,
            plan_hash=leave.plan.plan_hash,
            action_digest=leave.action.digest,
            issued_at=now,
            expires_at=now + GRANT_LIFE,
        )

    async def _evidence(self, request: EvidenceRequest, body: dict[str, JsonValue]) -> Evidence:
        """Keep the whole answer outside the history; summarise it for people and rankers."""
        size = len(canonical_json(body))
        if size > LARGEST_BODY:
            raise ToolError(
                ToolErrorKind.TOO_LARGE, f"{request.tool} answered {size} bytes; the most is {LARGEST_BODY}"
            )
        try:
            seen = summarise(request, body)
        except UNREADABLE as e:
            raise ToolError(ToolErrorKind.NONSENSE, f"{request.tool} answered in a shape nobody knows: {e}") from e
        return request.answered(
            self._bench.clock(),
            digest=digest(body),
            ref=await self._bench.bodies.put(body),
            bytes=size,
            summary=seen.summary,
            facts=seen.facts,
            cut=seen.cut,
            link=str(body.get("link") or ""),
            sent=_sent(request, body),
        )


def _sent(request: EvidenceRequest, body: dict[str, JsonValue]) -> str:
    """Return the query in the source's own language when the tool made one of ours: it is what another can repeat."""
    said = body.get("query")
    asked = request.arguments.get("query")
    return said[:LONGEST_QUERY] if isinstance(said, str) and said != asked else ""


def _own_tenant(name: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the arguments; a tool that searches what a tenant keeps is asked about the incident's own.

    It is set here, not in the story: neither a model's question nor a recorded history can name another.
    """
    if name not in OF_A_TENANT:
        return dict(arguments)
    try:
        tenant = IncidentKey.of_workflow(activity.info().workflow_id or "").tenant
    except ValueError as e:
        raise ToolError(ToolErrorKind.FORBIDDEN, f"{name} is asked for an incident alone: {e}") from e
    return {**arguments, "tenant": tenant}


def _mismatch(name: str, call: ToolCall, leave: Leave) -> str:
    """Return why the call is not the action that the leave is about, or nothing."""
    if TOOLS.get(leave.action.kind) != name:
        return f"the leave is to {leave.action.kind}, not for {name}"
    if leave.incident != activity.info().workflow_id:
        return f"the leave is of {leave.incident}"
    expected = {**leave.action.model_dump(mode="json")}
    del expected["kind"]
    given = {k: v for k, v in call.arguments.items() if k != "dry_run"}
    return "" if expected == given else "the arguments are not those of the leave's action"


def _small_enough(body: dict[str, JsonValue]) -> dict[str, JsonValue]:
    size = len(canonical_json(body))
    if size > LARGEST_ANSWER:
        raise ToolError(ToolErrorKind.TOO_LARGE, f"the answer has {size} bytes; the most is {LARGEST_ANSWER}")
    return body


def _parse(args: Sequence[RawValue]) -> ToolCall:
    try:
        parsed: ToolCall = activity.payload_converter().from_payload(args[0].payload, ToolCall)
    except (IndexError, ValidationError, RuntimeError) as e:
        raise ApplicationError(f"not a tool call: {e}", type=ToolErrorKind.BAD_INPUT, non_retryable=True) from e
    return parsed


@contextlib.asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    """Heartbeat while the tool works: that is how a cancellation arrives and how a dead worker is noticed."""
    timeout = activity.info().heartbeat_timeout
    if timeout is None:
        yield
        return
    beating = asyncio.create_task(_beat(timeout.total_seconds() / 3))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(every: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(every)
