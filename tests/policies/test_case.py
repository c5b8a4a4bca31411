"""What policy may look at: the facts of a case, under the names that conditions use."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.action import RestartPod, RevertCommit, RunDiagnosticJob
from holdfast.domain.plan import BlastRadius, DryRun
from holdfast.policies.case import Question, facts, questions
from tests.examples import plan, restart, rollback
from tests.policies.shop import case, planned, scale, service


def test_an_action_is_seen_by_its_kind_and_what_it_touches() -> None:
    """A pod belongs to the deployment that its name begins with."""
    pod = RestartPod(service="checkout", namespace="shop", pod="checkout-7d9f-x2x4z")
    seen = facts(case(pod), Question(action=pod))
    assert (seen["action.kind"], seen["action.namespace"], seen["action.deployment"]) == (
        "restart_pod",
        "shop",
        "checkout",
    )
    assert seen["action.target"] == "deployment/shop/checkout"


def test_what_an_action_does_not_have_is_empty() -> None:
    """So that a condition on it does not hold, rather than fail."""
    revert = RevertCommit(service="checkout", repository="shop/checkout", commit="9f2c41d7ab03")
    seen = facts(case(revert), Question(action=revert))
    assert (seen["action.namespace"], seen["action.deployment"], seen["action.replicas"]) == ("", "", -1)


def test_a_plan_puts_each_action_and_each_way_back() -> None:
    """The way back is acted on under the same decision, so it is judged with it."""
    p = plan(actions=(planned(scale(6), way_back=scale(3)), planned(restart())))
    asked = [[(q.action.kind, q.backwards, q.has_way_back) for q in group] for group in questions(p)]
    assert asked == [
        [("scale_deployment", False, True), ("scale_deployment", True, True)],
        [("restart_deployment", False, False)],
    ]


def test_the_blast_radius_is_that_of_the_whole_plan() -> None:
    """Two small actions are one larger one."""
    two = [
        planned(restart(), blast_radius=BlastRadius(services=("checkout",), pods=3)),
        planned(
            rollback(), blast_radius=BlastRadius(services=("checkout", "cart"), pods=4), dry_run=DryRun(refused="x")
        ),
    ]
    seen = facts(case(*two), Question(action=restart()))
    assert (seen["blast.pods"], seen["blast.services"], seen["dry_run.refused"]) == (7, 2, True)


def test_without_a_hypothesis_the_plan_says_what_it_is_for() -> None:
    """Cause and confidence travel with the plan too."""
    seen = facts(case(restart(), hypothesis=None), Question(action=restart()))
    assert (seen["hypothesis.cause"], seen["hypothesis.confidence"]) == ("bad_release", 0.8)


def test_the_environment_is_the_key_s_and_the_catalogue_s_is_beside_it() -> None:
    """A label cannot pass production off as staging unseen."""
    asked = case(restart(), service=service(environment="staging"))
    seen = facts(asked, Question(action=restart()))
    assert (seen["environment"], seen["service.environment"]) == ("production", "staging")


@given(job=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True))
def test_a_diagnostic_job_touches_no_deployment(job: str) -> None:
    """Whatever it is called."""
    action = RunDiagnosticJob(namespace="shop", job=job, target="orders-db")
    assert facts(case(action), Question(action=action))["action.deployment"] == ""
