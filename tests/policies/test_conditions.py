"""Conditions in CEL: checked when compiled, closed when they fail."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from holdfast.policies.case import Question, facts
from holdfast.policies.conditions import VARIABLES, Compiler
from tests.policies.shop import ROLLBACK, case

SEEN = facts(case(ROLLBACK), Question(action=ROLLBACK))


def test_every_declared_name_has_a_fact_and_every_fact_a_name() -> None:
    """So that no condition compiles and then always fails."""
    assert set(SEEN) == set(VARIABLES)


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_every_name_can_be_asked_for(name: str) -> None:
    """Its type is the declared one, so comparing it with itself holds."""
    assert Compiler({}).compile(f"{name} == {name}").ask(SEEN).holds


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("nonsense(", "1:10: Syntax error"),
        ("service.nmae == 'x'", "1:8: undeclared reference to 'service.nmae'"),
        ("service.tier == 'one'", "1:14: found no matching overload"),
        ("hypothesis.confidence < 1", "found no matching overload"),
        ("variables.unknown", "undeclared"),
        ("service.name", "must be true or false, but is STRING"),
        ("dyn(true)", "must be true or false"),
        ("(" * 300 + "true" + ")" * 300, "recursion"),
    ],
)
def test_names_and_types_are_checked_before_anything_is_judged(text: str, wrong: str) -> None:
    """The message says where in the condition."""
    with pytest.raises(ValueError, match=wrong):
        Compiler({}).compile(text)


@pytest.mark.parametrize("text", ["1 / (plan.actions - plan.actions) == 1", "now.getHours('Nowhere/At') == 1"])
def test_a_condition_that_fails_does_not_hold_and_says_why(text: str) -> None:
    """An error in CEL comes back as a truthy value; it is never a yes."""
    answer = Compiler({}).compile(text).ask(SEEN)
    assert not answer.holds
    assert answer.error


def test_a_fact_that_is_missing_or_of_another_type_is_an_error() -> None:
    """Not an exception, and not a yes."""
    condition = Compiler({}).compile("action.replicas > 3")
    assert "action.replicas" in condition.ask({}).error
    assert condition.ask({"action.replicas": "many"}).error


def test_a_variable_may_use_those_before_it() -> None:
    """Each is typed, so a mistake in its use is found at once."""
    compiler = Compiler({"limit": "3", "many": "action.replicas > variables.limit"})
    seen, errors = compiler.evaluate({**SEEN, "action.replicas": 4})
    assert errors == ()
    assert compiler.compile("variables.many").ask(seen).holds
    with pytest.raises(ValueError, match="overload"):
        compiler.compile("variables.limit == 'three'")


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ({"later": "variables.first", "first": "1"}, r"variables\.later: 1:10: undeclared"),
        ({"Bad-Name": "1"}, r"variables\.Bad-Name: a name is lower-case"),
        ({"odd": "1 +"}, r"variables\.odd: 1:4"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], wrong: str) -> None:
    """It is found when the policy is loaded."""
    with pytest.raises(ValueError, match=wrong):
        Compiler(variables)


def test_a_variable_that_fails_is_an_error_and_so_is_what_reads_it() -> None:
    """Nothing is guessed in its place."""
    compiler = Compiler({"share": "1 / (actions_done - actions_done)"})
    seen, errors = compiler.evaluate(SEEN)
    assert "variables.share" in errors[0]
    assert compiler.compile("variables.share == 1").ask(seen).error


def test_a_condition_says_what_it_reads_through_variables_too() -> None:
    """So that `lint` finds a variable that nothing uses."""
    compiler = Compiler({"mine": "action.service == service.name"})
    assert {"action.service", "service.name"} <= compiler.compile("variables.mine || alerts > 1").reads
    assert not any(n.startswith("action.") for n in compiler.compile("alerts > 1").reads)


def test_a_name_within_a_text_or_a_comment_changes_nothing() -> None:
    """What is quoted is no name."""
    condition = Compiler({"x": "true"}).compile("'variables.x' != service.name // don't read action.kind\n")
    assert condition.ask(SEEN).holds


def test_times_are_compared_across_zones() -> None:
    """A freeze is a moment, wherever the clock stands; a zone can be named."""
    compiler = Compiler({})
    there = datetime(2026, 12, 20, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert compiler.compile("now < timestamp('2026-12-20T00:00:00Z')").ask({"now": there}).holds
    noon = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert compiler.compile("now.getHours('Europe/Berlin') == 14").ask({"now": noon}).holds


def test_only_rules_may_look_at_the_risk() -> None:
    """Its terms are weighed before the rules."""
    compiler = Compiler({})
    assert compiler.compile("risk.score >= 7.0").ask({"risk.score": 8.0}).holds
    with pytest.raises(ValueError, match=r"risk\.score"):
        compiler.compile("risk.score >= 7.0", with_risk=False)
