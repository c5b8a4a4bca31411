"""The hand that turns a hypothesis into typed actions; it proposes and touches nothing."""

from temporalio import activity

from holdfast.activities.contracts import PROPOSE_PLAN, PlanRequest
from holdfast.analysis.remedy import Trouble, propose
from holdfast.domain.plan import Plan


@activity.defn(name=PROPOSE_PLAN)
async def propose_plan(request: PlanRequest) -> Plan:
    """Return what would remedy the hypothesis and was not tried; an empty plan says why there is nothing."""
    return propose(
        Trouble(
            service=request.service,
            hypothesis=request.hypothesis,
            evidence=request.evidence,
            runbook=request.runbook,
            attempts=request.attempts,
            round=request.round,
            occasion=request.occasion,
        )
    )
