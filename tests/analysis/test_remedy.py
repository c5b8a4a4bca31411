"""From causes to actions: what fits, what was not tried, and where machines keep their hands off."""

from datetime import datetime, timedelta

import pytest

from holdfast.analysis.remedy import MOST_REPLICAS, REMEDIES, Trouble, propose, refuted
from holdfast.domain.action import Action, ScaleDeployment, describe
from holdfast.domain.attempt import Attempt, AttemptState, Verification
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.plan import Plan
from holdfast.domain.service import Runbook
from tests.analysis.answers import DATABASE, SERVICE, evidence, rollouts
from tests.examples import AT, hypothesis, restart, rollback

NO_WORD = Verification(recovered=False)


def attempt(
    action: Action,
    verification: Verification | None = NO_WORD,
    *,
    state: AttemptState = AttemptState.DONE,
    backwards: bool = False,
) -> Attempt:
    return Attempt(
        action=action,
        backwards=backwards,
        grant_id="g",
        plan_hash="p",
        state=state,
        started_at=AT,
        ended_at=AT,
        verification=verification,
    )


def plan(cause: Cause, *attempts: Attempt, replicas: int = 3, **fields: object) -> Plan:
    asked = rollouts()
    asked[1]["replicas"] = replicas
    base = {"service": SERVICE, "evidence": (evidence(asked),), "attempts": attempts, "round": 1}
    trouble = {**base, "hypothesis": hypothesis(cause=cause), **fields}
    return propose(Trouble(**trouble))  # type: ignore[arg-type] # tests vary any field


def done(found: Plan) -> list[str]:
    return [describe(p.action) for p in found.actions]


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Cause.OUT_OF_MEMORY, "restart deployment shop/checkout"),
        (Cause.MEMORY_LEAK, "restart deployment shop/checkout"),
        (Cause.CRASH_LOOP, "restart deployment shop/checkout"),
        (Cause.BAD_RELEASE, "roll back deployment shop/checkout to revision 6"),
        (Cause.CONFIGURATION, "roll back deployment shop/checkout to revision 6"),
        (Cause.IMAGE, "roll back deployment shop/checkout to revision 6"),
        (Cause.CPU_SATURATION, "scale deployment shop/checkout to 6"),
        (Cause.TRAFFIC_SURGE, "scale deployment shop/checkout to 6"),
    ],
)
def test_each_cause_has_its_action(cause: Cause, expected: str) -> None:
    """One action, with its reason and what should be seen if it helps, done for the service."""
    found = plan(cause)
    assert done(found) == [expected]
    assert found.actions[0].reason == hypothesis().statement
    assert found.actions[0].expected
    assert found.actions[0].action.service == "checkout"
    assert (found.cause, found.hypothesis_id, found.confidence) == (cause, "h1", 0.8)


@pytest.mark.parametrize("cause", sorted(set(Cause) - REMEDIES.keys()))
def test_the_other_causes_are_for_people(cause: Cause) -> None:
    """No machine touches a database, and what cannot be named is not acted on."""
    found = plan(cause)
    assert found.actions == ()
    assert cause in found.summary


def test_a_cause_elsewhere_is_for_its_own_people() -> None:
    """Restarting the victim does not heal the culprit."""
    found = plan(Cause.OUT_OF_MEMORY, hypothesis=hypothesis(cause=Cause.OUT_OF_MEMORY, service="cart"))
    assert found.actions == ()
    assert "lies at cart" in found.summary


def test_a_service_without_a_deployment_is_not_acted_on() -> None:
    """There is nothing to restart."""
    found = plan(Cause.CRASH_LOOP, service=DATABASE, hypothesis=hypothesis(cause=Cause.CRASH_LOOP, service="orders-db"))
    assert "no deployment" in found.summary


@pytest.mark.parametrize("state", list(AttemptState))
def test_an_action_is_never_proposed_twice(state: AttemptState) -> None:
    """However it ended: done, failed, refused or stopped."""
    found = plan(Cause.BAD_RELEASE, attempt(rollback(), state=state))
    assert found.actions == ()
    assert "tried already" in found.summary


def test_a_way_back_is_not_a_try() -> None:
    """Having come back to revision 6 does not forbid going there."""
    assert done(plan(Cause.BAD_RELEASE, attempt(rollback(), backwards=True)))


@pytest.mark.parametrize(("replicas", "expected"), [(1, 2), (3, 6), (15, MOST_REPLICAS)])
def test_scaling_doubles_up_to_a_cap(replicas: int, expected: int) -> None:
    """Twice as many, and never more than a person would want to find in the morning."""
    action = plan(Cause.CPU_SATURATION, replicas=replicas).actions[0].action
    assert isinstance(action, ScaleDeployment)
    assert action.replicas == expected


@pytest.mark.parametrize("replicas", [0, 20, 50])
def test_what_cannot_be_scaled_sensibly_is_left_to_people(replicas: int) -> None:
    """Nothing running, or many already."""
    assert plan(Cause.CPU_SATURATION, replicas=replicas).actions == ()


def test_without_a_rollout_history_there_is_no_way_back_to_guess() -> None:
    """Neither a revision nor a number of replicas is invented."""
    for cause in (Cause.BAD_RELEASE, Cause.CPU_SATURATION):
        found = plan(cause, evidence=())
        assert found.actions == ()
        assert "known" in found.summary


def test_what_the_plan_cites_is_the_hypothesis_and_the_history_it_used() -> None:
    """A person reads the evidence of both; a restart needs no history."""
    history = evidence(rollouts())
    assert plan(Cause.BAD_RELEASE).evidence == ("ev-1", history.evidence_id)
    assert plan(Cause.CRASH_LOOP).evidence == ("ev-1",)


def test_a_runbook_orders_but_does_not_add() -> None:
    """It prefers among what remedies the cause; what it recommends for something else is not done."""
    book = Runbook(runbook_id="r", title="t", actions=("restart_deployment", "rollback_deployment"))
    assert done(plan(Cause.BAD_RELEASE, runbook=book)) == ["roll back deployment shop/checkout to revision 6"]


def test_a_cause_is_refuted_when_its_remedy_was_done_and_did_not_help() -> None:
    """That is the one experiment an incident makes."""
    failed = [attempt(restart())]
    assert refuted(Cause.OUT_OF_MEMORY, "checkout", failed)
    assert refuted(Cause.MEMORY_LEAK, "checkout", failed)
    assert not refuted(Cause.BAD_RELEASE, "checkout", failed)
    assert not refuted(Cause.OUT_OF_MEMORY, "cart", failed)


@pytest.mark.parametrize(
    "tried",
    [
        attempt(restart(), Verification(recovered=True)),
        attempt(restart(), Verification(recovered=False, unknown=True)),
        attempt(restart(), None),
        attempt(restart(), state=AttemptState.FAILED),
        attempt(restart(), state=AttemptState.REFUSED),
        attempt(restart(), backwards=True),
    ],
)
def test_an_experiment_that_was_not_made_refutes_nothing(tried: Attempt) -> None:
    """It helped, nobody could tell, it never took effect, or it was a way back."""
    assert not refuted(Cause.OUT_OF_MEMORY, "checkout", [tried])


def memory(*outcomes: object, fetched_at: datetime = AT) -> Evidence:
    """Return what past incidents teach about checkout."""
    return Evidence(
        evidence_id=f"ev-past-{fetched_at:%M}",
        kind=EvidenceKind.SIMILAR,
        source="memory.find_similar_incidents",
        query="{}",
        service="checkout",
        facts={"outcomes": list(outcomes)},
        fetched_at=fetched_at,
    )


def leaking(*outcomes: object, runbook: Runbook | None = None) -> Plan:
    """Return the plan against a leak when the memory tells these outcomes."""
    return plan(Cause.MEMORY_LEAK, evidence=(evidence(rollouts()), memory(*outcomes)), runbook=runbook)


RESTART, ROLL_BACK = "restart deployment shop/checkout", "roll back deployment shop/checkout to revision 6"


@pytest.mark.parametrize(
    ("outcomes", "first"),
    [
        ([], RESTART),
        ([["memory_leak", "rollback_deployment", 1, 0, True]], ROLL_BACK),
        (
            [["memory_leak", "restart_deployment", 0, 2, True], ["memory_leak", "rollback_deployment", 2, 1, True]],
            ROLL_BACK,
        ),
        (
            [["memory_leak", "restart_deployment", 3, 0, True], ["memory_leak", "rollback_deployment", 2, 1, True]],
            RESTART,
        ),
        ([["memory_leak", "rollback_deployment", 1, 1, True]], RESTART),
        ([["memory_leak", "rollback_deployment", 9, 0, False]], RESTART),
        ([["bad_release", "rollback_deployment", 9, 0, True]], RESTART),
    ],
    ids=[
        "no memory",
        "helped",
        "the usual failed",
        "the usual helped more",
        "even",
        "elsewhere alone",
        "another cause",
    ],
)
def test_what_worked_before_ranks_higher_and_what_failed_lower(outcomes: list[object], first: str) -> None:
    """At this service, against this cause; without a memory nothing but the usual is tried."""
    assert done(leaking(*outcomes)) == [first]


def test_a_runbook_is_outweighed_by_two_failures_not_by_one() -> None:
    """Its advice counts as one success."""
    book = Runbook(runbook_id="r", title="t", actions=("restart_deployment",))
    helped = ["memory_leak", "rollback_deployment", 2, 1, True]
    for failures, first in ((0, RESTART), (2, ROLL_BACK)):
        assert done(leaking(["memory_leak", "restart_deployment", 0, failures, True], helped, runbook=book)) == [first]


def test_the_plan_says_what_became_of_it_before_and_cites_it() -> None:
    """Also of a remedy that failed and is still the only one; of what is not known nothing is said."""
    told = leaking(["memory_leak", "restart_deployment", 0, 2, True])
    assert told.actions[0].reason.endswith("; it helped 0 of 2 times before here")
    assert told.evidence[-1] == "ev-past-00"
    elsewhere = leaking(["memory_leak", "restart_deployment", 3, 1, False])
    assert elsewhere.actions[0].reason.endswith("it helped 3 of 4 times before at other services")
    assert leaking().actions[0].reason == hypothesis().statement
    assert "ev-past-00" not in leaking().evidence


@pytest.mark.parametrize("row", [None, [], ["memory_leak", "rollback_deployment", "9", 0, True], {"a": 1}, ["x"] * 5])
def test_a_memory_that_makes_no_sense_is_passed_over(row: object) -> None:
    """It may be anyone's."""
    assert done(leaking(row)) == [RESTART]


def test_the_newest_word_of_the_memory_counts() -> None:
    """Rounds ask again."""
    old, new = memory(["memory_leak", "rollback_deployment", 1, 0, True]), memory(fetched_at=AT + timedelta(minutes=1))
    assert done(plan(Cause.MEMORY_LEAK, evidence=(new, evidence(rollouts()), old))) == [RESTART]
