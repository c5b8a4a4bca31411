"""One made incident as the ranker sees it: the plan's questions, answered by the simulated shop, some not at all."""

import re
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from benchmarks.rca.incidents.troubles import Trouble
from holdfast.analysis.evidence_plan import Inquiry, plan_evidence
from holdfast.analysis.observation import Case, Observation
from holdfast.domain.alert import Alert, AlertStatus
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.tools.simulation import cluster
from holdfast.tools.simulation.faults import Fault
from holdfast.tools.simulation.logs import lines
from holdfast.tools.simulation.scenarios import GROUP_WAIT
from holdfast.tools.simulation.signals import signal
from holdfast.tools.simulation.topology import shop
from holdfast.tools.simulation.world import ActiveFault, World

WINDOW = timedelta(minutes=30)
PRODUCTION = "production"
SILENT = 0.07  # share of the sources that do not answer
MOST_LINES = 500
_ASKED = re.compile(r'service:(\w+)\{.*service="([^"]+)"')


class Looker:
    """Looks at one world at one time, through sources that are noisy, have gaps and fail, by a seed."""

    def __init__(self, trouble: Trouble, rng: Random, at: datetime) -> None:
        self._rng = rng
        self._at = at
        self._noise = rng.choice((0.0, 0.0, 0.1, 0.25))
        self._gaps = rng.choice((0.0, 0.0, 0.0, 0.3))
        self._world = _world(trouble, rng, at)
        self._trouble = trouble

    def case(self) -> Case:
        """Return the case with an answer to every question of the plan."""
        service = shop().service(self._trouble.service, PRODUCTION)
        called = tuple(shop().service(d, PRODUCTION) for d in service.dependencies)
        alerts = (_alert(self._trouble, self._at - GROUP_WAIT),)
        plan = plan_evidence(Inquiry(service, alerts, self._at, WINDOW, called))
        return Case(service, alerts, tuple(self._look(q) for q in plan), self._at, called)

    def _look(self, asked: EvidenceRequest) -> Observation:
        body = self._answer(asked)
        silent = self._rng.random() < SILENT
        evidence = asked.answered(
            self._at,
            cut=str(body.get("cut", "")),
            missing="the source did not answer" if silent or not body else "",
        )
        return Observation(evidence, {} if silent else body)

    def _answer(self, asked: EvidenceRequest) -> dict[str, Any]:
        at = self._at.timestamp()
        match asked.kind:
            case EvidenceKind.METRIC:
                return self._numbers(asked)
            case EvidenceKind.LOGS:
                return self._lines(asked)
            case EvidenceKind.PODS:
                return {"pods": cluster.pods(self._world, at), "cut": ""}
            case EvidenceKind.EVENTS:
                return {"events": [_placed(e) for e in cluster.events(self._world, at - 1800, at)], "cut": ""}
            case EvidenceKind.ROLLOUTS:
                return dict(cluster.rollout_history(self._world, asked.service, at))
        return {}

    def _numbers(self, asked: EvidenceRequest) -> dict[str, Any]:
        query = str(asked.arguments["query"])
        found = _ASKED.search(query)
        if found is None or asked.range is None:
            return {}
        step = float(str(asked.arguments["step"]))
        times = np.arange(asked.range.start.timestamp(), asked.range.end.timestamp() + 0.001, step)
        values = signal(self._world, found[2], PRODUCTION, found[1], times)
        if found[1] not in ("restarts_total", "up_ratio"):
            # Memory does not jump about as requests do.
            noise = self._noise * (0.2 if found[1] == "memory_ratio" else 1.0)
            values = values * np.exp([self._rng.gauss(0, noise) for _ in times])
            values = np.minimum(values, 1.0) if found[1].endswith("ratio") else values
        kept = [[float(t), float(v)] for t, v in zip(times, values, strict=True) if self._rng.random() >= self._gaps]
        return {"query": query, "series": [{"labels": {}, "points": kept}], "cut": ""}

    def _lines(self, asked: EvidenceRequest) -> dict[str, Any]:
        if asked.range is None:
            return {}
        span = (asked.range.start.timestamp(), asked.range.end.timestamp())
        found = lines(self._world, asked.service, PRODUCTION, span, "warning")
        rows = [{"time": cluster.stamp(x.at), "pod": x.pod, "level": x.level, "message": x.message} for x in found]
        cut = "" if len(rows) <= MOST_LINES else f"the newest {MOST_LINES} of {len(rows)} lines"
        return {"lines": rows[-MOST_LINES:], "total": len(rows), "cut": cut}


def _world(trouble: Trouble, rng: Random, at: datetime) -> World:
    before = rng.uniform(900, 1300) if trouble.cause.value == "memory_leak" else rng.uniform(180, 1200)
    fault = Fault.model_validate(
        {
            "name": "made",
            "title": "made",
            "story": "made",
            "service": trouble.service,
            "onset": before,
            "signals": trouble.signals,
            "logs": trouble.logs,
            "events": trouble.events,
            "pods": trouble.pods,
            "rollout": trouble.rollout,
            "alerts": [{"name": trouble.alert, "service": trouble.service, "severity": "critical", "summary": ""}],
            "expect": {"status": "", "cause": trouble.cause.value, "service": trouble.place},
        }
    )
    return World(topology=shop(), faults=(ActiveFault(fault=fault, onset=at.timestamp() - before),))


def _alert(trouble: Trouble, at: datetime) -> Alert:
    return Alert(
        source="alertmanager",
        fingerprint="made",
        status=AlertStatus.FIRING,
        name=trouble.alert,
        service=trouble.service,
        environment=PRODUCTION,
        starts_at=at.astimezone(UTC),
    )


def _placed(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event about what it really is about: a node's are not a pod's."""
    return {**event, "object": "node/node-1"} if str(event["reason"]).startswith("Node") else event
