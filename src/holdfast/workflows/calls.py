"""How the story reaches for its hands: one function for each intent, so that no stage sees a time-out or a queue."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import JsonValue, ValidationError
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from holdfast.activities.contracts import ToolAnswer, ToolCall
from holdfast.domain.diagnosis import Usage
from holdfast.domain.evidence import Evidence, EvidenceRequest
from holdfast.domain.noun import Noun
from holdfast.workflows import names, options
from holdfast.workflows.options import Intent
from holdfast.workflows.walk import Walk

Answer = TypeVar("Answer", bound=Noun)


@dataclass(frozen=True)
class Errand:
    """Which activity to run, on which task queue, under what name people read; `activity_id` where it matters."""

    name: str
    summary: str = ""
    queue: str = names.INCIDENTS
    activity_id: str | None = None


async def do(errand: Errand, argument: Noun, answer: type[Answer], intent: Intent) -> Answer:
    """Run one activity and return its answer.

    Raises:
        ActivityError: when every attempt failed; `reason(error)` says why.
    """
    result: Answer = await workflow.execute_activity(
        errand.name,
        argument,
        result_type=answer,
        task_queue=errand.queue,
        activity_id=errand.activity_id,
        start_to_close_timeout=intent.start_to_close,
        schedule_to_close_timeout=intent.schedule_to_close,
        heartbeat_timeout=intent.heartbeat,
        retry_policy=intent.retry_policy,
        cancellation_type=intent.cancellation,
        summary=_one_line(errand.summary),
    )
    return result


async def compute(name: str, argument: Noun, answer: type[Answer], *, summary: str = "") -> Answer:
    """Run one short, repeatable activity beside the workflow task: one event instead of six."""
    result: Answer = await workflow.execute_local_activity(
        name,
        argument,
        result_type=answer,
        start_to_close_timeout=options.COMPUTE.start_to_close,
        schedule_to_close_timeout=options.COMPUTE.schedule_to_close,
        retry_policy=options.COMPUTE.retry_policy,
        summary=_one_line(summary),
    )
    return result


async def look(walk: Walk, request: EvidenceRequest) -> Evidence:
    """Ask one looking tool for evidence; a source that fails is itself evidence and blocks nothing."""
    call = ToolCall(evidence=request, trace_id=walk.incident.trace_id)
    try:
        errand = Errand(request.tool, request.title or request.tool, names.TOOLS)
        answer = await do(errand, call, ToolAnswer, options.READ)
    except ActivityError as e:
        return request.unanswered(workflow.now(), reason(e))
    return answer.evidence or request.unanswered(workflow.now(), "the tool answered without evidence")


async def look_at_all(walk: Walk, requests: tuple[EvidenceRequest, ...]) -> tuple[Evidence, ...]:
    """Ask all questions in parallel, each with its own time-out, and return the answers in the same order."""
    return tuple(await asyncio.gather(*(look(walk, r) for r in requests)))


async def ask(walk: Walk, tool: str, arguments: dict[str, JsonValue], summary: str) -> dict[str, JsonValue] | None:
    """Ask one looking tool for plain data; None, and a note of what is missing, when it does not answer."""
    call = ToolCall(arguments=arguments, trace_id=walk.incident.trace_id)
    try:
        answer = await do(Errand(tool, summary, names.TOOLS), call, ToolAnswer, options.READ)
    except ActivityError as e:
        walk.lacks(f"{tool} did not answer: {reason(e)}")
        return None
    return answer.data


def reason(error: BaseException) -> str:
    """Return in one line why an activity failed, as its deepest cause says it."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, TemporalTimeoutError):
        return f"no answer in time ({cause.type.name.lower() if cause.type else 'timeout'})"
    text = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return _one_line(text) or type(cause).__name__


def kind(error: BaseException) -> str:
    """Return the closed word for why an activity failed, such as `GrantRefused`; empty when there is none."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return cause.type or "" if isinstance(cause, ApplicationError) else ""


def spent(error: BaseException) -> Usage:
    """Return what a model turn that failed cost, as its failure says; nothing when it says nothing."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    details: Sequence[Any] = cause.details if isinstance(cause, ApplicationError) else ()
    if isinstance(cause, TemporalTimeoutError):
        # The last heartbeat carries the bill, a call on its way included.
        details = cause.last_heartbeat_details
    try:
        return Usage.model_validate(details[0]) if details else Usage()
    except ValidationError:
        return Usage()


def _one_line(text: Any, limit: int = 180) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
