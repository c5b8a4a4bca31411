"""The hand that plans what to look at."""

from datetime import timedelta

from holdfast.activities.contracts import EvidencePlanRequest
from holdfast.activities.investigation import plan_evidence
from tests.activities.thinking import environment
from tests.analysis.answers import DATABASE, SERVICE
from tests.examples import AT, alert


async def test_the_questions_cover_the_window_that_was_asked_for() -> None:
    """The story's own time and window, not a clock's."""
    request = EvidencePlanRequest(
        service=SERVICE, dependencies=(DATABASE,), alerts=(alert(),), at=AT, window_seconds=3600
    )
    plan = await environment().run(plan_evidence, request)
    assert len(plan.requests) == 11
    assert plan.requests[0].range is not None
    assert plan.requests[0].range.start == AT - timedelta(hours=1)
    assert plan == await environment().run(plan_evidence, request)
