"""Any OpenAI-compatible model behind our port: Temporal owns the retries, the endpoint says what it can do."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from holdfast.activities.adapters.ways import RUNGS, TOLD, unfenced
from holdfast.activities.errors import ModelError
from holdfast.activities.ports import ModelMessage, ModelReply
from holdfast.analysis.redaction import redact
from holdfast.domain.diagnosis import Usage

MILLION = 1_000_000
# Words by which an endpoint says that it does not know a way of asking for structured output.
_FEATURES = ("response_format", "json_schema", "json_object", "tool", "function", "schema", "grammar", "strict")
_RETRYABLE = frozenset({408, 409, 425, 429})


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in any currency."""

    prompt: float = 0.0
    completion: float = 0.0


class OpenAiModel:
    """One model at one endpoint.

    It asks for structured output in the strictest way the endpoint knows and remembers which that is:
    a strict JSON schema, a forced tool call, a JSON object, plain text.
    """

    def __init__(self, base_url: str, model: str, api_key: str = "", prices: Prices | None = None) -> None:
        self.name = model
        self._prices = prices or Prices()
        self._client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0)
        self._rung = 0
        self._limit_name = "max_tokens"

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many tokens cost at the configured prices."""
        return (prompt_tokens * self._prices.prompt + completion_tokens * self._prices.completion) / MILLION

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(
        self, messages: list[ModelMessage], schema: type[BaseModel], *, timeout: float, max_tokens: int
    ) -> ModelReply:
        """Return the model's reply to one request that counts; those that a way of asking was refused for cost nothing.

        Raises:
            ModelError: with `permanent` and `retry_after` (seconds) set as the endpoint said.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._climb_down(messages, schema, max_tokens)
        except TimeoutError as e:
            raise ModelError(f"no answer within {timeout:.1f} s", permanent=False, lost=True) from e

    async def _climb_down(self, messages: list[ModelMessage], schema: type[BaseModel], limit: int) -> ModelReply:
        """Ask in the strictest way known to work; step down when the endpoint says that it does not know it."""
        while True:
            rung = self._rung
            try:
                return await self._once(messages, schema, limit)
            except openai.APIStatusError as e:
                if not self._learn(e, rung):
                    raise _status_error(e) from e
            except openai.APITimeoutError as e:
                raise ModelError("the endpoint did not answer in time", permanent=False, lost=True) from e
            except openai.APIConnectionError as e:
                # A connection that never stood cost nothing; one that broke may have.
                lost = not isinstance(e.__cause__, httpx2.ConnectError)
                raise ModelError(f"the endpoint cannot be reached: {_cause(e)}", permanent=False, lost=lost) from e
            except (openai.OpenAIError, ValueError) as e:
                said = redact(str(e))[:200]
                raise ModelError(f"the endpoint answered nonsense: {said}", permanent=False, lost=True) from e

    def _learn(self, error: openai.APIStatusError, rung: int) -> bool:
        """Return whether the endpoint refused the way of asking and another way is left to try."""
        text = str(error).lower()
        if error.status_code not in (400, 422, 501):
            return False
        if "max_completion_tokens" in text and self._limit_name == "max_tokens":
            self._limit_name = "max_completion_tokens"
            return True
        if rung + 1 < len(RUNGS) and any(word in text for word in _FEATURES):
            # Another call may have stepped down meanwhile: never step twice for one refusal.
            self._rung = max(self._rung, rung + 1)
            return True
        return False

    async def _once(self, messages: list[ModelMessage], schema: type[BaseModel], limit: int) -> ModelReply:
        rung = self._rung
        fields = RUNGS[rung](messages, schema)
        started = time.monotonic()
        create: Any = self._client.chat.completions.create  # which fields there are depends on the rung
        answer = await create(model=self.name, **{self._limit_name: limit}, **fields)
        choices = getattr(answer, "choices", None)
        usage = self._usage(getattr(answer, "usage", None), time.monotonic() - started)
        if not choices:
            raise ModelError("the endpoint answered without a choice", permanent=False, spent=usage)
        reply = _reply(choices[0], usage)
        if rung < TOLD and reply.finished and not _of(schema, reply.text):
            # An endpoint that was bound to the schema could not have said this: it only did not say that it is not.
            self._rung = max(self._rung, TOLD)
        return reply

    def _usage(self, used: Any, seconds: float) -> Usage:
        prompt, completion = (getattr(used, key, 0) or 0 for key in ("prompt_tokens", "completion_tokens"))
        return Usage(
            model=self.name,
            calls=1,
            prompt_tokens=prompt,
            completion_tokens=completion,
            money=round(self.cost(prompt, completion), 6),
            seconds=round(seconds, 3),
        )


def _of(schema: type[BaseModel], text: str) -> bool:
    """Return whether `text` has the form of `schema`."""
    try:
        schema.model_validate_json(text)
    except ValidationError:
        return False
    return True


def _reply(choice: Any, usage: Usage) -> ModelReply:
    """Return what a choice says.

    Raises:
        ModelError: permanent when the model refused; worth a retry when it said nothing at all.
    """
    message = choice.message
    if getattr(message, "refusal", None) or choice.finish_reason == "content_filter":
        raise ModelError("the model refused to answer", permanent=True, spent=usage)
    called = getattr(message, "tool_calls", None)
    text = called[0].function.arguments if called else message.content
    finished = choice.finish_reason != "length"
    if not text and finished:
        raise ModelError("the model answered nothing", permanent=False, spent=usage)
    return ModelReply(text=unfenced(text or ""), usage=usage, finished=finished)


def _status_error(error: openai.APIStatusError) -> ModelError:
    status = error.status_code
    permanent = status < 500 and status not in _RETRYABLE
    # A spent quota comes as 429 too, and waiting does not refill it.
    permanent = permanent or error.code == "insufficient_quota"
    return ModelError(
        f"the endpoint answered {status}: {redact(error.message)[:200]}",
        permanent=permanent,
        retry_after=None if permanent else _retry_after(error),
    )


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Return the seconds the endpoint asks us to wait: a number, or a date; None when it does not say."""
    value = error.response.headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        return _until(value)


def _until(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _cause(error: BaseException) -> str:
    return redact(str(error.__cause__ or error))[:200]
