"""Answers of tools as tests need them: a question with its body, made from the few numbers or words that matter."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue

from holdfast.analysis.observation import Case, Observation
from holdfast.analysis.summary import summarise
from holdfast.domain.evidence import Evidence, EvidenceKind, EvidenceRequest, Range
from holdfast.domain.noun import digest
from holdfast.domain.service import Service
from tests.examples import AT, alert

Asked = tuple[EvidenceRequest, dict[str, Any]]

SERVICE = Service(
    name="checkout",
    environment="production",
    namespace="shop",
    deployment="checkout",
    tier=1,
    dependencies=("orders-db",),
)
DATABASE = Service(name="orders-db", environment="production", kind="database", namespace="shop")
START = AT - timedelta(minutes=30)
ONSET = AT - timedelta(minutes=10)
GRID = 15
POINTS = 120


def step(low: float, high: float, quiet: int = 80, loud: int = 40) -> list[float | None]:
    """Return values that stand at `low` and then at `high`, with a little regular noise."""
    return [wobbly(v, n) for n, v in enumerate([low] * quiet + [high] * loud)]


def steady(level: float, points: int = POINTS) -> list[float | None]:
    """Return values that stay where they are."""
    return step(level, level, points, 0)


def ramp(low: float, high: float, quiet: int = 40, rising: int = 80) -> list[float | None]:
    """Return values that stand and then climb in a line."""
    line = [low + (high - low) * (n + 1) / rising for n in range(rising)]
    return [wobbly(v, n) for n, v in enumerate([low] * quiet + line)]


def wobbly(value: float, n: int) -> float:
    """Return `value` with noise of two per cent that repeats every five points."""
    return value * (1 + 0.01 * ((n * 7) % 5 - 2))


def metric(name: str, values: Sequence[float | None], service: str = "checkout", end: datetime = AT) -> Asked:
    """Return a question about a signal and its answer, one point every 15 s, the last of them at `end`."""
    query = f'service:{name}{{environment="production",service="{service}"}}'
    times = [(end - timedelta(seconds=GRID * (len(values) - 1 - n))).timestamp() for n in range(len(values))]
    arguments: dict[str, JsonValue] = {"source": "", "query": query, "start": START.isoformat(), "end": end.isoformat()}
    points = [[t, v] for t, v in zip(times, values, strict=True)]
    body: dict[str, Any] = {**arguments, "step": GRID, "series": [{"labels": {}, "points": points}], "cut": ""}
    return _asked(EvidenceKind.METRIC, "monitoring.fetch_metrics", arguments, service, name), body


def logs(*messages: str, level: str = "error", since: datetime = ONSET + timedelta(minutes=1)) -> Asked:
    """Return a question about checkout's logs and its answer: the messages in turn, one every 5 s."""
    arguments: dict[str, JsonValue] = {"source": "", "filters": {"service": "checkout"}}
    lines = [
        {"time": (since + timedelta(seconds=5 * n)).isoformat(), "pod": "checkout-1", "level": level, "message": m}
        for n, m in enumerate(messages)
    ]
    request = _asked(EvidenceKind.LOGS, "monitoring.query_logs", arguments, "checkout", "logs")
    return request, {"lines": lines, "total": len(lines), "cut": ""}


def pods(*rows: dict[str, Any]) -> Asked:
    """Return a question about the namespace's pods and its answer; rows say what is unusual about each."""
    usual = {
        "deployment": "checkout",
        "phase": "Running",
        "ready": True,
        "restarts": 0,
        "reason": "",
        "last_reason": "",
        "exit_code": None,
        "started_at": START.isoformat(),
        "node": "node-1",
        "image": "shop/checkout:7",
        "revision": 7,
        "memory_limit_bytes": 512,
    }
    made = [{"name": f"checkout-7d9f8c6b5-x2x4{n}", **usual, **row} for n, row in enumerate(rows)]
    request = _asked(EvidenceKind.PODS, "kubernetes.get_pods", {"namespace": "shop"}, "checkout", "pods")
    return request, {"namespace": "shop", "pods": made, "cut": ""}


def events(*rows: tuple[str, str, str], kind: str = "Warning") -> Asked:
    """Return a question about events and its answer; rows are (reason, object, message)."""
    made = [
        {"time": ONSET.isoformat(), "type": kind, "reason": r, "object": o, "message": m, "count": 1}
        for r, o, m in rows
    ]
    request = _asked(EvidenceKind.EVENTS, "kubernetes.get_events", {"namespace": "shop"}, "checkout", "events")
    return request, {"namespace": "shop", "events": made, "cut": ""}


def rollouts(at: datetime = ONSET - timedelta(minutes=1), images: tuple[str, str] = ("app:6", "app:7")) -> Asked:
    """Return checkout's rollout history: revision 6 a week ago, revision 7 at `at`, three replicas."""
    made = (AT - timedelta(days=7), at)
    revisions = [
        {"revision": 6 + n, "created_at": made[n].isoformat(), "image": images[n], "change_cause": "new", "commit": "a"}
        for n in range(2)
    ]
    arguments: dict[str, JsonValue] = {"namespace": "shop", "deployment": "checkout"}
    request = _asked(EvidenceKind.ROLLOUTS, "kubernetes.rollout_history", arguments, "checkout", "rollouts")
    body: dict[str, Any] = {"namespace": "shop", "deployment": "checkout", "replicas": 3, "current": 7}
    return request, {**body, "revisions": revisions}


def evidence(asked: Asked, ref: str = "kept") -> Evidence:
    """Return the evidence that the gateway would make of an answer."""
    request, body = asked
    seen = summarise(request, body)
    return request.answered(
        AT,
        digest=digest(body),
        ref=ref,
        summary=seen.summary,
        facts=seen.facts,
        cut=seen.cut,
    )


def seen(asked: Asked) -> Observation:
    """Return an answer as analysis reads it."""
    return Observation(evidence(asked), asked[1])


def case(*asked: Asked, **fields: Any) -> Case:
    """Return checkout's case with these answers."""
    base: dict[str, Any] = {
        "service": SERVICE,
        "dependencies": (DATABASE,),
        "alerts": (alert(),),
        "observations": tuple(seen(a) for a in asked),
        "at": AT,
    }
    return Case(**{**base, **fields})


def _asked(kind: EvidenceKind, tool: str, arguments: dict[str, JsonValue], service: str, title: str) -> EvidenceRequest:
    return EvidenceRequest(
        kind=kind, tool=tool, arguments=arguments, service=service, title=title, range=Range(start=START, end=AT)
    )
