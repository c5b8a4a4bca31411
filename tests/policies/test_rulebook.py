"""Each rule's answer about one question, and which of the answers decides."""

import pytest

from holdfast.domain.action import RestartContainer
from holdfast.domain.decision import Verdict
from holdfast.domain.incident import IncidentKey
from holdfast.policies.case import Question
from holdfast.policies.document import Policy
from holdfast.policies.reading import PolicyError
from holdfast.policies.rulebook import Risk, RuleBook, Ruling, Said, strictest
from tests.examples import restart
from tests.policies.shop import ROLLBACK, case, policy, rule, scale, service

QUESTION = Question(action=ROLLBACK)


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({}, Said.SPOKE),
        ({"actions": ["restart_pod", "rollback_deployment"]}, Said.SPOKE),
        ({"actions": ["restart_pod"]}, Said.SILENT),
        ({"environments": ["prod*"]}, Said.SPOKE),
        ({"environments": ["staging"]}, Said.SILENT),
        ({"environments": ["PRODUCTION"]}, Said.SILENT),
        ({"causes": ["bad_release"]}, Said.SPOKE),
        ({"causes": ["out_of_memory"]}, Said.SILENT),
        ({"tenants": ["ac?e"]}, Said.SPOKE),
        ({"tenants": ["globex"]}, Said.SILENT),
        ({"namespaces": ["sh*"]}, Said.SPOKE),
        ({"namespaces": ["kube-*"]}, Said.SILENT),
        ({"services": ["cart", "checkout"]}, Said.SPOKE),
        ({"services": ["cart"]}, Said.SILENT),
        ({"kinds": ["deployment"]}, Said.SPOKE),
        ({"kinds": ["database"]}, Said.SILENT),
        ({"tiers": [2, 3]}, Said.SPOKE),
        ({"tiers": [1]}, Said.SILENT),
        ({"severities": ["high"]}, Said.SPOKE),
        ({"severities": ["low"]}, Said.SILENT),
        ({"environments": ["production"], "tiers": [1]}, Said.SILENT),
    ],
)
def test_a_rule_speaks_only_of_what_it_matches(match: dict[str, list[str]], said: Said) -> None:
    """Every field must admit the case; an empty field admits everything."""
    (ruling,) = RuleBook(policy(rule("a", "allow", match=match))).hear(case(ROLLBACK), QUESTION, Risk())
    assert ruling.said is said


def test_an_action_without_a_namespace_is_in_none() -> None:
    """A pattern for namespaces does not reach a container of a host."""
    container = RestartContainer(service="checkout", container="web")
    book = RuleBook(policy(rule("a", "allow", match={"namespaces": ["?*"]})))
    (ruling,) = book.hear(case(container), Question(action=container), Risk())
    assert ruling.said is Said.SILENT


def test_a_condition_that_does_not_hold_leaves_its_rule_out() -> None:
    """It is heard all the same, for `explain`."""
    book = RuleBook(policy(rule("a", "deny", when="alerts > 5"), rule("b", "allow", when="alerts <= 5")))
    first, second = book.hear(case(ROLLBACK), QUESTION, Risk())
    assert (first.said, second.said) == (Said.UNTRUE, Said.SPOKE)
    assert (first.counts, second.counts) == (False, True)


def test_every_condition_that_does_not_compile_is_named() -> None:
    """Rules and terms, all at once."""
    wrong = policy(
        rule("bad", "allow", when="service.nmae == 'x'"),
        rule("worse", "deny", when="1"),
        risk=[{"name": "odd", "when": "nope", "points": 1}],
    )
    with pytest.raises(PolicyError) as caught:
        RuleBook(wrong)
    assert [p.where for p in caught.value.problems] == ["rules.bad.when", "rules.worse.when", "risk.odd.when"]


def test_a_variable_that_does_not_compile_is_named() -> None:
    """Before anything that uses it."""
    with pytest.raises(PolicyError, match=r"variables\.odd: 1:1: undeclared"):
        RuleBook(policy(rule("a", "allow"), variables={"odd": "nope"}))


def test_a_risk_term_counts_once_however_many_actions_meet_it() -> None:
    """The score is the sum of the terms that are shown."""
    weights = [
        {"name": "production", "when": "environment == 'production'", "points": 3, "why": "users"},
        {"name": "scaling", "when": "action.kind == 'scale_deployment'", "points": 1.5},
        {"name": "never", "when": "alerts > 100", "points": 50},
    ]
    risk = RuleBook(policy(rule("a", "allow"), risk=weights)).weigh(case(scale(4), restart()))
    assert [(t.name, t.points) for t in risk.terms] == [("production", 3), ("scaling", 1.5)]
    assert risk.score == 4.5


def test_a_rule_may_look_at_the_risk() -> None:
    """So that a threshold is data too."""
    book = RuleBook(policy(rule("risky", "ask", when="risk.score >= 3.0")))
    weighed = book.hear(case(ROLLBACK), QUESTION, RuleBook(_risky()).weigh(case(ROLLBACK)))
    assert weighed[0].said is Said.SPOKE
    assert book.hear(case(ROLLBACK), QUESTION, Risk())[0].said is Said.UNTRUE


def test_a_term_that_fails_counts_and_denies() -> None:
    """What cannot be weighed is not light."""
    weights = [{"name": "odd", "when": "1 / (alerts - alerts) == 1", "points": 2}]
    book = RuleBook(policy(rule("a", "allow"), risk=weights))
    risk = book.weigh(case(ROLLBACK))
    assert risk.score == 2
    assert strictest(r for r in book.hear(case(ROLLBACK), QUESTION, risk) if r.counts).verdict is Verdict.DENY


def test_the_strictest_ruling_decides_and_among_equals_the_first() -> None:
    """A rule's own word is shown before a failure that comes to the same."""
    allow, ask, deny = (Ruling(v, v, "r") for v in Verdict)
    failed = Ruling("failed", Verdict.DENY, "r", Said.FAILED)
    assert strictest([allow, ask]).id == "ask"
    assert strictest([failed, allow, deny]).id == "deny"
    assert strictest([failed, ask]).id == "failed"
    assert strictest([ask, Ruling("second", Verdict.ASK, "r")]).id == "ask"
    assert strictest([]).id == "nothing-matched"


def test_the_tenant_and_environment_are_the_incident_s_own() -> None:
    """The catalogue cannot move an incident elsewhere."""
    elsewhere = case(ROLLBACK, key=IncidentKey(tenant="globex", environment="staging", service="checkout"))
    book = RuleBook(policy(rule("a", "allow", match={"tenants": ["globex"], "environments": ["staging"]})))
    moved = elsewhere.model_copy(update={"service": service(environment="production")})
    assert book.hear(moved, QUESTION, Risk())[0].said is Said.SPOKE


def _risky() -> Policy:
    return policy(rule("a", "allow"), risk=[{"name": "n", "when": "true", "points": 3}])
