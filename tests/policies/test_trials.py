"""Policies as data under test: the shipped promises, and what a case file may say."""

from datetime import UTC, datetime

import pytest

from holdfast.domain.action import TOOLS
from holdfast.domain.decision import Verdict
from holdfast.policies.judge import Judge
from holdfast.policies.reading import PolicyError
from holdfast.policies.source import shipped, shipped_text
from holdfast.policies.trials import Expected, Given, Outcome, Trial, Trials, parse_trials, run
from tests.policies.shop import policy, rule

SHIPPED_TRIALS = parse_trials(shipped_text("shipped.cases.yaml"), "shipped.cases.yaml")
SHIPPED = Judge(shipped())


@pytest.mark.parametrize("trial", SHIPPED_TRIALS.cases, ids=lambda t: t.name)
def test_the_shipped_policy_keeps_its_promise(trial: Trial) -> None:
    """Each case of its file."""
    (outcome,) = run(SHIPPED, Trials(cases=(trial,)))
    assert outcome.differences == ()


def test_every_rule_of_the_shipped_policy_decides_in_some_case() -> None:
    """A rule that no case needs is a rule that nobody would miss."""
    decided = {o.rule for o in run(SHIPPED, SHIPPED_TRIALS)}
    assert {r.id for r in shipped().rules} == decided - {"tells-only"}


@pytest.mark.parametrize("kind", sorted(TOOLS))
def test_every_kind_of_action_can_be_given_by_its_name_alone(kind: str) -> None:
    """The rest is ordinary."""
    (planned,) = Given(action=kind).case().plan.actions
    assert planned.action.kind == kind
    assert (planned.way_back is not None) == (kind in {"scale_deployment", "rollback_deployment"})


def test_what_is_given_reaches_the_case() -> None:
    """Action, way back, service, time."""
    given = Given(
        action={"kind": "scale_deployment", "replicas": 9},
        way_back={"replicas": 2},
        service="cart",
        service_environment="staging",
        tier=1,
        pods=4,
        at=datetime(2026, 12, 24, tzinfo=UTC),
    )
    case = given.case()
    (planned,) = case.plan.actions
    assert planned.action.model_dump() == {
        "kind": "scale_deployment",
        "namespace": "shop",
        "deployment": "cart",
        "service": "cart",
        "replicas": 9,
    }
    assert planned.way_back is not None
    assert planned.way_back.model_dump()["replicas"] == 2
    assert (case.key.environment, case.service.environment, case.service.tier) == ("production", "staging", 1)
    assert case.at.month == 12
    assert Given(action="scale_deployment", way_back=False).case().plan.actions[0].way_back is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("cases: []", "cases: "),
        ("cases:\n- {name: a, given: {action: reboot}, expect: {verdict: ask}}", r"line 2: cases\.0\.given\.action: "),
        (
            "cases:\n- name: a\n  given:\n    action: {kind: scale_deployment, replicas: -1}\n  expect: {verdict: ask}",
            r"line 4: cases\.0\.given\.action\.replicas",
        ),
        (
            "cases:\n- name: a\n  expect: {verdict: ask}\n  given: {action: scale_deployment, way_back: {replicas: x}}",
            r"line 4: cases\.0\.given\.way_back\.replicas",
        ),
        ("cases:\n- {name: a, given: {action: restart_pod}, expect: {}}", r"cases\.0\.expect\.verdict"),
        ("cases:\n- {name: a, given: {action: restart_pod, couse: x}, expect: {verdict: ask}}", r"given\.couse"),
        ("cases:\n- {name: a, given: {action: restart_pod, at: 2026-01-01}, expect: {verdict: ask}}", r"given\.at"),
    ],
)
def test_a_wrong_case_file_names_the_field(text: str, wrong: str) -> None:
    """File, line and field."""
    with pytest.raises(PolicyError, match=f"^c.yaml: .*{wrong}"):
        parse_trials(text, "c.yaml")


def test_only_what_is_expected_is_compared() -> None:
    """And each difference is told by itself."""
    judge = Judge(policy(rule("a", "ask", quorum=2)))
    given = Given(action="restart_deployment")
    trials = Trials(
        cases=(
            Trial(name="verdict alone", given=given, expect=Expected(verdict=Verdict.ASK)),
            Trial(
                name="all",
                given=given,
                expect=Expected(verdict=Verdict.DENY, rule="b", quorum=1, approvers=("alice",), obligations=("tell",)),
            ),
        )
    )
    first, second = run(judge, trials)
    assert first == Outcome(name="verdict alone", verdict=Verdict.ASK, rule="a")
    assert first.passed
    assert set(second.differences) == {
        "verdict is ask, not deny",
        "rule is a, not b",
        "quorum is 2, not 1",
        "approvers is alice, bob, not alice",
        "obligations is nobody, not tell",
    }
