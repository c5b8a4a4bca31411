"""The hand that asks a model: one turn, checked, with one chance to repair; a reply that stays wrong is refused."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from temporalio import activity

from holdfast.activities.contracts import DIAGNOSE, ModelRequest, ModelTurn
from holdfast.activities.diagnosis import prompt, transcript
from holdfast.activities.diagnosis.proposal import Bounds, Proposal, diagnosis_of, parse, problems, wants_of
from holdfast.activities.errors import ModelError
from holdfast.activities.observations import lost, observe
from holdfast.activities.ports import BodyStore, Model, ModelMessage, ModelReply
from holdfast.analysis.observation import Observation
from holdfast.domain.diagnosis import Usage

log = structlog.get_logger()

LONGEST_REPLY = 3000  # tokens
LEAST_REPLY = 400  # tokens below which a reply cannot be whole
LONGEST_PROMPT = 60_000  # characters


@dataclass
class _Exchange:
    """One turn as it goes: what was said so far, what it cost, and when it must be over (monotonic seconds)."""

    bounds: Bounds
    said: list[ModelMessage]
    tokens_left: int
    deadline: float
    usage: Usage = field(default_factory=Usage)


class Diagnose:
    """Asks the model for one turn. `looks` are the tools that only look: all that a model may ever ask for."""

    def __init__(self, model: Model, store: BodyStore, looks: frozenset[str]) -> None:
        self._model = model
        self._store = store
        self._looks = looks

    @activity.defn(name=DIAGNOSE)
    async def diagnose(self, request: ModelRequest) -> ModelTurn:
        """Return the model's diagnosis, or its questions.

        Raises:
            ApplicationError: `ModelUnavailable`, worth a retry; `ModelRefused`, which none can fix.
        """
        try:
            async with _heartbeats():
                return await self._turn(request)
        except ModelError as e:
            log.warning("model_failed", model=self._model.name, error=str(e), trace_id=request.trace_id)
            raise e.as_application_error() from e

    async def _turn(self, request: ModelRequest) -> ModelTurn:
        bounds = Bounds(request.case, self._looks, request.last_turn)
        before, new = await self._recall(request)
        seen = await observe(self._store, (e for e in request.case.evidence if not before or e.evidence_id in new))
        limit = min(LONGEST_PROMPT, request.tokens_left * prompt.CHARACTERS_A_TOKEN // 2)
        added = prompt.following(bounds, seen, limit) if before else prompt.opening(bounds, seen, limit)
        exchange = _Exchange(bounds, [*before, *added], request.tokens_left, time.monotonic() + _seconds())
        proposal, reply = await self._paid(exchange)
        added.append(ModelMessage(role="assistant", content=reply.text))
        ref = await transcript.remember(self._store, request.transcript_ref if before else "", added)
        log.info("model_asked", model=self._model.name, turn=request.turn, trace_id=request.trace_id)
        return self._said(proposal, exchange, ref, seen)

    async def _recall(self, request: ModelRequest) -> tuple[list[ModelMessage], frozenset[str]]:
        """Return what was said before and which evidence is new; a lost transcript begins the talk anew."""
        try:
            return await transcript.recall(self._store, request.transcript_ref), frozenset(request.new_evidence)
        except KeyError:
            log.warning("transcript_lost", ref=request.transcript_ref, trace_id=request.trace_id)
            return [], frozenset()

    async def _paid(self, exchange: _Exchange) -> tuple[Proposal, ModelReply]:
        """Settle the turn; when that fails, the failure says what it cost all the same."""
        try:
            return await self._settle(exchange)
        except ModelError as e:
            e.spent = exchange.usage
            raise

    async def _settle(self, exchange: _Exchange) -> tuple[Proposal, ModelReply]:
        """Ask, and ask once more when the reply cannot be used."""
        reply = await self._ask(exchange)
        proposal, wrong = _judge(reply, exchange.bounds)
        if wrong:
            exchange.said += prompt.repair(reply.text, wrong)
            reply = await self._ask(exchange)
            proposal, wrong = _judge(reply, exchange.bounds)
        if proposal is None or wrong:
            # What was wrong may hold invented ids: people are told the field alone.
            fields = ", ".join(sorted({problem.partition(":")[0] for problem in wrong}))
            raise ModelError(f"its reply stayed unusable after one repair ({fields})", permanent=True)
        return proposal, reply

    async def _ask(self, exchange: _Exchange) -> ModelReply:
        spent = exchange.usage.prompt_tokens + exchange.usage.completion_tokens
        room = exchange.tokens_left - spent - prompt.tokens_of(exchange.said)
        if room < LEAST_REPLY:
            raise ModelError("the incident's budget of tokens is spent", permanent=True)
        timeout = exchange.deadline - time.monotonic()
        if timeout <= 0:
            raise ModelError("no time was left to repair its reply", permanent=False)
        reply = await self._model.ask(exchange.said, Proposal, timeout=timeout, max_tokens=min(LONGEST_REPLY, room))
        exchange.usage = exchange.usage.plus(reply.usage)
        return reply

    def _said(self, proposal: Proposal, exchange: _Exchange, ref: str, seen: tuple[Observation, ...]) -> ModelTurn:
        wants = wants_of(proposal, exchange.bounds)
        if wants:
            return ModelTurn(wants=wants, transcript_ref=ref, usage=exchange.usage)
        diagnosis = diagnosis_of(proposal, exchange.bounds, self._model.name, exchange.usage)
        notes = (*diagnosis.notes, *prompt.suspicious(seen))
        told = diagnosis.model_copy(update={"notes": notes, "missing": (*diagnosis.missing, *lost(seen))})
        return ModelTurn(diagnosis=told, transcript_ref=ref, usage=exchange.usage)


def _judge(reply: ModelReply, bounds: Bounds) -> tuple[Proposal | None, list[str]]:
    if not reply.finished:
        return None, ["reply: it was cut off; be briefer"]
    parsed = parse(reply.text)
    if isinstance(parsed, list):
        return None, parsed
    return parsed, problems(parsed, bounds)


def _seconds() -> float:
    """Return how long a turn may take: a little less than Temporal gives it, so that our error comes first."""
    return 0.9 * (activity.info().start_to_close_timeout or timedelta(seconds=90)).total_seconds()


@contextlib.asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    """Heartbeat while the model thinks: that is how a cancellation arrives and how a dead worker is noticed."""
    timeout = activity.info().heartbeat_timeout
    beating = asyncio.create_task(_beat(timeout.total_seconds() / 3)) if timeout else None
    try:
        yield
    finally:
        if beating:
            beating.cancel()


async def _beat(every: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(every)
