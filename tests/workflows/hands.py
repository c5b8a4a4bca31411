"""Scripted hands: activities of the product's own names that do what a test tells them, and record each call."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from holdfast.activities import contracts as c
from holdfast.domain.action import arguments_of
from holdfast.domain.alert import Alert
from holdfast.domain.approval import Choice, Vote
from holdfast.domain.attempt import Check, Verification
from holdfast.domain.decision import Decision, Verdict
from holdfast.domain.diagnosis import Diagnosis, Hypothesis
from holdfast.domain.evidence import Evidence, EvidenceKind, EvidenceRequest
from holdfast.domain.incident import Incident, IncidentKey, IncidentSettings
from holdfast.domain.noun import canonical_json
from holdfast.domain.plan import Plan, PlannedAction
from holdfast.domain.report import Report
from holdfast.workflows import names
from holdfast.workflows.incident import IncidentWorkflow
from holdfast.workflows.messages import AlertBatch, IncidentStart
from holdfast.workflows.options import TASK_TIMEOUT
from tests.examples import AT, hypothesis, rollback
from tests.workflows.model_hands import ModelHands

INSTANT = IncidentSettings(
    soak=timedelta(0),
    verify_every=timedelta(0),
    verify_looks=2,
    quiet=timedelta(0),
    late_alert=timedelta(seconds=1),
)

Answer = Callable[[c.ToolCall], dict[str, Any]]


@dataclass
class Hands(ModelHands):
    """What the story's activities answer here, and what they were asked."""

    hypotheses: list[Hypothesis] = field(default_factory=lambda: [hypothesis()])
    actions: list[list[Any]] = field(default_factory=lambda: [[rollback()]])
    verdict: Verdict = Verdict.ASK
    approvers: tuple[str, ...] = ("*",)
    quorum: int = 1
    recovers: list[bool] = field(default_factory=lambda: [True])
    tools: dict[str, Answer] = field(default_factory=dict)
    join: str = ""
    gate: asyncio.Event | None = None
    early: int = 0
    record_gate: asyncio.Event | None = None
    calls: list[tuple[str, c.ToolCall]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    recorded: list[Incident] = field(default_factory=list)
    judged: list[c.JudgeRequest] = field(default_factory=list)
    read: dict[str, set[str]] = field(default_factory=lambda: {"rank": set(), "plan": set(), "verify": set()})

    @activity.defn(dynamic=True)
    async def call_tool(self, args: Sequence[RawValue]) -> c.ToolAnswer:
        """Answer any tool: evidence when it is asked for, else what the test scripted for it."""
        name = activity.info().activity_type
        call: c.ToolCall = activity.payload_converter().from_payload(args[0].payload, c.ToolCall)
        self.calls.append((name, call))
        data = self.tools[name](call) if name in self.tools else self._default(name, call)
        if self.gate is not None and call.leave is not None:
            await self._wait(self.gate)
        return c.ToolAnswer(evidence=_evidence(call.evidence)) if call.evidence else c.ToolAnswer(data=data)

    async def _wait(self, gate: asyncio.Event) -> None:
        while not gate.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.05)

    def _default(self, name: str, call: c.ToolCall) -> dict[str, Any]:
        if call.leave is not None:
            self.done[f"{name} {canonical_json(arguments_of(call.leave.action))}"] += 1
            return {"done": True, "effect_id": "e1", "first": True}
        if call.arguments.get("dry_run"):
            return _dry_run(call)
        return _DATA.get(name, {})

    @activity.defn(name=c.PLAN_EVIDENCE)
    async def plan_evidence(self, request: c.EvidencePlanRequest) -> c.EvidencePlan:
        """Ask for one metric."""
        arguments = {"source": "s", "query": "q", "start": str(request.at), "end": str(request.at), "step": 15}
        ask = EvidenceRequest(
            kind=EvidenceKind.METRIC, tool="monitoring.fetch_metrics", arguments=arguments, service="checkout"
        )
        return c.EvidencePlan(requests=(ask,))

    @activity.defn(name=c.RANK_CAUSES)
    async def rank_causes(self, request: c.DiagnosisRequest) -> Diagnosis:
        """Return the scripted hypothesis of this round; the first `early` times it is too early to say."""
        self.read["rank"] |= {e.evidence_id for e in request.evidence}
        self.early -= 1
        if self.early >= 0:
            return Diagnosis(method="ranker", too_early=True)
        tried = len([a for a in request.attempts if not a.backwards])
        left = self.hypotheses[min(tried, len(self.hypotheses) - 1) :] if self.hypotheses else []
        return Diagnosis(method="ranker", hypotheses=tuple(left))

    @activity.defn(name=c.PROPOSE_PLAN)
    async def propose_plan(self, request: c.PlanRequest) -> Plan:
        """Return the scripted actions of this round."""
        self.read["plan"] |= {e.evidence_id for e in request.evidence}
        actions = self.actions[min(request.round - 1, len(self.actions) - 1)]
        return Plan(
            occasion=request.occasion,
            round=request.round,
            hypothesis_id=request.hypothesis.hypothesis_id,
            cause=request.hypothesis.cause,
            confidence=request.hypothesis.confidence,
            actions=tuple(PlannedAction(action=a, expected="fewer errors") for a in actions),
            evidence=request.hypothesis.evidence,
        )

    @activity.defn(name=c.JUDGE_PLAN)
    async def judge_plan(self, request: c.JudgeRequest) -> Decision:
        """Return the scripted verdict."""
        self.judged.append(request)
        return Decision(
            verdict=self.verdict,
            rule="scripted",
            policy="scripted",
            policy_version="1",
            plan_hash=request.plan.plan_hash,
            approvers=self.approvers,
            quorum=self.quorum,
            obligations=("tell",),
        )

    @activity.defn(name=c.VERIFY_RECOVERY)
    async def verify_recovery(self, request: c.VerifyRequest) -> c.VerifyAnswer:
        """Return the scripted outcome of this attempt."""
        self.read["verify"] |= {e.evidence_id for e in request.before}
        better = self.recovers[0] if len(self.recovers) == 1 else self.recovers.pop(0)
        check = Check(name="error_ratio", before=0.4, after=0.01 if better else 0.4, passed=better)
        return c.VerifyAnswer(verification=Verification(recovered=better, checks=(check,), summary=f"better: {better}"))

    @activity.defn(name=c.FIND_INCIDENT_TO_JOIN)
    async def find_incident_to_join(self, request: c.JoinRequest) -> c.JoinAnswer:
        """Return the scripted incident."""
        return c.JoinAnswer(workflow_id=self.join)

    @activity.defn(name=c.RECORD_INCIDENT)
    async def record_incident(self, request: c.RecordRequest) -> c.RecordAnswer:
        """Keep the document; a closed one only when the test lets it."""
        if self.record_gate is not None and request.incident.status == "closed":
            await self.record_gate.wait()
        self.recorded.append(request.incident)
        return c.RecordAnswer(number="INC-1")

    @activity.defn(name=c.WRITE_REPORT)
    async def write_report(self, request: c.ReportRequest) -> Report:
        """Return a short report."""
        return Report(title=request.incident.title, summary=request.incident.outcome, made_at=AT, ref="r1")

    @property
    def told(self) -> list[str]:
        """What people were sent, in order."""
        return [str(call.arguments["text"]) for name, call in self.calls if name == "communication.send_slack_message"]

    def times(self, name: str) -> int:
        """How often a tool was called to act."""
        return sum(1 for n, call in self.calls if n == name and call.leave is not None)


_SERVICE = {"name": "checkout", "environment": "production", "namespace": "shop", "deployment": "checkout", "tier": 1}
_DATA: dict[str, dict[str, Any]] = {
    "catalog.map_alert_to_service": {"service": _SERVICE},
    "catalog.get_dependencies": {
        "service": "checkout",
        "dependencies": [{"name": "orders-db", "environment": "production", "kind": "database"}],
        "dependents": [],
    },
    "catalog.get_runbook": {"runbook": None},
    "communication.send_slack_message": {"id": "1700000000.000100", "first": True},
    "memory.remember_incident": {"remembered": True, "first": True},
}


def _dry_run(call: c.ToolCall) -> dict[str, Any]:
    back = None
    if "to_revision" in call.arguments:
        back = {**call.arguments, "kind": "rollback_deployment", "to_revision": 7}
        del back["dry_run"]
    return {"done": False, "dry_run": True, "before": {"replicas": 3}, "diff": "…", "way_back": back, "no_way_back": ""}


def _evidence(request: EvidenceRequest) -> Evidence:
    return Evidence(
        evidence_id=request.evidence_id,
        kind=request.kind,
        source=request.tool,
        query=canonical_json(request.arguments),
        service=request.service,
        summary="scripted",
        facts={"anomalous": True},
        fetched_at=AT,
    )


@asynccontextmanager
async def working(client: Client, hands: Hands) -> AsyncIterator[str]:
    """Run workers for every queue with these hands; yields nothing but time."""
    local: list[Callable[..., Any]] = [
        hands.plan_evidence,
        hands.choose_specialists,
        hands.rank_causes,
        hands.propose_plan,
        hands.judge_plan,
        hands.verify_recovery,
        hands.find_incident_to_join,
        hands.record_incident,
        hands.write_report,
    ]
    sticky = timedelta(seconds=2)
    async with (
        Worker(
            client,
            task_queue=names.INCIDENTS,
            workflows=[IncidentWorkflow],
            activities=local,
            sticky_queue_schedule_to_start_timeout=sticky,
        ),
        Worker(client, task_queue=names.TOOLS, activities=[hands.call_tool]),
        Worker(client, task_queue=names.ACTIONS, activities=[hands.call_tool]),
        Worker(
            client,
            task_queue=names.LLM,
            activities=[hands.diagnose, hands.doubt, hands.examine_logs, hands.examine_changes],
        ),
    ):
        yield ""


async def open_incident(
    client: Client, *alerts: Alert, settings: IncidentSettings = INSTANT, service: str = ""
) -> WorkflowHandle[Any, str]:
    """Start or join an incident as the door does: one signal-with-start."""
    key = IncidentKey(tenant="acme", environment="production", service=service or f"svc-{uuid.uuid4().hex[:8]}")
    return await client.start_workflow(
        IncidentWorkflow.run,
        IncidentStart(key=key, settings=settings, trace_id="a" * 32),
        id=key.workflow_id,
        task_queue=names.INCIDENTS,
        task_timeout=TASK_TIMEOUT,
        start_signal=names.SIGNAL_ALERTS,
        start_signal_args=[AlertBatch(alerts=alerts)],
    )


async def snapshot(handle: WorkflowHandle[Any, str]) -> Incident:
    """Return the incident's document as it stands."""
    seen: Incident = await handle.query(names.QUERY_SNAPSHOT, result_type=Incident)
    return seen


async def until(handle: WorkflowHandle[Any, str], status: str, seconds: float = 10) -> Incident:
    """Wait until the incident has `status` and return its document; fail with what it had instead."""
    deadline = asyncio.get_running_loop().time() + seconds
    while (seen := await snapshot(handle)).status != status:
        if asyncio.get_running_loop().time() > deadline:
            story = "\n".join(f"{e.kind}: {e.text}" for e in seen.timeline)
            raise AssertionError(f"status is {seen.status}, not {status}:\n{story}")
        await asyncio.sleep(0.02)
    return seen


def ballot(incident: Incident, voter: str = "alice", choice: Choice = Choice.APPROVE, vote_id: str = "") -> Vote:
    """Return a vote on the plan that the incident asks about now."""
    plan_hash = incident.plan.plan_hash if incident.plan else "none"
    return Vote(vote_id=vote_id or f"{voter}/{plan_hash}/{choice}", plan_hash=plan_hash, voter=voter, choice=choice)


def refused() -> ApplicationError:
    """Return what the executor answers to a grant it does not accept."""
    return ApplicationError("grant expired", type="GrantRefused", non_retryable=True)
