"""A small incident with its answers, a body store in memory and a model that says what a test scripts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, JsonValue
from temporalio.testing import ActivityEnvironment

from holdfast.activities.contracts import DiagnosisRequest, ModelRequest, ModelTurn
from holdfast.activities.diagnosis import Diagnose
from holdfast.activities.errors import ModelError
from holdfast.activities.ports import ModelMessage, ModelReply
from holdfast.domain.diagnosis import Usage
from holdfast.domain.evidence import Evidence
from holdfast.domain.noun import digest
from tests.analysis.answers import DATABASE, SERVICE, Asked, evidence, metric, step
from tests.examples import AT, alert

LOOKS = frozenset({"monitoring.fetch_metrics", "monitoring.query_logs", "kubernetes.get_pods", "odd.look"})


@dataclass
class MemoryBodies:
    """A body store that forgets when the process ends, or when a test says so."""

    kept: dict[str, JsonValue] = field(default_factory=dict)

    async def put(self, body: JsonValue) -> str:
        """Keep a body under its digest."""
        ref = digest(body)
        self.kept[ref] = body
        return ref

    async def get(self, ref: str) -> JsonValue:
        """Return a body, or raise KeyError."""
        return self.kept[ref]


@dataclass
class ScriptedModel:
    """A model that gives each of its replies once and remembers what it was asked."""

    replies: list[str | ModelError | ModelReply]
    name: str = "scripted"
    asked: list[list[ModelMessage]] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many tokens cost: a prompt's a thousandth each, a reply's five times that."""
        return (prompt_tokens + 5 * completion_tokens) / 1000

    async def ask(
        self, messages: list[ModelMessage], schema: type[BaseModel], *, timeout: float, max_tokens: int
    ) -> ModelReply:
        """Return the next reply."""
        assert timeout > 0
        self.asked.append(list(messages))
        self.limits.append(max_tokens)
        said = self.replies.pop(0)
        if isinstance(said, ModelError):
            raise said
        if isinstance(said, ModelReply):
            return said
        return ModelReply(text=said, usage=Usage(model="scripted", calls=1, prompt_tokens=100, completion_tokens=10))

    @property
    def last(self) -> str:
        """Everything it was told last, as one text."""
        return "\n".join(m.content for m in self.asked[-1])


async def keep(store: MemoryBodies, asked: Asked) -> Evidence:
    """Keep an answer as the gateway does and return its evidence."""
    return evidence(asked, await store.put(asked[1]))


async def small_case(store: MemoryBodies, *more: Asked, **fields: Any) -> DiagnosisRequest:
    """Return checkout's incident: its errors rose, and whatever a test adds."""
    asked = (metric("error_ratio", step(0.002, 0.3)), *more)
    items = tuple([await keep(store, a) for a in asked])
    base: dict[str, Any] = {
        "service": SERVICE,
        "dependencies": (DATABASE,),
        "alerts": (alert(summary="checkout fails 30% of its requests"),),
        "evidence": items,
        "at": AT,
    }
    return DiagnosisRequest(**{**base, **fields})


def turn(case: DiagnosisRequest, **fields: Any) -> ModelRequest:
    """Return the first turn about `case`."""
    base: dict[str, Any] = {"case": case, "new_evidence": tuple(e.evidence_id for e in case.evidence)}
    return ModelRequest(**{**base, **fields})


def hypothesis(case: DiagnosisRequest, **fields: Any) -> dict[str, Any]:
    """Return a hypothesis as a model writes it, citing all of the case's evidence."""
    base: dict[str, Any] = {
        "cause": "bad_release",
        "service": "checkout",
        "target": "checkout revision 7",
        "statement": "errors began with revision 7",
        "confidence": 0.7,
        "evidence": [e.evidence_id for e in case.evidence],
        "suggested": ["rollback_deployment"],
    }
    return {**base, **fields}


def reply(*hypotheses: dict[str, Any], wants: Sequence[dict[str, Any]] = (), missing: Sequence[str] = ()) -> str:
    """Return a model's reply."""
    return json.dumps({"hypotheses": list(hypotheses), "wants": list(wants), "missing": list(missing)})


def up_of(service: str, **labels: str) -> str:
    """Return the query for whether a service is up, as a model writes it."""
    matchers = {"environment": "production", "service": service, **labels}
    return "service:up_ratio{" + ",".join(f'{k}="{v}"' for k, v in matchers.items()) + "}"


def want(**fields: Any) -> dict[str, Any]:
    """Return a question as a model writes it."""
    base = {
        "tool": "monitoring.fetch_metrics",
        "service": "orders-db",
        "arguments": json.dumps({"query": up_of("orders-db")}),
        "why": "is it up?",
    }
    return {**base, **fields}


async def converse(hand: Diagnose, request: ModelRequest, seconds: float = 90) -> ModelTurn:
    """Take one turn as the story does: a reply that cannot be used is sent back once, as a call of its own."""
    said = await environment(seconds).run(hand.diagnose, request)
    if not said.wrong:
        return said
    again = {"wrong": said.wrong, "transcript_ref": said.transcript_ref, "new_evidence": ()}
    second = await environment(seconds).run(hand.diagnose, request.model_copy(update=again))
    return second.model_copy(update={"usage": said.usage.plus(second.usage)})


def environment(seconds: float = 90, heartbeat: float | None = None) -> ActivityEnvironment:
    """Return an activity's surroundings with its time-outs."""
    env = ActivityEnvironment()
    beat = timedelta(seconds=heartbeat) if heartbeat else None
    env.info = replace(env.info, start_to_close_timeout=timedelta(seconds=seconds), heartbeat_timeout=beat)
    return env


def clock() -> datetime:
    """Return one moment, always."""
    return datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
