"""Cluster faults in a walk: what the service's pods, events and logs let the rules name."""

import pytest

from holdfast.analysis.observation import Case
from holdfast.analysis.ranking import rank
from holdfast.domain.diagnosis import Cause, Hypothesis
from tests.analysis.answers import case, events, logs, metric, pods, rollouts, step

ERRORS = metric("error_ratio", step(0.002, 0.3))
POD = "pod/checkout-7d9f8c6b5-x2x40"


def best(of: Case) -> Hypothesis:
    """Return the likeliest hypothesis."""
    found = rank(of).best
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("row", "event", "cause", "words"),
    [
        (
            {"reason": "CreateContainerConfigError"},
            ("Failed", POD, 'Error: secret "keys" not found'),
            Cause.CONFIGURATION,
            "secret keys",
        ),
        (
            {"reason": "ErrImagePull"},
            ("Failed", POD, 'Failed to pull image "shop/checkout:8": no such host'),
            Cause.IMAGE,
            "image registry unresolved",
        ),
        (
            {"phase": "Pending", "node": ""},
            ("FailedScheduling", POD, "0/2 nodes are available: 2 Insufficient cpu. preemption: none"),
            Cause.SCHEDULING,
            "insufficient cpu on 2 nodes",
        ),
    ],
)
def test_a_hypothesis_names_the_very_fault(
    row: dict[str, object], event: tuple[str, str, str], cause: Cause, words: str
) -> None:
    """And cites the events it was read from."""
    told = events(event)
    found = best(case(ERRORS, pods({"ready": False, **row}), told))
    assert (found.cause, words in found.statement) == (cause, True)
    assert told[0].evidence_id in found.evidence


def test_what_both_a_plain_sign_and_a_rule_see_is_counted_once() -> None:
    """The rule's words, the sign's weight: a release that broke an image keeps its place."""
    waiting = pods({"ready": False, "reason": "ErrImagePull"}, {})
    told = events(("Failed", POD, 'Failed to pull image "shop/checkout:8": NotFound'))
    plain = rank(case(ERRORS, rollouts(), waiting)).hypotheses
    named = rank(case(ERRORS, rollouts(), waiting, told)).hypotheses
    assert [(h.cause, h.confidence) for h in named] == [(h.cause, h.confidence) for h in plain]


def test_a_fault_that_no_plain_sign_shows_is_told() -> None:
    """A port that is taken shows in the log of a pod that is restarted."""
    ill = pods({"ready": False, "restarts": 3})
    found = rank(case(ERRORS, ill, logs(*["listen tcp :80: bind: address already in use"] * 4))).hypotheses
    assert Cause.CONFIGURATION in [h.cause for h in found]


def test_the_databases_faults_are_not_the_services_own() -> None:
    """Without manifests nobody knows which database it is; other rules tell of dependencies."""
    found = rank(case(ERRORS, pods({"ready": False}), logs(*["FATAL: sorry, too many clients already"] * 4))).hypotheses
    assert Cause.DEPENDENCY_FAILURE not in [h.cause for h in found]
