"""The guide's examples do what the guide says."""

import re
from pathlib import Path

import holdfast
from holdfast.policies.conditions import RISK, VARIABLES
from holdfast.policies.document import Rule, open_to_anyone
from holdfast.policies.lint import lint
from holdfast.policies.source import judge_of
from holdfast.policies.trials import Given, parse_trials, run

GUIDE = (Path(holdfast.__file__).parents[2] / "docs" / "guides" / "policy.md").read_text()


def _block(kind: str) -> str:
    found = re.search(rf"^```yaml {kind}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_guide_s_policy_is_sound() -> None:
    """Lint finds nothing in it, and it names its people."""
    assert lint(_block("policy")) == []
    assert not open_to_anyone(judge_of(_block("policy")).policy)


def test_the_guide_s_cases_pass() -> None:
    """Each of them."""
    outcomes = run(judge_of(_block("policy")), parse_trials(_block("cases")))
    assert [o for o in outcomes if not o.passed] == []


def test_the_guide_names_everything_a_condition_sees() -> None:
    """And nothing that it does not."""
    table = GUIDE.split("## What a condition sees")[1].split("## Cases")[0]
    names = {n for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for n in re.findall(r"`([^`]+)`", row)}
    assert names == {*VARIABLES, RISK, "variables.NAME"}


def test_the_guide_names_every_field_of_rules_and_cases() -> None:
    """What can be written can be read about."""
    rules = GUIDE.split("## A whole policy")[1].split("## What a condition sees")[0]
    assert all(f"`{name}`" in rules or f"{name}:" in rules for name in Rule.model_fields if name != "description")
    cases = GUIDE.split("## Cases")[1]
    assert all(re.search(rf"\b{name}\b", cases) for name in Given.model_fields)
