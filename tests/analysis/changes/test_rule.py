"""The rule reads what was changed elsewhere out of the evidence and ranks it beside the service's own rollout."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from holdfast.analysis.observation import Case
from holdfast.analysis.ranking import rank
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest, Range
from holdfast.domain.service import Service
from tests.analysis.answers import ONSET, SERVICE, START, Asked, case, metric, rollouts, steady, step
from tests.examples import AT

ERRORS = metric("error_ratio", step(0.002, 0.3))
PAYMENTS = Service(name="payments", environment="production", namespace="shop", deployment="payments")
CALLER = SERVICE.model_copy(update={"dependencies": ("payments",)})
JUST_BEFORE = ONSET - timedelta(minutes=1)


def shop(*asked: Asked) -> Case:
    """Return the case of a checkout that calls payments."""
    return replace(case(*asked), service=CALLER, dependencies=(PAYMENTS,))


def theirs(at: datetime = JUST_BEFORE) -> Asked:
    """Return payments' rollout history."""
    request, body = rollouts(at)
    moved = request.model_copy(update={"service": "payments", "arguments": {**request.arguments, "deployment": "p"}})
    return moved, {**body, "deployment": "payments"}


def commits(at: datetime = JUST_BEFORE) -> Asked:
    """Return payments' commits."""
    body: dict[str, Any] = {"commits": [{"sha": "0123456789abcdef", "at": at.isoformat(), "title": "Round up"}]}
    request = EvidenceRequest(
        kind=EvidenceKind.COMMITS,
        tool="repository.commits",
        arguments={},
        service="payments",
        title="commits",
        range=Range(start=START, end=AT),
    )
    return request, body


def blamed(found: Case, service: str) -> Hypothesis | None:
    """Return the bad release of a service, if it is held against it."""
    return next((h for h in rank(found).hypotheses if h.cause is Cause.BAD_RELEASE and h.service == service), None)


SICK = metric("error_ratio", step(0.002, 0.5), service="payments")
WELL = metric("error_ratio", steady(0.002), service="payments")


def test_a_release_of_a_dependency_that_fails_since_is_blamed_before_our_own() -> None:
    """Both went out at the same minute; ours inherits what theirs broke."""
    found = shop(ERRORS, SICK, rollouts(JUST_BEFORE), theirs())
    other, own = blamed(found, "payments"), blamed(found, "checkout")
    assert other is not None
    assert own is not None
    assert other.confidence > own.confidence
    assert "fails" in other.statement
    assert "revision 7" in other.target


def test_a_release_of_a_dependency_that_fares_well_takes_nothing_from_our_own() -> None:
    """It is measured and innocent."""
    found = rank(shop(ERRORS, WELL, rollouts(JUST_BEFORE), theirs())).hypotheses
    assert (found[0].cause, found[0].service) == (Cause.BAD_RELEASE, "checkout")


def test_a_commit_alone_is_a_weaker_sign_than_a_rollout() -> None:
    """It may not run yet."""
    committed, rolled = (
        blamed(shop(ERRORS, SICK, commits()), "payments"),
        blamed(shop(ERRORS, SICK, theirs()), "payments"),
    )
    assert committed is not None
    assert rolled is not None
    assert committed.confidence < rolled.confidence
    assert "0123456789" in committed.target


def test_a_change_elsewhere_after_the_onset_or_long_before_is_innocent() -> None:
    """As our own would be."""
    assert blamed(shop(ERRORS, SICK, theirs(ONSET + timedelta(minutes=5))), "payments") is None
    assert blamed(shop(ERRORS, SICK, theirs(ONSET - timedelta(hours=2))), "payments") is None


def test_a_change_elsewhere_that_hurt_nobody_is_innocent() -> None:
    """A change alone is no trouble."""
    assert blamed(shop(metric("error_ratio", steady(0.002)), theirs()), "payments") is None


def test_dependencies_that_call_each_other_both_stand() -> None:
    """On a cycle nobody is farther than the other; a dependency nobody knows breaks nothing."""
    payments = PAYMENTS.model_copy(update={"dependencies": ("bank", "nobody")})
    bank = Service(name="bank", environment="production", dependencies=("payments",))
    sick_bank = metric("error_ratio", step(0.002, 0.5), service="bank")
    ranked = rank(replace(case(ERRORS, SICK, sick_bank), service=CALLER, dependencies=(payments, bank))).hypotheses
    sure = {h.service: h.confidence for h in ranked if h.cause is Cause.DEPENDENCY_FAILURE}
    assert sure["bank"] == sure["payments"] > 0.2


def test_a_victim_behind_a_well_dependency_still_steps_back() -> None:
    """Payments calls the bank calls the ledger; nobody measured the bank."""
    payments = PAYMENTS.model_copy(update={"dependencies": ("bank",)})
    bank = Service(name="bank", environment="production", dependencies=("ledger",))
    ledger = Service(name="ledger", environment="production")
    sick = metric("error_ratio", step(0.002, 0.5), service="ledger")
    found = replace(case(ERRORS, SICK, sick), service=CALLER, dependencies=(payments, bank, ledger))
    assert rank(found).hypotheses[0].service == "ledger"
