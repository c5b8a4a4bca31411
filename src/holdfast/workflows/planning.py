"""Stages 4 and 5, plan and judge: a hypothesis becomes typed actions, each tried dry; policy says whether we may."""

import asyncio

from pydantic import JsonValue, TypeAdapter, ValidationError
from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import (
    JUDGE_PLAN,
    PROPOSE_PLAN,
    JudgeRequest,
    PlanRequest,
    ToolAnswer,
    ToolCall,
)
from holdfast.domain.action import Action, arguments_of, describe, tool_of
from holdfast.domain.attempt import AttemptState
from holdfast.domain.decision import Decision, Verdict
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.plan import BlastRadius, DryRun, Plan, PlannedAction
from holdfast.domain.timeline import EntryKind
from holdfast.domain.units import many
from holdfast.workflows import calls, names, options
from holdfast.workflows.messages import PlanChange
from holdfast.workflows.walk import Phase, Walk

_WAY_BACK: TypeAdapter[Action | None] = TypeAdapter(Action | None)


async def plan(walk: Walk) -> Phase:
    """Propose a remedy for the best hypothesis and try it dry; a healthy service needs none."""
    best = walk.incident.diagnosis.best if walk.incident.diagnosis else None
    if best is None or best.cause is Cause.UNKNOWN:
        walk.replace_plan(None)
        walk.change(decision=None, outcome="The cause was not found; what is missing is listed.")
        return Phase.ESCALATE
    if best.cause is Cause.HEALTHY:
        walk.change(outcome=f"False alarm: {best.statement}")
        walk.note(EntryKind.PLAN, "nothing to repair", refs=best.evidence)
        return Phase.RESOLVE
    proposed = await calls.compute(PROPOSE_PLAN, _request(walk, best), Plan, summary="propose a remedy")
    walk.replace_plan(await _tried_dry(walk, proposed))
    return Phase.JUDGE


async def judge(walk: Walk) -> Phase:
    """Ask policy about exactly this plan, and follow its verdict."""
    if walk.memory.change:
        await _apply_change(walk, walk.memory.change)
    decision = await calls.compute(JUDGE_PLAN, _judgement(walk), Decision, summary="may we?")
    walk.change(decision=decision)
    text = f"policy says {decision.verdict} by {decision.rule}: {decision.reason}"
    walk.note(EntryKind.DECISION, text, refs=(decision.plan_hash,))
    return _next(walk, decision)


def changed(plan: Plan, change: PlanChange) -> Plan:
    """Return `plan` with one action's parameters replaced and its proposer the person who changed it.

    Raises:
        ValueError: naming the field that is wrong.
    """
    if change.index >= len(plan.actions):
        raise ValueError(f"index: the plan has {len(plan.actions)} action(s)")
    old = plan.actions[change.index]
    unknown = sorted(set(change.parameters) - (set(type(old.action).model_fields) - {"kind", "service"}))
    if unknown:
        raise ValueError(f"parameters.{unknown[0]}: {old.action.kind} has no such parameter")
    try:
        action = type(old.action).model_validate({**old.action.model_dump(), **change.parameters})
    except ValidationError as e:
        first = e.errors()[0]
        raise ValueError(f"parameters.{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
    fresh = PlannedAction(action=action, reason=change.reason or old.reason, expected=old.expected)
    actions = (*plan.actions[: change.index], fresh, *plan.actions[change.index + 1 :])
    return plan.model_copy(update={"actions": actions, "proposer": change.by})


async def _apply_change(walk: Walk, change: PlanChange) -> None:
    walk.memory.change = None
    if walk.incident.plan is None:
        return
    new = await _tried_dry(walk, changed(walk.incident.plan, change))
    walk.replace_plan(new)
    walk.note(EntryKind.PLAN, f"plan changed: {_imperatives(new)}", actor=change.by, refs=(new.plan_hash,))


def _next(walk: Walk, decision: Decision) -> Phase:
    actions = walk.incident.plan.actions if walk.incident.plan else ()
    refused = [p.dry_run.refused for p in actions if p.dry_run.refused]
    if decision.verdict is Verdict.DENY or not actions:
        why = decision.reason or decision.rule
        walk.change(outcome=f"Nothing may be done here without people: {why}")
        return Phase.ESCALATE
    if refused:
        walk.change(outcome=f"The remedy could not be tried: {refused[0]}")
        return Phase.ESCALATE
    return Phase.APPROVE if decision.verdict is Verdict.ASK else Phase.ACT


async def _tried_dry(walk: Walk, proposed: Plan) -> Plan:
    tried = tuple(await asyncio.gather(*(_try_dry(walk, p) for p in proposed.actions)))
    plan = proposed.model_copy(update={"round": walk.memory.round, "actions": tried})
    text = _imperatives(plan) or "no action would help; people are told"
    walk.note(EntryKind.PLAN, text, refs=(plan.plan_hash, *plan.evidence))
    return plan


async def _try_dry(walk: Walk, planned: PlannedAction) -> PlannedAction:
    """Ask the executor what the action would change and how to come back; it needs no grant and changes nothing."""
    arguments: dict[str, JsonValue] = {
        **arguments_of(planned.action),
        "service": planned.action.service,
        "dry_run": True,
    }
    call = ToolCall(arguments=arguments, trace_id=walk.incident.trace_id)
    errand = calls.Errand(tool_of(planned.action), f"dry run: {describe(planned.action)}", names.ACTIONS)
    try:
        answer = await calls.do(errand, call, ToolAnswer, options.READ)
        return _with_dry_run(walk, planned, answer.data)
    except (ActivityError, ValidationError) as e:
        why = calls.reason(e)
        walk.lacks(f"dry run of {describe(planned.action)} failed: {why}")
        return planned.model_copy(update={"dry_run": DryRun(refused=why)})


def _with_dry_run(walk: Walk, planned: PlannedAction, data: dict[str, JsonValue]) -> PlannedAction:
    dry_run = DryRun.model_validate({"before": data.get("before") or {}, "diff": data.get("diff") or ""})
    way_back = _WAY_BACK.validate_python(data.get("way_back"))
    replicas = dry_run.before.get("replicas")
    pods = replicas if isinstance(replicas, int) else 0
    radius = BlastRadius(
        services=(planned.action.service or walk.service.name,),
        pods=pods,
        summary=f"{many(pods, 'pod')} of {planned.action.service or walk.service.name}",
    )
    no_way_back = "" if way_back else str(data.get("no_way_back") or "the executor names none")
    fields = {"dry_run": dry_run, "way_back": way_back, "no_way_back": no_way_back, "blast_radius": radius}
    return planned.model_copy(update=fields)


def _request(walk: Walk, best: Hypothesis) -> PlanRequest:
    return PlanRequest(
        service=walk.service,
        hypothesis=best,
        evidence=walk.planned_evidence,
        runbook=walk.incident.runbook,
        attempts=walk.incident.attempts,
        round=walk.memory.round,
        occasion=walk.incident.run_id,
    )


def _judgement(walk: Walk) -> JudgeRequest:
    i = walk.incident
    if i.plan is None:
        raise ValueError("a plan is judged only after it was proposed")
    done = sum(a.state is AttemptState.DONE for a in i.attempts)
    return JudgeRequest(
        key=i.key,
        service=walk.service,
        severity=i.severity,
        hypothesis=i.diagnosis.best if i.diagnosis else None,
        plan=i.plan,
        alerts=i.alerts,
        actions_done=done,
        at=workflow.now(),
    )


def _imperatives(plan: Plan) -> str:
    return "; ".join(describe(p.action) for p in plan.actions)


def decision_said(walk: Walk) -> str:
    """Return policy's answer in one sentence for people, empty when there was none."""
    decision = walk.incident.decision
    return f" Policy {decision.verdict} by {decision.rule}: {decision.reason}" if decision else ""
