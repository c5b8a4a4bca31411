"""The hand that asks policy: may we? Its answer is in the history, so policy may change without breaking replay."""

from temporalio import activity

from holdfast.activities.contracts import JUDGE_PLAN, JudgeRequest
from holdfast.domain.decision import Decision
from holdfast.policies.document import PolicyError
from holdfast.policies.judge import Case, closed
from holdfast.policies.source import PolicySource


class JudgePlan:
    """Judges a plan by the policy as it is now; a policy that cannot be used denies."""

    def __init__(self, source: PolicySource) -> None:
        self._source = source

    @activity.defn(name=JUDGE_PLAN)
    async def judge_plan(self, request: JudgeRequest) -> Decision:
        """Return the decision."""
        try:
            judge = self._source.judge()
        except PolicyError as e:
            return closed(request.plan, str(e))
        return judge.judge(
            Case(
                key=request.key,
                service=request.service,
                severity=request.severity,
                hypothesis=request.hypothesis,
                plan=request.plan,
                alerts=len(request.alerts),
                actions_done=request.actions_done,
                at=request.at,
            )
        )
