"""One call of the model: its bill goes on over attempts, and says what was lost."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel
from temporalio.exceptions import ApplicationError

from holdfast.activities.diagnosis import Diagnose, prompt
from holdfast.activities.errors import ModelError
from holdfast.activities.ports import ModelMessage, ModelReply
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
from tests.analysis.answers import logs

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


def test_a_character_beyond_ascii_counts_as_a_token() -> None:
    """Three of Chinese are three tokens, not one: a prompt would else be thrice what it promises."""
    messages = [ModelMessage(role="user", content=text) for text in ("timeout on", "接続が拒否")]
    assert prompt.tokens_of(messages) == 10 // 3 + 5


async def test_a_prompt_of_dense_text_is_made_to_fit() -> None:
    """What was seen is shortened until the prompt takes half of what is left, and a reply still fits."""
    store, limit = MemoryBodies(), 12_000
    case = await small_case(store, *(logs(*(f"{n} データベースへの接続が拒否されました" * 40,)) for n in range(8)))
    model = ScriptedModel([reply(hypothesis(case))])
    await environment().run(Diagnose(model, store, LOOKS).diagnose, turn(case, tokens_left=limit))
    told = prompt.tokens_of(model.asked[0])
    assert "接続" in model.last
    assert told <= limit // 2
    assert told + model.limits[0] <= limit


@dataclass
class Greedy(ScriptedModel):
    """Charges for all it was told and for as long a reply as it may give."""

    def __post_init__(self) -> None:
        self.charged = 0.0

    async def ask(
        self, messages: list[ModelMessage], schema: type[BaseModel], *, timeout: float, max_tokens: int
    ) -> ModelReply:
        """Return the next reply at the highest price."""
        said = await super().ask(messages, schema, timeout=timeout, max_tokens=max_tokens)
        money = self.cost(prompt.tokens_of(messages), max_tokens)
        self.charged += money
        return said.model_copy(update={"usage": Usage(calls=1, money=money)})


@pytest.mark.parametrize("money", [0.5, 2.0, 4.0, 8.0, 100.0])
async def test_no_call_is_made_that_could_cost_more_than_is_left(money: float) -> None:
    """The worst case is set aside before the call: the reply is shorter for it, or nobody is asked."""
    store = MemoryBodies()
    case = await small_case(store)
    model = Greedy([reply(hypothesis(case))])
    run = environment().run(Diagnose(model, store, LOOKS).diagnose, turn(case, money_left=money))
    if money < 3:
        with pytest.raises(ApplicationError, match="budget of money"):
            await run
    else:
        await run
        assert model.charged > 0
    assert model.charged <= money


async def test_what_earlier_attempts_spent_or_lost_is_not_spent_again() -> None:
    """A call whose answer never came may have cost all that was set aside for it."""
    store = MemoryBodies()
    case = await small_case(store)
    for before in (Usage(money=98.0), Usage(lost_calls=1, lost_money=98.0)):
        env = environment()
        env.info = replace(env.info, heartbeat_details=[before], attempt=2)
        with pytest.raises(ApplicationError, match="budget of money"):
            await env.run(Diagnose(Greedy([]), store, LOOKS).diagnose, turn(case, money_left=100.0))


async def test_a_lost_call_says_what_it_may_have_cost() -> None:
    """So that the incident counts it."""
    store = MemoryBodies()
    case = await small_case(store)
    env, model = environment(), ScriptedModel([ModelError("no answer", permanent=False, lost=True)])
    with pytest.raises(ApplicationError) as error:
        await env.run(Diagnose(model, store, LOOKS).diagnose, turn(case, money_left=100.0))
    spent = error.value.details[0]
    assert spent.money == 0
    assert 15 < spent.lost_money < 100
