"""The door itself: signed, recognised, signalled, acknowledged; what became of the vote is told afterwards."""

from datetime import UTC, datetime, timedelta

import structlog
from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse, Response
from temporalio.service import RPCError

from holdfast.api.house import House, TheHouse
from holdfast.api.problems import Problem
from holdfast.api.reading import Found, ref_of
from holdfast.api.slack.clicks import Click, read_click
from holdfast.api.slack.replies import may_answer, only_you, reply
from holdfast.api.temporal import reaching
from holdfast.domain.approval import Choice, Vote
from holdfast.workflows.names import SIGNAL_VOTE

log = structlog.get_logger()
router = APIRouter(prefix="/slack", tags=["slack"])

SIGNAL_SECONDS = 2.0
"""Slack waits three seconds for an answer."""


@router.post("/interactions")
async def interact(request: Request, house: TheHouse, later: BackgroundTasks) -> Response:
    """Take a click on Approve or Reject; 503 while Temporal is away, so that Slack shows it and nothing is lost."""
    click = await _click(request, house)
    if click is None:
        return Response(status_code=200)
    voter = house.settings.slack_users.get(click.user, "")
    if not voter:
        log.warning("slack_stranger", user=click.user, workflow_id=click.about.w)
        return _answer(house, click, later, f"You ({click.user}) are not among the people Holdfast knows: {_SEE}")
    if click.choice is None:
        return _answer(house, click, later, _how_to_modify(click))
    vote = _vote(click, voter, click.choice)
    if not await _signal(house, click, vote):
        return _answer(house, click, later, "That incident has ended; your click changed nothing.")
    log.info("slack_vote", voter=voter, choice=vote.choice, workflow_id=click.about.w, vote_id=vote.vote_id)
    if may_answer(click.response_url, house.settings.slack_hooks_url):
        later.add_task(_tell_what_became, house, click, vote)
    return Response(status_code=200)


_SEE = "ask whoever runs it to add you to HOLDFAST_SLACK_USERS. Your click changed nothing."


async def _click(request: Request, house: House) -> Click | None:
    if house.slack is None:
        raise Problem(404, "Slack is not set up here: HOLDFAST_SLACK_SIGNING_SECRET is empty")
    body = await house.read(request)
    if not house.slack.holds(body, request.headers):
        raise Problem(401, "not signed by Slack within the last five minutes")
    house.rates.take("slack")
    return read_click(body, house.settings.nesting_limit)


def _vote(click: Click, voter: str, choice: Choice) -> Vote:
    return Vote(
        vote_id=click.vote_id,
        plan_hash=click.about.p,
        voter=voter,
        choice=choice,
        channel="slack",
        at=datetime.fromtimestamp(float(click.at), UTC),
    )


async def _signal(house: House, click: Click, vote: Vote) -> bool:
    """Make the vote durable; return whether the incident still listens.

    Raises:
        Problem: 503 when Temporal did not take it in time.
    """
    client = await house.temporal.client()
    handle = client.get_workflow_handle(click.about.w)
    try:
        async with reaching(SIGNAL_SECONDS):
            await handle.signal(SIGNAL_VOTE, vote, rpc_timeout=timedelta(seconds=SIGNAL_SECONDS))
    except RPCError:  # NOT_FOUND: never was, or has ended
        return False
    return True


def _answer(house: House, click: Click, later: BackgroundTasks, text: str) -> Response:
    """Acknowledge, and tell the one who clicked: through `response_url` where Slack gave one, else in the answer."""
    if may_answer(click.response_url, house.settings.slack_hooks_url):
        later.add_task(reply, click.response_url, text)
        return Response(status_code=200)
    return JSONResponse(only_you(text))


def _how_to_modify(click: Click) -> str:
    ref = ref_of(click.about.w)
    return (
        f"To change a parameter: `holdfast modify {ref} '{{\"replicas\": 6}}'`, or "
        f"`POST /incidents/{ref}/plan` for plan {click.about.p}. Policy judges the changed plan again."
    )


async def _tell_what_became(house: House, click: Click, vote: Vote) -> None:
    """Say whether the vote counted; while no worker runs, that it is kept."""
    try:
        told = await house.reading.tell(Found(workflow_id=click.about.w))
    except Problem as e:
        log.info("slack_vote_unconfirmed", vote_id=vote.vote_id, why=e.detail)
        text = f"Your {vote.choice} is kept; it is counted as soon as Holdfast's worker is back."
    else:
        mine = [b for b in told.incident.ballots if b.vote.vote_id == vote.vote_id]
        refusal = mine[0].refused.partition(": ")[2] if mine else ""
        text = f"Your {vote.choice} does not count: {refusal}" if refusal else f"Your {vote.choice} is counted."
    await reply(click.response_url, text)
