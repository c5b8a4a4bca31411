"""One call of the model as an activity makes it: within the budget, with heartbeats that carry the bill so far."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ValidationError
from temporalio import activity

from holdfast.activities.diagnosis import prompt
from holdfast.activities.errors import ModelError
from holdfast.activities.ports import Model, ModelMessage, ModelReply
from holdfast.domain.diagnosis import Usage

LONGEST_REPLY = 3000  # tokens
LEAST_REPLY = 400  # tokens below which a reply cannot be whole
LONGEST_PROMPT = 60_000  # characters
REWRITES = 3  # times a prompt is made smaller that costs more than its characters promise
MANY = 1_000_000  # tokens: what prices are for


@dataclass(frozen=True)
class Question:
    """What the model is asked: messages, the form of its reply, and the tokens that are left for both."""

    messages: list[ModelMessage]
    form: type[BaseModel]
    tokens_left: int
    longest: int = LONGEST_REPLY
    money_left: float | None = None
    """What both may cost at the model's prices; None is no limit."""


class Bill:
    """What this activity has cost over all its attempts, as it would stand if the worker died now.

    A heartbeat carries it, so the next attempt goes on from here and no token is forgotten: a call whose answer
    never came is on it as lost, with about what it sent.
    """

    def __init__(self) -> None:
        self.paid = self.if_lost = _before()

    def sent(self, messages: list[ModelMessage], most: float) -> None:
        """Note that a call is on its way, and the most money it can cost."""
        lost = Usage(lost_calls=1, lost_tokens=prompt.tokens_of(messages), lost_money=most)
        self.if_lost = self.paid.plus(lost)
        activity.heartbeat(self.if_lost)

    def answered(self, cost: Usage) -> None:
        """Note what the call has cost, now that it is known."""
        self.paid = self.if_lost = self.paid.plus(cost)
        activity.heartbeat(self.paid)

    def lost(self) -> None:
        """Note that its answer will not come."""
        self.paid = self.if_lost


async def ask(model: Model, question: Question) -> ModelReply:
    """Return the reply, its usage the cost of every attempt at this activity.

    Raises:
        ModelError: `spent` is the cost of every attempt too.
    """
    bill = Bill()
    try:
        async with _heartbeats(bill):
            return await _paid(model, question, bill)
    except ModelError as e:
        e.spent = bill.paid
        raise


def room_for_prompt(tokens_left: int) -> int:
    """Return the characters a prompt may have: at most half of what is left is spent on reading."""
    return min(LONGEST_PROMPT, tokens_left * prompt.CHARACTERS_A_TOKEN // 2)


def fitted(write: Callable[[int], list[ModelMessage]], tokens_left: int) -> list[ModelMessage]:
    """Return what `write` makes of as many characters as half of what is left pays for; fewer where they are dense."""
    room = room_for_prompt(tokens_left)
    messages = write(room)
    for _ in range(REWRITES):
        cost = prompt.tokens_of(messages)
        if cost <= tokens_left // 2:
            break
        room = room * (tokens_left // 2) // cost
        messages = write(room)
    return messages


async def _paid(model: Model, question: Question, bill: Bill) -> ModelReply:
    room = question.tokens_left - bill.paid.tokens - prompt.tokens_of(question.messages)
    if room < LEAST_REPLY:
        raise ModelError("the incident's budget of tokens is spent", permanent=True)
    longest, most = _affordable(model, question, bill, min(question.longest, room))
    bill.sent(question.messages, most)
    try:
        reply = await model.ask(question.messages, question.form, timeout=_seconds(), max_tokens=longest)
    except ModelError as e:
        if e.lost:
            bill.lost()
        else:
            bill.answered(e.spent)
        raise
    bill.answered(reply.usage)
    return reply.model_copy(update={"usage": bill.paid})


def _affordable(model: Model, question: Question, bill: Bill, longest: int) -> tuple[int, float]:
    """Return the tokens a reply may have and the money both then cost at most: it is set aside before the call.

    What the schema adds to the prompt is charged too.
    """
    if question.money_left is None:
        return longest, 0.0
    left = question.money_left - bill.paid.money - bill.paid.lost_money
    schema = len(json.dumps(question.form.model_json_schema())) // prompt.CHARACTERS_A_TOKEN
    reading = model.cost(prompt.tokens_of(question.messages) + schema, 0)
    a_token = model.cost(0, MANY) / MANY
    longest = min(longest, int(max(0.0, left - reading) / a_token)) if a_token else longest
    if reading > left or longest < LEAST_REPLY:
        raise ModelError("the incident's budget of money is spent", permanent=True)
    return longest, reading + longest * a_token


def _before() -> Usage:
    """Return what earlier attempts have cost, as the last heartbeat of theirs says."""
    details = activity.info().heartbeat_details
    try:
        return Usage.model_validate(details[0]) if details else Usage()
    except ValidationError:
        return Usage()


def _seconds() -> float:
    """Return how long a call may take: a little less than Temporal gives it, so that our error comes first."""
    return 0.9 * (activity.info().start_to_close_timeout or timedelta(seconds=90)).total_seconds()


@contextlib.asynccontextmanager
async def _heartbeats(bill: Bill) -> AsyncIterator[None]:
    """Heartbeat while the model thinks: that is how a cancellation arrives and how a dead worker is noticed."""
    timeout = activity.info().heartbeat_timeout
    beating = asyncio.create_task(_beat(bill, timeout.total_seconds() / 3)) if timeout else None
    try:
        yield
    finally:
        if beating:
            beating.cancel()


async def _beat(bill: Bill, every: float) -> None:
    while True:
        activity.heartbeat(bill.if_lost)
        await asyncio.sleep(every)
