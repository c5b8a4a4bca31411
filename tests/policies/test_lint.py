"""What lint finds in a policy before it judges anything."""

import json
from typing import Any

import pytest

from holdfast.policies.lint import Finding, lint
from holdfast.policies.source import shipped_text


def _text(*rules: dict[str, Any], **fields: Any) -> str:
    base = [{"verdict": "deny", "reason": "r", **r} for r in rules]
    people = {"oncall": ["alice", "bob"]} if any("approvers" in r for r in rules) else {}
    return json.dumps({"name": "p", "version": 1, "people": people, "rules": base, **fields}, indent=1)


def _found(*rules: dict[str, Any], **fields: Any) -> list[str]:
    return [f"{f.level} {f.where}: {f.text}" for f in lint(_text(*rules, **fields))]


def test_a_sound_policy_has_no_findings() -> None:
    """Nothing is good news."""
    assert _found({"id": "a"}, {"id": "b", "verdict": "ask", "approvers": ["oncall"], "when": "alerts > 1"}) != []
    assert _found({"id": "a", "when": "alerts > 5"}, {"id": "b", "verdict": "ask", "approvers": ["oncall"]}) == []


def test_the_shipped_policy_is_only_too_open() -> None:
    """Which is why it is for a demonstration alone."""
    (finding,) = lint(shipped_text())
    assert (finding.level, finding.where) == ("warning", "people")
    assert finding.line > 0


def test_everything_that_does_not_compile_is_an_error_with_its_line() -> None:
    """Unknown names and wrong types, all at once."""
    found = lint(_text({"id": "a", "when": "service.nmae == 'x'"}, {"id": "b", "when": "alerts > 1.0"}))
    assert [(f.level, f.where) for f in found] == [("error", "rules.a.when"), ("error", "rules.b.when")]
    assert all(f.line > 0 for f in found)
    assert "undeclared reference to 'service.nmae'" in found[0].text


def test_what_is_no_policy_is_an_error() -> None:
    """A rule without a reason, a role that does not exist, no YAML."""
    assert "rules.0.reason" in lint("name: p\nversion: 1\nrules: [{id: a, verdict: deny}]")[0].where
    assert "'ghosts'" in _found({"id": "a", "verdict": "ask", "approvers": ["ghosts"]})[0]
    assert lint("{")[0] == Finding(level="error", where="", text=lint("{")[0].text, line=1)


@pytest.mark.parametrize(
    ("wide", "narrow", "shadowed"),
    [
        ({}, {"match": {"actions": ["restart_pod"]}}, True),
        ({"match": {"actions": ["restart_pod", "restart_deployment"]}}, {"match": {"actions": ["restart_pod"]}}, True),
        ({"match": {"actions": ["restart_pod"]}}, {"match": {"actions": ["restart_deployment"]}}, False),
        ({"match": {"actions": ["restart_pod"]}}, {"match": {"environments": ["staging"]}}, False),
        ({"match": {"environments": ["prod*"]}}, {"match": {"environments": ["production"]}}, True),
        ({"match": {"environments": ["prod*"]}}, {"match": {"environments": ["production", "staging"]}}, False),
        ({"match": {"causes": ["image"]}}, {"match": {"causes": ["image"], "tiers": [1]}}, True),
        ({"when": "alerts > 1"}, {"match": {"tiers": [1]}}, False),
        ({"when": "alerts > 1"}, {"when": "alerts > 1", "match": {"tiers": [1]}}, True),
    ],
)
def test_a_rule_that_a_stricter_one_always_beats_is_found(
    wide: dict[str, Any], narrow: dict[str, Any], *, shadowed: bool
) -> None:
    """Wherever the two stand."""
    deny, allow = {"id": "deny", **wide}, {"id": "allow", "verdict": "allow", **narrow}
    for rules in ((deny, allow), (allow, deny)):
        assert any("rules.allow: never decides" in f for f in _found(*rules)) is shadowed


def test_of_two_equal_rules_the_second_never_decides() -> None:
    """Unless it asks for more people."""
    first = {"id": "first", "verdict": "ask", "approvers": ["oncall"]}
    second = {**first, "id": "second", "match": {"tiers": [1]}}
    assert any("rules.second: never decides" in f for f in _found(first, second))
    assert _found(second, first) == []
    assert _found(first, {**second, "quorum": 2}) == []


def test_a_quorum_that_cannot_be_reached_is_an_error() -> None:
    """Such an ask would be denied."""
    (found,) = _found({"id": "a", "verdict": "ask", "approvers": ["oncall"], "quorum": 3})
    assert found == "error rules.a: a quorum of 3 cannot be reached: its roles name 2"


def test_what_nothing_uses_is_found() -> None:
    """A variable used by another variable counts as used."""
    rules = ({"id": "a", "when": "variables.two > 1"},)
    found = _found(*rules, variables={"one": "1", "two": "variables.one + 1", "dead": "3"}, people={"ops": ["alice"]})
    assert found == [
        "warning people.ops: no rule names this role",
        "warning variables.dead: nothing uses it",
    ]


def test_an_allow_without_any_condition_is_found() -> None:
    """It turns the default from no to yes."""
    assert any("allows everything" in f for f in _found({"id": "a", "verdict": "allow"}))


def test_people_named_by_a_rule_that_asks_nobody_are_found() -> None:
    """Somebody meant it to ask."""
    assert any("asks nobody" in f for f in _found({"id": "a", "approvers": ["oncall"]}))
