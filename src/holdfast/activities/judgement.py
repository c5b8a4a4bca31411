"""The hand that asks policy: may we? Its answer is in the history, so policy may change without breaking replay."""

import asyncio

import structlog
from temporalio import activity

from holdfast.activities.contracts import JUDGE_PLAN, JudgeRequest
from holdfast.domain.decision import Decision
from holdfast.policies.case import Case
from holdfast.policies.judge import closed
from holdfast.policies.reading import PolicyError
from holdfast.policies.source import PolicySource

log = structlog.get_logger()


class JudgePlan:
    """Judges a plan by the policy as it is now; a policy that cannot be used denies."""

    def __init__(self, source: PolicySource) -> None:
        self._source = source

    @activity.defn(name=JUDGE_PLAN)
    async def judge_plan(self, request: JudgeRequest) -> Decision:
        """Return the decision."""
        try:
            # In a thread: a changed file is read and compiled, and the worker's loop must go on beating.
            judge = await asyncio.to_thread(self._source.judge)
        except PolicyError as e:
            log.error("policy_unusable", error=str(e), incident=request.key.workflow_id)  # noqa: TRY400 # the message names file, line and field; a traceback adds nothing
            return closed(request.plan, str(e))
        decision = judge.judge(_case(request))
        for error in decision.errors:
            log.warning("condition_failed", error=error, policy=decision.policy_version)
        return decision


def _case(request: JudgeRequest) -> Case:
    return Case(
        key=request.key,
        service=request.service,
        severity=request.severity,
        hypothesis=request.hypothesis,
        plan=request.plan,
        alerts=len(request.alerts),
        actions_done=request.actions_done,
        at=request.at,
    )
