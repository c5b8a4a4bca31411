"""The judge: deny beats ask beats allow, nothing matched means deny, and whatever fails is never a yes."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.decision import Decision, Verdict
from holdfast.domain.plan import PlannedAction
from holdfast.policies.document import Rule
from holdfast.policies.judge import Judge, closed
from holdfast.policies.rulebook import STRICTNESS
from holdfast.policies.source import shipped
from tests.examples import plan, restart, rollback
from tests.policies.shop import ROLLBACK, case, planned, policy, rule, scale

FAILS = "1 / (alerts - alerts) == 1"
CONDITIONS = st.sampled_from(["", "true", "alerts > 5", "alerts == 1", "action.replicas == 6", FAILS])
RULES = st.lists(st.tuples(st.sampled_from(["allow", "ask", "deny"]), CONDITIONS), min_size=1, max_size=6)


def _judged(*rules: Rule, about: Any = ROLLBACK, **fields: Any) -> Decision:
    return Judge(policy(*rules, **fields)).judge(case(*(about if isinstance(about, tuple) else (about,))))


def test_deny_beats_ask_beats_allow() -> None:
    """Wherever they stand in the document."""
    assert _judged(rule("a", "allow"), rule("b", "ask")).rule == "b"
    assert _judged(rule("c", "deny"), rule("b", "ask"), rule("a", "allow")).rule == "c"


def test_nothing_matched_means_deny() -> None:
    """Silence is no leave."""
    decision = _judged(rule("other", "allow", match={"actions": ["restart_pod"]}))
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "nothing-matched")
    assert decision.actions[0].tier == "forbidden"


def test_a_plan_is_as_strict_as_its_strictest_action() -> None:
    """Each action keeps its own answer beside it."""
    rules = (rule("scaling", "ask", match={"actions": ["scale_deployment"]}), rule("rest", "allow"))
    decision = _judged(*rules, about=(restart(), scale(4)))
    assert (decision.verdict, decision.rule) == (Verdict.ASK, "scaling")
    assert [(a.verdict, a.rule, a.tier) for a in decision.actions] == [
        (Verdict.ALLOW, "rest", "automatic"),
        (Verdict.ASK, "scaling", "approval"),
    ]
    assert [a.action_digest for a in decision.actions] == [restart().digest, scale(4).digest]


@pytest.mark.parametrize("verdict", ["deny", "ask"])
def test_a_way_back_is_judged_with_its_action(verdict: str) -> None:
    """It is taken under the same leave: what could not be undone by leave is not begun."""
    rules = (rule("down", verdict, when="action.backwards && action.replicas < 5"), rule("rest", "allow"))
    decision = _judged(*rules, about=planned(scale(8), way_back=scale(4)))
    assert (decision.verdict, decision.rule) == (Verdict(verdict), "down")
    assert decision.reason.startswith("its way back (scale deployment shop/checkout to 4): ")
    assert decision.actions[0].rule == "down"


def test_an_empty_plan_only_tells() -> None:
    """Nothing to allow, something to say; whatever policy would say of an action."""
    decision = _judged(rule("a", "deny"), about=())
    assert (decision.verdict, decision.rule, decision.obligations) == (Verdict.ALLOW, "tells-only", ("tell",))


def test_an_ask_names_people_quorum_escalation_version_and_risk() -> None:
    """Everything a person needs to answer is in the decision."""
    decision = _judged(
        rule("a", "ask", quorum=2, escalate_to=["leads", "anyone"], obligations=["tell"]),
        risk=[{"name": "n", "when": "true", "points": 2, "why": "because"}],
    )
    assert (decision.approvers, decision.quorum, decision.escalate_to) == (("alice", "bob"), 2, ("carol", "anyone"))
    assert (decision.risk, decision.risk_terms[0].why) == (2, "because")
    assert decision.obligations == ("tell",)
    assert decision.policy == "p"
    assert decision.policy_version.startswith("1+")
    assert decision.plan_hash == case(ROLLBACK).plan.plan_hash


def test_a_narrow_rule_before_a_wide_one_keeps_its_people() -> None:
    """A wide rule cannot open what a narrow one asked of few; the largest quorum counts."""
    narrow = rule("narrow", "ask", approvers=["oncall"])
    decision = _judged(narrow, rule("wide", "ask", approvers=["anyone"], quorum=2))
    assert (decision.rule, decision.approvers, decision.quorum) == ("narrow", ("alice", "bob"), 2)


def test_two_actions_are_approved_by_those_who_may_approve_both() -> None:
    """Nobody approves what they were not trusted with; an open role narrows nothing."""
    rules = (
        rule("restarts", "ask", approvers=["oncall"], match={"actions": ["restart_deployment"]}),
        rule("rest", "ask", approvers=["anyone"]),
    )
    assert _judged(*rules, about=(restart(), scale(4))).approvers == ("alice", "bob")


def test_a_plan_that_no_one_may_approve_is_denied() -> None:
    """Rather than wait for people who cannot answer."""
    rules = (
        rule("restarts", "ask", approvers=["oncall"], match={"actions": ["restart_deployment"]}),
        rule("rest", "ask", approvers=["leads"]),
    )
    decision = _judged(*rules, about=(restart(), scale(4)))
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "nobody-may-approve")
    assert _judged(rule("a", "ask", approvers=["leads"], quorum=2)).rule == "nobody-may-approve"


def test_the_proposer_is_not_among_those_who_suffice() -> None:
    """Their voice does not count, so one more person is needed."""
    asking = policy(rule("a", "ask", approvers=["leads"]))
    theirs = plan(actions=(PlannedAction(action=ROLLBACK),), proposer="carol")
    assert Judge(asking).judge(case(plan=theirs)).rule == "nobody-may-approve"


def test_a_denied_plan_names_no_approvers() -> None:
    """There is nothing to approve."""
    decision = _judged(rule("a", "ask", quorum=3), rule("b", "deny"))
    assert (decision.approvers, decision.quorum, decision.escalate_to) == ((), 1, ())


@pytest.mark.parametrize(
    "fields",
    [
        {"rules": [rule("odd", "allow", when=FAILS)]},
        {"rules": [rule("odd", "deny", when=FAILS), rule("all", "allow")]},
        {"variables": {"odd": "1 / (alerts - alerts)"}},
        {"risk": [{"name": "odd", "when": FAILS, "points": 0}]},
    ],
)
def test_whatever_fails_denies_and_is_listed(fields: dict[str, Any]) -> None:
    """A rule of any verdict, a variable that nobody reads, a term without weight."""
    decision = _judged(*fields.pop("rules", [rule("all", "allow")]), **fields)
    assert decision.verdict is Verdict.DENY
    assert "odd" in decision.errors[0]
    assert decision.rule in ("odd", "condition-failed")


def test_no_usable_policy_denies_and_says_why() -> None:
    """The plan's hash is kept, so the decision is about exactly this plan."""
    decision = closed(plan(), "policy.yaml: line 3: odd")
    assert (decision.verdict, decision.rule, decision.plan_hash) == (
        Verdict.DENY,
        "no-usable-policy",
        plan().plan_hash,
    )
    assert "line 3" in decision.reason


def test_explain_hears_every_rule_about_every_question() -> None:
    """An action and its way back; a plan without actions puts none."""
    judge = Judge(policy(rule("a", "allow"), rule("b", "deny", when="alerts > 5")))
    there, back = judge.explain(case(planned(scale(8), way_back=scale(4))))
    assert [r.id for r in there.rulings] == [r.id for r in back.rulings] == ["a", "b"]
    assert back.question.backwards
    assert judge.explain(case()) == []


@settings(max_examples=80, deadline=None)
@given(rules=RULES, added=st.sampled_from(["deny", "ask"]), where=st.integers(0, 6))
def test_adding_a_stricter_rule_never_makes_a_verdict_laxer(
    rules: list[tuple[str, str]], added: str, where: int
) -> None:
    """Whatever the rules, their conditions and their order."""
    given_rules = [rule(f"r{n}", verdict, when=when) for n, (verdict, when) in enumerate(rules)]
    more = [*given_rules[:where], rule("added", added), *given_rules[where:]]
    strict_before = STRICTNESS[_judged(*given_rules).verdict]
    silent_before = _judged(*given_rules).rule == "nothing-matched"
    assert STRICTNESS[_judged(*more).verdict] >= strict_before or (silent_before and added == "ask")


@settings(max_examples=80, deadline=None)
@given(rules=RULES)
def test_a_plan_is_never_allowed_when_a_condition_failed(rules: list[tuple[str, str]]) -> None:
    """And an allow always has a rule that said so."""
    decision = _judged(*(rule(f"r{n}", verdict, when=when) for n, (verdict, when) in enumerate(rules)))
    if any(when == FAILS for _, when in rules):
        assert decision.verdict is Verdict.DENY
        assert decision.errors
    if decision.verdict is Verdict.ALLOW:
        assert any(verdict == "allow" and decision.rule == f"r{n}" for n, (verdict, _) in enumerate(rules))


def test_the_same_case_always_gets_the_same_decision() -> None:
    """It is pure: no clock, no chance."""
    judge = Judge(shipped())
    asked = case(planned(rollback(), way_back=rollback(to_revision=7)))
    assert judge.judge(asked) == Judge(shipped()).judge(asked)


def test_the_shipped_policy_is_judged_in_well_under_ten_milliseconds() -> None:
    """One millisecond is the aim; ten leave room for a busy machine."""
    judge, asked = Judge(shipped()), case(planned(rollback(), way_back=rollback(to_revision=7)))
    taken = []
    for _ in range(20):
        began = time.perf_counter()
        judge.judge(asked)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.010
