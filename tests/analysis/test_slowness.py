"""A service that waits: who makes it wait."""

import pytest

from holdfast.analysis.observation import Case
from holdfast.analysis.ranking import rank
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.service import Service
from tests.analysis.answers import SERVICE, Asked, case, metric, steady, step

PRICES = Service(name="prices", environment="production", dependencies=("rates",))
RATES = Service(name="rates", environment="production")
SLOW = metric("latency_p99_seconds", step(0.2, 1.2))


def slow(service: str, low: float = 0.1, high: float = 1.1) -> Asked:
    """Return a dependency's latency that rose with the service's."""
    return metric("latency_p99_seconds", step(low, high), service)


def waiting(*asked: Asked) -> Case:
    """Return the case of a slow service with two dependencies, one of which calls the other."""
    calls = SERVICE.model_copy(update={"dependencies": ("prices", "rates")})
    return case(SLOW, *asked, service=calls, dependencies=(PRICES, RATES))


def blamed(of: Case) -> list[Hypothesis]:
    """Return the hypotheses that say a dependency is the cause."""
    return [h for h in rank(of).hypotheses if h.cause is Cause.DEPENDENCY_FAILURE]


def test_a_dependency_that_became_as_much_slower_is_the_cause() -> None:
    """It neither fails nor is down, and both latencies are cited."""
    found = blamed(waiting(slow("prices"), metric("error_ratio", steady(0.001), "prices")))
    assert [h.service for h in found] == ["prices"]
    assert len(found[0].evidence) == 2
    assert "prices is slow and explains" in found[0].statement


def test_of_two_slow_dependencies_the_one_that_the_other_calls_is_the_cause() -> None:
    """What prices lost it lost waiting for rates."""
    assert [h.service for h in blamed(waiting(slow("prices"), slow("rates")))] == ["rates"]


@pytest.mark.parametrize(
    "asked",
    [
        (),
        (slow("prices", high=0.1),),
        (slow("prices", low=0.1, high=0.3),),
        (metric("latency_p99_seconds", [0.1, 0.1], "prices"),),
        (metric("latency_p99_seconds", [None] * 120, "prices"),),
    ],
    ids=["not asked", "as usual", "a little slower", "two points", "gaps"],
)
def test_a_dependency_that_does_not_explain_it_is_not_blamed(asked: tuple[Asked, ...]) -> None:
    """Nor is one that nobody measured."""
    assert blamed(waiting(*asked)) == []


def test_a_slow_dependency_of_a_service_that_is_not_slow_is_no_cause() -> None:
    """Nobody waits for it."""
    calm = case(metric("latency_p99_seconds", steady(0.2)), slow("prices"), dependencies=(PRICES,))
    assert blamed(calm) == []


def test_a_dependency_that_fails_is_told_once_by_its_failures() -> None:
    """Its latency adds nothing to them."""
    found = blamed(waiting(slow("prices"), metric("error_ratio", step(0.001, 0.4), "prices")))
    assert [h.service for h in found] == ["prices"]
    assert "down or failing" in found[0].statement
