"""One call of the model: its bill goes on over attempts, and says what was lost."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from holdfast.activities.diagnosis import Diagnose
from holdfast.activities.errors import ModelError
from holdfast.domain.diagnosis import Usage
from tests.activities.thinking import (
    LOOKS,
    MemoryBodies,
    ScriptedModel,
    environment,
    hypothesis,
    reply,
    small_case,
    turn,
)

BEFORE = Usage(model="scripted", calls=1, prompt_tokens=100, completion_tokens=10)


async def ask(said: str | ModelError, *details: Any, tokens_left: int = 60_000) -> tuple[Usage, list[Usage]]:
    """Take a turn whose earlier attempts left `details`; return what it cost and every bill on the way."""
    store = MemoryBodies()
    case = await small_case(store)
    env = environment()
    env.info = replace(env.info, heartbeat_details=list(details), attempt=2)
    bills: list[Usage] = []
    env.on_heartbeat = bills.append
    text = reply(hypothesis(case)) if said == "sound" else said
    hand = Diagnose(ScriptedModel([text]), store, LOOKS)
    try:
        turned = await env.run(hand.diagnose, turn(case, tokens_left=tokens_left))
    except ApplicationError as e:
        return (e.details[0] if e.details else Usage()), bills
    return turned.usage, bills


async def test_while_a_call_is_on_its_way_the_bill_has_it_as_lost() -> None:
    """Should the worker die now, the next attempt knows; once answered, the bill says what it cost."""
    cost, bills = await ask("sound")
    assert (bills[0].calls, bills[0].lost_calls) == (0, 1)
    assert bills[0].lost_tokens > 100
    assert bills[-1] == cost == BEFORE


async def test_an_attempt_goes_on_from_the_bill_of_the_last() -> None:
    """As it comes back from Temporal, whoever wrote it."""
    lost = Usage(lost_calls=1, lost_tokens=500)
    cost, _ = await ask("sound", BEFORE.plus(lost).model_dump(mode="json"))
    assert (cost.calls, cost.lost_calls, cost.lost_tokens) == (2, 1, 500)


async def test_a_bill_nobody_can_read_is_none() -> None:
    """An older worker's heartbeat may hold anything."""
    cost, _ = await ask("sound", {"calls": "many"})
    assert cost == BEFORE


async def test_an_answer_that_never_came_stays_on_the_bill() -> None:
    """A time-out may have been paid for; a refused connection was not."""
    cost, _ = await ask(ModelError("no answer", permanent=False, lost=True))
    assert cost.lost_calls == 1
    cost, _ = await ask(ModelError("nobody there", permanent=False))
    assert cost == Usage()


async def test_what_was_lost_counts_against_the_budget() -> None:
    """Tokens that were sent were sent."""
    cost, bills = await ask("sound", {"lost_calls": 1, "lost_tokens": 5000}, tokens_left=5000)
    assert (cost.lost_tokens, bills) == (5000, [])


@pytest.mark.parametrize("said", [ModelError("empty", permanent=False, spent=BEFORE)])
async def test_an_answer_that_brought_nothing_is_paid_for(said: ModelError) -> None:
    """The failure says so, and so does the last heartbeat for the next attempt."""
    cost, bills = await ask(said)
    assert cost == bills[-1] == BEFORE
