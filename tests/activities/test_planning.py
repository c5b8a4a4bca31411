"""The hand that turns a hypothesis into a plan."""

from holdfast.activities.contracts import PlanRequest
from holdfast.activities.planning import propose_plan
from holdfast.domain.diagnosis import Cause
from tests.activities.thinking import environment
from tests.analysis.answers import SERVICE, evidence, rollouts
from tests.examples import hypothesis, rollback


async def test_a_hypothesis_becomes_a_plan_without_a_dry_run() -> None:
    """Typed actions, the round it is for, and what a person should read; dry runs are the story's own step."""
    request = PlanRequest(
        service=SERVICE, hypothesis=hypothesis(), evidence=(evidence(rollouts()),), attempts=(), round=2
    )
    plan = await environment().run(propose_plan, request)
    assert [p.action for p in plan.actions] == [rollback()]
    assert (plan.round, plan.cause, plan.actions[0].way_back) == (2, "bad_release", None)
    assert plan.actions[0].dry_run.before == {}


async def test_a_cause_without_a_remedy_becomes_an_empty_plan() -> None:
    """People are told; nothing is done."""
    request = PlanRequest(service=SERVICE, hypothesis=hypothesis(cause=Cause.DATABASE_DOWN), evidence=())
    assert (await environment().run(propose_plan, request)).actions == ()
