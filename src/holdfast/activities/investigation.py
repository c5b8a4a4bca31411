"""The hand that plans what to look at; pure arithmetic, so it may be repeated at will."""

from datetime import timedelta

from temporalio import activity

from holdfast.activities.contracts import PLAN_EVIDENCE, EvidencePlan, EvidencePlanRequest
from holdfast.analysis import evidence_plan


@activity.defn(name=PLAN_EVIDENCE)
async def plan_evidence(request: EvidencePlanRequest) -> EvidencePlan:
    """Return the questions that this service, its alerts and its runbook make worth asking."""
    inquiry = evidence_plan.Inquiry(
        service=request.service,
        alerts=request.alerts,
        at=request.at,
        window=timedelta(seconds=request.window_seconds),
        dependencies=request.dependencies,
        runbook=request.runbook,
    )
    return EvidencePlan(requests=evidence_plan.plan_evidence(inquiry))
