"""The rankers one may choose from: each is another one, and each can be wrong in its own way."""

import pytest

from holdfast.analysis.observation import Case, Observation
from holdfast.analysis.rankers import RANKERS
from holdfast.analysis.ranking import rank
from holdfast.domain.diagnosis import Cause, Diagnosis
from tests.analysis.answers import DATABASE, SERVICE, Asked, evidence, logs, metric, rollouts, steady, step
from tests.examples import AT, alert

OLD = rollouts(at=AT.replace(hour=1))


def by(name: str, *asked: Asked) -> Diagnosis:
    seen = tuple(Observation(evidence(a, "ref"), a[1]) for a in asked)
    return RANKERS[name](Case(SERVICE, (alert(),), seen, AT, (DATABASE,)))


def first(found: Diagnosis) -> tuple[str, str]:
    return (found.best.cause, found.best.service) if found.best else ("", "")


def test_the_rules_are_the_present_ranker() -> None:
    """What an incident is diagnosed by."""
    assert RANKERS["rules"] is rank


def test_the_first_change_is_a_rollout_just_before_the_trouble() -> None:
    """It is blamed whatever else is seen."""
    found = by("first-change", metric("error_ratio", step(0.002, 0.3)), rollouts())
    assert first(found) == (Cause.BAD_RELEASE, "checkout")
    assert found.method == "ranker:first-change"
    assert found.best is not None
    assert found.best.confidence == 0.5


def test_an_old_rollout_is_not_the_first_change() -> None:
    """Then it is the signal that moved first: here the traffic, and the CPU followed."""
    early, late = metric("request_rate", step(10, 90, 70, 50)), metric("cpu_ratio", step(0.2, 0.95))
    assert first(by("first-change", late, early, OLD)) == (Cause.TRAFFIC_SURGE, "checkout")


def test_a_dependency_that_moved_first_is_blamed_where_it_lies() -> None:
    """A store that is down, before the errors it causes."""
    down = metric("up_ratio", step(1.0, 0.0, 70, 50), service="orders-db")
    assert first(by("first-change", metric("error_ratio", step(0.002, 0.3)), down)) == (
        Cause.DATABASE_DOWN,
        "orders-db",
    )


def test_without_a_change_there_is_none() -> None:
    """Nothing is invented."""
    found = by("first-change", metric("error_ratio", steady(0.002)))
    assert found.best is None
    assert "nothing that was looked at changed" in found.missing
    assert by("first-change").best is None


@pytest.mark.parametrize(
    ("name", "kept"), [("metrics-only", False), ("without-logs", False), ("without-metrics", True), ("rules", True)]
)
def test_a_ranker_cites_only_what_it_looks_at(name: str, kept: bool) -> None:
    """One that reads no logs stands on none."""
    lines = logs(*["java.lang.OutOfMemoryError: heap space"] * 5)
    found = by(name, lines, metric("memory_ratio", step(0.4, 0.97)))
    cited = {ref for h in found.hypotheses for ref in h.evidence}
    assert (evidence(lines).evidence_id in cited) is kept
    assert found.method in {"ranker", f"ranker:{name}"}
