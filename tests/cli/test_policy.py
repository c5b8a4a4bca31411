"""The policy commands: what they print, in words and in JSON, and how they exit."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.policy import policy_app

GOOD = """\
name: small
version: 4
people: {oncall: [alice]}
rules:
  - {id: asks, verdict: ask, approvers: [oncall], reason: A person decides.}
"""
CASES = """\
cases:
  - name: a restart asks
    given: {action: restart_deployment}
    expect: {verdict: ask, rule: asks}
"""


def _run(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(policy_app, [str(a) for a in arguments])


def _json(*arguments: object) -> Any:
    return json.loads(_run(*arguments, "--json").stdout)


def _file(folder: Path, text: str, name: str = "policy.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_good_policy_can_be_used(tmp_path: Path) -> None:
    """Nothing found, exit 0."""
    result = _run("lint", _file(tmp_path, GOOD))
    assert result.exit_code == 0
    assert "can be used" in result.stdout
    assert _json("lint", _file(tmp_path, GOOD)) == {"usable": True, "findings": []}


def test_a_policy_that_cannot_be_used_exits_1_and_says_where(tmp_path: Path) -> None:
    """File and line, as compilers do, so that an editor can jump there."""
    path = _file(tmp_path, GOOD + "  - {id: odd, verdict: deny, reason: r, when: service.nmae == 'x'}\n")
    result = _run("lint", path)
    assert result.exit_code == 1
    assert f"{path}:6: rules.odd.when: 1:8: undeclared reference to 'service.nmae'" in result.stdout
    found = _json("lint", path)
    assert not found["usable"]
    assert (found["findings"][0]["level"], found["findings"][0]["line"]) == ("error", 6)


def test_a_warning_counts_only_when_strict() -> None:
    """The shipped policy lets anyone approve, and says so."""
    assert _run("lint").exit_code == 0
    assert "lets anyone" in _run("lint", "shipped").stdout
    assert _run("lint", "shipped", "--strict").exit_code == 1


@pytest.mark.parametrize(
    "arguments", [["lint", "nowhere.yaml"], ["test", "nowhere.yaml", "x"], ["explain", "nowhere.yaml"]]
)
def test_a_missing_file_is_wrong_use(arguments: list[str]) -> None:
    """Exit 2, the file's name on standard error, no traceback."""
    result = _run(*arguments)
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.stderr
    assert "Traceback" not in result.output


def test_the_shipped_policy_passes_its_own_cases() -> None:
    """They are its promises."""
    result = _run("test", "shipped")
    assert result.exit_code == 0, result.stdout
    assert "differs" not in result.stdout


def test_a_case_that_differs_exits_1_and_says_how(tmp_path: Path) -> None:
    """What was answered, and what was expected."""
    policy = _file(tmp_path, GOOD)
    assert _run("test", policy, _file(tmp_path, CASES, "good.yaml")).exit_code == 0
    wrong = _file(tmp_path, CASES.replace("verdict: ask", "verdict: allow"), "wrong.yaml")
    result = _run("test", policy, wrong)
    assert result.exit_code == 1
    assert "verdict is ask, not allow" in result.stdout
    assert _json("test", policy, wrong)[0]["passed"] is False


def test_cases_that_cannot_be_used_are_wrong_use(tmp_path: Path) -> None:
    """They are named with field and line; so is a policy that cannot judge, and no file at all."""
    policy = _file(tmp_path, GOOD)
    broken = _file(tmp_path, CASES.replace("restart_deployment", "reboot"), "broken.yaml")
    result = _run("test", policy, broken)
    assert result.exit_code == 2
    assert "line 3: cases.0.given.action" in result.stderr
    assert _run("test", _file(tmp_path, "rules: []", "bad.yaml"), broken).exit_code == 2
    assert "CASES" in _run("test", policy).stderr


def test_explain_says_verdict_rule_risk_and_what_every_rule_said() -> None:
    """A person sees why, and what else was weighed."""
    result = _run("explain", "--action", "rollback_deployment", "--cause", "bad_release", "--tier", "1")
    assert result.exit_code == 0
    assert "ask by critical-services (shipped 2+" in result.stdout
    assert "risk +2 critical-service: tier 1" in result.stdout
    assert "its way back, roll back deployment shop/checkout to revision 7" in result.stdout
    assert "ask   production-asks: holds" in result.stdout
    assert "never-to-zero" not in result.stdout
    assert "1 of: anyone with a name" in result.stdout


def test_explain_all_shows_the_rules_that_had_no_say() -> None:
    """Whether they were about something else or their condition did not hold."""
    shown = _run("explain", "--all").stdout
    assert "deny  never-to-zero: its condition does not hold" in shown
    assert "deny  database-outage-only-tells: is not about this" in shown


def test_explain_takes_parameters_and_any_other_circumstance() -> None:
    """As a case file would say them."""
    said = _json("explain", "--action", "scale_deployment", "--param", "replicas=60", "--given", "pods=12")
    assert (said["decision"]["verdict"], said["decision"]["rule"]) == ("deny", "too-many-replicas")
    assert "many-pods" in {t["name"] for t in said["decision"]["risk_terms"]}
    assert [h["backwards"] for h in said["heard"]] == [False, True]
    assert {"rule", "verdict", "said", "reason"} == set(said["heard"][0]["rulings"][0])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--action", "reboot"], "action"),
        (["--cause", "gremlins"], "cause"),
        (["--tier", "9"], "tier"),
        (["--confidence", "sure"], "confidence"),
        (["--given", "nonsense"], "FIELD=VALUE"),
        (["--given", "colour=red"], "colour"),
        (["--param", "replicas=many", "--action", "scale_deployment"], "action.replicas"),
    ],
)
def test_what_is_given_wrongly_is_named(arguments: list[str], named: str) -> None:
    """Exit 2, in one line."""
    result = _run("explain", *arguments)
    assert result.exit_code == 2
    assert named in result.stderr
    assert "Traceback" not in result.output


def test_show_prints_the_shipped_policy_to_begin_from(tmp_path: Path) -> None:
    """What it prints is a policy, and passes its cases."""
    mine = _file(tmp_path, _run("show").stdout, "mine.yaml")
    cases = _file(tmp_path, _run("show", "--cases").stdout, "cases.yaml")
    assert _run("test", mine, cases).exit_code == 0


def test_markup_in_a_policy_is_printed_as_it_is(tmp_path: Path) -> None:
    """A reason is text, never formatting."""
    path = _file(tmp_path, GOOD.replace("A person decides.", "'[bold]see[/] [x]'"))
    assert "[bold]see[/] [x]" in _run("explain", path).stdout
