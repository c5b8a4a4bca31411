"""The doors people speak through: votes, changes and orders become updates, each with an immediate answer."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from holdfast.api.callers.body import Body, described, validated
from holdfast.api.house import House, Speaker, TheHouse
from holdfast.api.incidents import find
from holdfast.api.problems import Problem, refused
from holdfast.api.reading import Found, no_such_incident, ref_of
from holdfast.api.temporal import reaching
from holdfast.domain.approval import Choice, Vote
from holdfast.domain.noun import Noun
from holdfast.workflows import names
from holdfast.workflows.messages import Heard, PlanChange, Said

router = APIRouter(prefix="/incidents/{ref}", tags=["words"])

_STATUS_OF = {"NotAllowed": 403, "Proposer": 403, "BadChange": 422}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(default="", max_length=2000)


class VoteBody(_Body):
    """A vote; without `plan_hash` it is about the plan that is proposed now."""

    choice: Choice
    plan_hash: str = Field(default="", max_length=64)
    vote_id: str = Field(default="", max_length=80)
    channel: Literal["api", "cli", "console"] = "api"


class PlanBody(_Body):
    """New parameters for one action of the plan; without `plan_hash`, of the plan that is proposed now."""

    plan_hash: str = Field(default="", max_length=64)
    index: int = Field(default=0, ge=0)
    parameters: dict[str, JsonValue] = Field(min_length=1)


class ReasonBody(_Body):
    """Why; it may be left out."""


class Room(Noun):
    """Who speaks, to which incident, and the key that makes a doubled request one."""

    by: str
    incident: Found
    key: str

    def update_id(self, word: str, given: str = "") -> str:
        """Return the id of an update: the same key from the same person is the same update."""
        return f"{word}/{self.by}/{given or self.key or secrets.token_hex(8)}"


async def _room(
    ref: str,
    house: TheHouse,
    visitor: Speaker,
    idempotency_key: Annotated[str, Header(max_length=80)] = "",
) -> Room:
    incident = await find(house, visitor, ref)
    return Room(by=visitor.identity, incident=incident, key=idempotency_key)


TheRoom = Annotated[Room, Depends(_room)]


@router.post("/votes", openapi_extra=described(VoteBody))
async def cast_vote(request: Request, house: TheHouse, room: TheRoom) -> Heard:
    """Approve or reject the proposed plan."""
    body = await _read(request, house, VoteBody)
    plan_hash = body.plan_hash or await _proposed(house, room)
    given = body.vote_id or room.key or f"{plan_hash}/{body.choice}"
    vote = Vote(
        vote_id=f"{body.channel}/{room.by}/{given}",
        plan_hash=plan_hash,
        voter=room.by,
        choice=body.choice,
        reason=body.reason,
        channel=body.channel,
        at=datetime.now(UTC),
    )
    return await _say(house, room, names.UPDATE_VOTE, vote, room.update_id(names.UPDATE_VOTE, given))


@router.post("/plan", openapi_extra=described(PlanBody))
async def modify_plan(request: Request, house: TheHouse, room: TheRoom) -> Heard:
    """Change the parameters of one action; policy judges the plan again."""
    body = await _read(request, house, PlanBody)
    plan_hash = body.plan_hash or await _proposed(house, room)
    change = PlanChange(
        plan_hash=plan_hash, by=room.by, index=body.index, parameters=body.parameters, reason=body.reason
    )
    return await _say(house, room, names.UPDATE_MODIFY_PLAN, change, room.update_id(names.UPDATE_MODIFY_PLAN))


@router.post("/acknowledge", openapi_extra=described(ReasonBody))
async def acknowledge(request: Request, house: TheHouse, room: TheRoom) -> Heard:
    """Say that somebody has seen it; this permits nothing."""
    return await _order(request, house, room, names.UPDATE_ACKNOWLEDGE)


@router.post("/close", openapi_extra=described(ReasonBody))
async def close(request: Request, house: TheHouse, room: TheRoom) -> Heard:
    """Close the incident now, with its report."""
    return await _order(request, house, room, names.UPDATE_CLOSE)


@router.post("/take-over", openapi_extra=described(ReasonBody))
async def take_over(request: Request, house: TheHouse, room: TheRoom) -> Heard:
    """Take the incident over; nothing more is done to the world by itself."""
    return await _order(request, house, room, names.UPDATE_TAKE_OVER)


@router.post("/stop", openapi_extra=described(ReasonBody))
async def stop(request: Request, house: TheHouse, room: TheRoom) -> Heard:
    """Halt every action at once."""
    return await _order(request, house, room, names.UPDATE_STOP)


async def _order(request: Request, house: House, room: Room, update: str) -> Heard:
    body = await _read(request, house, ReasonBody)
    return await _say(house, room, update, Said(by=room.by, reason=body.reason), room.update_id(update))


async def _read(request: Request, house: House, model: type[Body]) -> Body:
    """Return the body as `model`; no body at all is an empty object."""
    sent = await house.read(request)
    return validated(model, await house.read_json(request, sent) if sent else {})


async def _proposed(house: House, room: Room) -> str:
    told = await house.reading.tell(room.incident)
    plan = told.incident.plan
    if plan is None:
        text = f"the incident is {told.incident.status} and proposes no plan"
        raise Problem(409, text, kind=refused("NotAwaiting"))
    return plan.plan_hash


async def _say(house: House, room: Room, update: str, word: Noun, update_id: str) -> Heard:
    """Send an update and return its answer.

    Raises:
        Problem: 409, 403 or 422 with the story's own words when it refuses, 404 or 409 when nothing listens any
            more, 504 when no worker answers in time.
    """
    client = await house.temporal.client()
    handle = client.get_workflow_handle(room.incident.workflow_id, first_execution_run_id=room.incident.run_id or None)
    seconds = house.settings.answer_seconds
    patience = timedelta(seconds=seconds)
    try:
        async with reaching(seconds + 1):
            heard: Heard = await handle.execute_update(
                update, word, id=update_id, result_type=Heard, rpc_timeout=patience
            )
            return heard
    except WorkflowUpdateFailedError as e:
        raise _refusal(e.cause) from e
    except WorkflowUpdateRPCTimeoutOrCancelledError as e:
        raise _unanswered(seconds) from e
    except RPCError as e:
        raise _nobody_listens(room, e) from e


def _refusal(cause: BaseException) -> Problem:
    if not isinstance(cause, ApplicationError) or not cause.type:
        return Problem(500, f"the story could not take it: {cause}")
    status = _STATUS_OF.get(cause.type, 409)
    return Problem(status, cause.message, kind=refused(cause.type))


def _unanswered(seconds: float) -> Problem:
    return Problem(
        504,
        f"no worker answered within {seconds:g} s, so nobody knows yet whether it counts. Is a worker running? "
        "Send it again with the same vote_id or Idempotency-Key: it counts once.",
        retry_after=5,
    )


def _nobody_listens(room: Room, error: RPCError) -> Problem:
    record = room.incident.record
    if record is not None or "already completed" in error.message:
        ended = record.status if record else "over"
        return Problem(409, f"the incident is {ended}; nothing more can be said to it", kind=refused("Ended"))
    return no_such_incident(ref_of(room.incident.workflow_id))
