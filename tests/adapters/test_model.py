"""The model's adapter against a scripted OpenAI-compatible endpoint over real HTTP, behaving and not."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import BaseModel

from holdfast.activities.adapters.model import OpenAiModel, Prices
from holdfast.activities.diagnosis.words.proposal import Proposal
from holdfast.activities.errors import ModelError
from holdfast.activities.ports import ModelMessage, ModelReply
from tests.vendors.openai_server import (
    Endpoint,
    Step,
    breaks_off,
    calls_tool,
    fails,
    hangs,
    refuses,
    says,
    serving,
)

MESSAGES = [ModelMessage(role="system", content="rules"), ModelMessage(role="user", content="case")]


class Weather(BaseModel):
    """A small thing to ask for."""

    sky: str


@asynccontextmanager
async def asking(*steps: Step, knows: frozenset[str] | None = None) -> AsyncIterator[tuple[OpenAiModel, Endpoint]]:
    async with serving(*steps, knows=knows) as endpoint:
        model = OpenAiModel(endpoint.url, "scripted", "secret-key", Prices(prompt=2.0, completion=10.0))
        try:
            yield model, endpoint
        finally:
            await model.close()


async def ask(model: OpenAiModel, timeout: float = 5, max_tokens: int = 500) -> ModelReply:
    return await model.ask(MESSAGES, Weather, timeout=timeout, max_tokens=max_tokens)


async def refused(model: OpenAiModel, timeout: float = 5) -> ModelError:
    with pytest.raises(ModelError) as error:
        await ask(model, timeout)
    return error.value


async def test_a_strict_schema_is_asked_for_first() -> None:
    """The strictest way comes first: every field required, nothing beside them."""
    async with asking(says('{"sky":"blue"}')) as (model, endpoint):
        assert (await ask(model)).text == '{"sky":"blue"}'
    sent = endpoint.requests[0]["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["additionalProperties"] is False
    assert sent["schema"]["required"] == ["sky"]
    assert endpoint.keys == ["Bearer secret-key"]


async def test_what_it_cost_is_counted() -> None:
    """Tokens as the endpoint says, money by the configured prices a million, seconds as they passed."""
    async with asking(says("{}", prompt=1000, completion=100)) as (model, _):
        usage = (await ask(model)).usage
    assert (usage.model, usage.calls, usage.prompt_tokens, usage.completion_tokens) == ("scripted", 1, 1000, 100)
    assert usage.money == pytest.approx(0.003)
    assert usage.seconds > 0


@pytest.mark.parametrize(
    ("knows", "ways"),
    [
        ({"json_schema", "tools", "json_object"}, ["json_schema"]),
        ({"tools", "json_object"}, ["json_schema", "tools"]),
        ({"json_object"}, ["json_schema", "tools", "json_object"]),
        (set(), ["json_schema", "tools", "json_object", "text"]),
    ],
)
async def test_an_endpoint_is_asked_in_the_strictest_way_it_knows(knows: set[str], ways: list[str]) -> None:
    """It steps down one way at a time, and the next request begins where the last one ended."""
    answer = calls_tool("Weather", '{"sky":"grey"}') if ways[-1] == "tools" else says('```json\n{"sky":"grey"}\n```')
    async with asking(answer, answer, knows=frozenset(knows)) as (model, endpoint):
        assert json.loads((await ask(model)).text) == {"sky": "grey"}
        assert json.loads((await ask(model)).text) == {"sky": "grey"}
    assert endpoint.asked_by == [*ways, ways[-1]]


async def test_where_no_schema_binds_the_prompt_tells_it() -> None:
    """An endpoint that knows text alone is given the schema in words."""
    async with asking(says('Sure! {"sky":"red"} Anything else?'), knows=frozenset()) as (model, endpoint):
        assert (await ask(model)).text == '{"sky":"red"}'
    assert '"sky"' in endpoint.requests[-1]["messages"][-1]["content"]


async def test_a_newer_name_of_the_limit_is_learnt() -> None:
    """An endpoint that wants max_completion_tokens is asked again with it, and from then on."""
    wants = fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    async with asking(wants, says("{}"), says("{}")) as (model, endpoint):
        await ask(model)
        await ask(model)
    assert ["max_completion_tokens" in r for r in endpoint.requests] == [False, True, True]


async def test_a_rate_limit_is_worth_a_retry_after_the_time_it_names() -> None:
    """429 with Retry-After: not permanent, and the delay is the endpoint's."""
    async with asking(fails(429, "slow down", retry_after="7")) as (model, _):
        error = await refused(model)
    assert (error.permanent, error.retry_after) == (False, 7.0)


async def test_a_rate_limit_may_name_a_date() -> None:
    """Retry-After as an HTTP date becomes the seconds until then."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    async with asking(fails(429, "slow down", retry_after=later)) as (model, _):
        error = await refused(model)
    assert error.retry_after == pytest.approx(90, abs=5)


@pytest.mark.parametrize("headers", [{}, {"retry_after": "soon"}])
async def test_a_rate_limit_without_a_usable_time_leaves_it_to_temporal(headers: dict[str, str]) -> None:
    """No Retry-After, or one that is no time: the retry policy's own delay."""
    async with asking(fails(429, "slow down", **headers)) as (model, _):
        error = await refused(model)
    assert (error.permanent, error.retry_after) == (False, None)


async def test_a_spent_quota_is_permanent() -> None:
    """A quota does not refill while we wait, though it comes as 429."""
    async with asking(fails(429, "quota", code="insufficient_quota", retry_after="1")) as (model, _):
        error = await refused(model)
    assert (error.permanent, error.retry_after) == (True, None)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409])
async def test_a_failing_endpoint_is_worth_a_retry(status: int) -> None:
    """Server errors may pass."""
    async with asking(fails(status)) as (model, _):
        assert not (await refused(model)).permanent


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_request_that_cannot_work_is_permanent(status: int) -> None:
    """Asking the same again cannot help; and a key in the message is not repeated."""
    async with asking(fails(status, "bad key sk-abcdefghijklmnopqrstuvwx")) as (model, endpoint):
        error = await refused(model)
    assert error.permanent
    assert "abcdefghij" not in str(error)
    assert len(endpoint.requests) == 1


async def test_an_endpoint_that_hangs_is_left_in_time() -> None:
    """Our time-out ends the call, and the attempt may be retried."""
    async with asking(hangs()) as (model, _):
        error = await refused(model, timeout=0.2)
    assert not error.permanent
    assert "0.2 s" in str(error)


async def test_an_answer_that_breaks_off_is_worth_a_retry() -> None:
    """Half a body is no answer."""
    async with asking(breaks_off()) as (model, _):
        assert not (await refused(model)).permanent


@pytest.mark.parametrize("body", [b"<html>gateway</html>", b"", b'{"object":"chat.completion"}', b'{"choices":[]}'])
async def test_an_answer_that_is_no_completion_is_worth_a_retry(body: bytes) -> None:
    """A proxy's page, nothing, or an envelope without choices: nonsense, but perhaps not for long."""
    async with asking(Step(body=body)) as (model, _):
        assert not (await refused(model)).permanent


async def test_an_endpoint_that_is_not_there_is_worth_a_retry() -> None:
    """A refused connection may be a restart."""
    async with asking() as (model, _):
        pass
    model = OpenAiModel("http://127.0.0.1:9/v1", "scripted")
    assert not (await refused(model)).permanent
    await model.close()


@pytest.mark.parametrize("step", [refuses(), says("I cannot", finish="content_filter")])
async def test_a_refusal_is_permanent(step: Step) -> None:
    """A model that will not answer will not answer the same question again."""
    async with asking(step) as (model, _):
        assert (await refused(model)).permanent


async def test_an_empty_answer_is_worth_a_retry() -> None:
    """Nothing said is not a refusal."""
    async with asking(says("")) as (model, _):
        assert not (await refused(model)).permanent


async def test_a_reply_cut_by_its_limit_is_handed_back_as_unfinished() -> None:
    """One request and no more: asking again is a call of its own, in an activity of its own."""
    async with asking(says('{"sky":"bl', finish="length")) as (model, endpoint):
        assert not (await ask(model)).finished
        assert endpoint.asked_by == ["json_schema"]


async def test_an_endpoint_that_only_pretends_to_bind_is_told_the_schema_in_words() -> None:
    """It takes the schema without a word and answers in prose: from then on it is asked as one that knows less."""
    async with asking(says("The sky? Blue."), says('{"sky":"blue"}')) as (model, endpoint):
        await ask(model)
        await ask(model)
    assert endpoint.asked_by == ["json_schema", "json_object"]
    assert '"sky"' in endpoint.requests[-1]["messages"][-1]["content"]


async def test_a_call_whose_answer_never_came_is_lost_and_a_refused_one_is_not() -> None:
    """What hangs or breaks off may have been paid for; what was refused or never reached was not."""
    async with asking(hangs()) as (model, _):
        assert (await refused(model, timeout=0.2)).lost
    async with asking(breaks_off()) as (model, _):
        assert (await refused(model)).lost
    async with asking(fails(503)) as (model, _):
        assert not (await refused(model)).lost
    nobody = OpenAiModel("http://127.0.0.1:9/v1", "scripted")
    assert not (await refused(nobody)).lost
    await nobody.close()


@pytest.mark.parametrize("step", [says(""), refuses()])
async def test_an_answer_that_brought_nothing_is_paid_for(step: Step) -> None:
    """The failure carries what it cost."""
    async with asking(step) as (model, _):
        error = await refused(model)
    assert (error.spent.calls, error.spent.prompt_tokens) == (1, 100)


async def test_the_schema_of_a_proposal_is_strict() -> None:
    """What we ask models for has no open object and no union that strict endpoints refuse."""
    async with asking(says("{}")) as (model, endpoint):
        await model.ask(MESSAGES, Proposal, timeout=5, max_tokens=100)
    text = json.dumps(endpoint.requests[0]["response_format"]["json_schema"]["schema"])
    assert "oneOf" not in text
    assert '"additionalProperties": true' not in text
    assert text.count('"additionalProperties": false') == 3
