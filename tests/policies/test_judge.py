"""The judge and the shipped policy: what may happen by itself, what asks, what never."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.action import Action, RunDiagnosticJob, ScaleDeployment
from holdfast.domain.decision import Verdict
from holdfast.domain.diagnosis import Cause
from holdfast.domain.incident import IncidentKey
from holdfast.domain.plan import BlastRadius, PlannedAction
from holdfast.domain.service import Service
from holdfast.policies.document import Policy, PolicyError, Rule, open_to_anyone, parse
from holdfast.policies.judge import Case, Judge
from holdfast.policies.source import PolicySource, shipped
from tests.examples import hypothesis, plan, restart, rollback

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
SHIPPED = Judge(shipped())


def case(action: Action | None, **fields: Any) -> Case:
    """Return a case about one action in production; `cause`, `confidence`, `environment`, `kind` can be given."""
    environment = fields.get("environment", "production")
    planned = (PlannedAction(action=action, blast_radius=BlastRadius(pods=3)),) if action else ()
    return Case(
        key=IncidentKey(tenant="acme", environment=environment, service="checkout"),
        service=Service(name="checkout", environment=environment, tier=1, kind=fields.get("kind", "deployment")),
        severity="high",
        hypothesis=hypothesis(cause=fields.get("cause", Cause.BAD_RELEASE), confidence=fields.get("confidence", 0.8)),
        plan=fields.get("plan") or plan(actions=planned),
        at=AT,
    )


def scale(replicas: int) -> ScaleDeployment:
    return ScaleDeployment(service="checkout", namespace="shop", deployment="checkout", replicas=replicas)


@pytest.mark.parametrize(
    ("action", "fields", "verdict", "rule"),
    [
        (restart(), {"cause": Cause.OUT_OF_MEMORY}, Verdict.ALLOW, "memory-crash-restarts"),
        (restart(), {"cause": Cause.MEMORY_LEAK}, Verdict.ASK, "production-restart-asks"),
        (rollback(), {}, Verdict.ASK, "production-asks"),
        (rollback(), {"environment": "staging"}, Verdict.ALLOW, "elsewhere-low-risk"),
        (rollback(), {"confidence": 0.2, "environment": "staging"}, Verdict.ASK, "unsure-asks"),
        (restart(), {"cause": Cause.DATABASE_DOWN}, Verdict.DENY, "database-outage-tells"),
        (restart(), {"kind": "database", "cause": Cause.OUT_OF_MEMORY}, Verdict.DENY, "databases"),
        (restart(namespace="kube-system"), {"cause": Cause.OUT_OF_MEMORY}, Verdict.DENY, "system-namespaces"),
        (scale(51), {"environment": "staging"}, Verdict.DENY, "too-many-replicas"),
        (scale(0), {}, Verdict.DENY, "never-to-zero"),
        (scale(6), {}, Verdict.ASK, "production-asks"),
        (RunDiagnosticJob(namespace="shop", job="dns-lookup", target="db"), {}, Verdict.ALLOW, "diagnosis-looks"),
    ],
)
def test_the_shipped_policy(action: Action, fields: dict[str, Any], verdict: Verdict, rule: str) -> None:
    """Each row is a promise of the shipped policy."""
    decision = SHIPPED.judge(case(action, **fields))
    assert (decision.verdict, decision.rule) == (verdict, rule)
    assert decision.errors == ()


def test_a_memory_crash_restart_tells_people() -> None:
    """It acts by itself, and then tells."""
    assert "tell" in SHIPPED.judge(case(restart(), cause=Cause.OUT_OF_MEMORY)).obligations


def test_an_ask_names_people_quorum_version_and_risk() -> None:
    """Everything a person needs to answer is in the decision."""
    decision = SHIPPED.judge(case(rollback()))
    assert decision.approvers == ("*",)
    assert decision.policy_version.startswith("1+")
    assert {t.name for t in decision.risk_terms} == {"production", "critical-service"}
    assert decision.risk == 5


def test_an_empty_plan_only_tells() -> None:
    """Nothing to allow, something to say."""
    decision = SHIPPED.judge(case(None))
    assert (decision.verdict, decision.rule, decision.obligations) == (Verdict.ALLOW, "tells-only", ("tell",))


def test_nothing_matched_means_deny() -> None:
    """Silence is no leave."""
    silent = _policy(Rule(id="other", match={"actions": ["restart_pod"]}, verdict="allow", reason="r"))
    decision = Judge(silent).judge(case(rollback()))
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "nothing-matched")


def test_a_condition_that_fails_denies() -> None:
    """An error in CEL is never a yes."""
    broken = _policy(
        Rule(id="odd", when="plan.actions / (plan.actions - plan.actions) == 1", verdict="allow", reason="r")
    )
    decision = Judge(broken).judge(case(rollback()))
    assert decision.verdict is Verdict.DENY
    assert "odd" in decision.errors[0]


def test_a_plan_whose_way_back_is_denied_is_denied() -> None:
    """What could not be undone by leave is not begun."""
    p = plan(actions=(PlannedAction(action=scale(4), way_back=scale(0)),))
    decision = SHIPPED.judge(case(None, plan=p, environment="staging"))
    assert decision.verdict is Verdict.DENY
    assert "way back" in decision.reason


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("name: p\nversion: 1\nrules: []", "rules"),
        ("name: p\nversion: 1\nrules: [{id: a, verdict: maybe, reason: r}]", "verdict"),
        ("name: p\nversion: 1\nrules: [{id: a, verdict: ask, reason: r}]", "approvers"),
        ("name: p\nversion: 1\nrules: [{id: a, verdict: allow, reason: r, match: {actions: [shell]}}]", "shell"),
        ("name: p\nversion: 1\nextra: 1\nrules: [{id: a, verdict: allow, reason: r}]", "extra"),
        ("name: p\nversion: 1\nrules: [{id: a, verdict: ask, reason: r, approvers: [ghosts]}]", "ghosts"),
        (": no yaml [", "YAML"),
    ],
)
def test_a_wrong_document_names_the_field(text: str, field: str) -> None:
    """The message says where."""
    with pytest.raises(PolicyError, match=field):
        parse(text)


@pytest.mark.parametrize("when", ["nonsense(", "service.nmae == 'x'", "service.tier == 'one'", "vars.unknown"])
def test_a_condition_that_does_not_compile_names_its_rule(when: str) -> None:
    """Names and types are checked before anything is judged."""
    with pytest.raises(PolicyError, match=r"rules\.bad\.when"):
        Judge(_policy(Rule(id="bad", when=when, verdict="allow", reason="r")))


def test_a_policy_file_is_read_again_when_it_changes_and_fails_closed(tmp_path: Path) -> None:
    """No deploy to change policy; a broken file is never answered by the old one."""
    path = tmp_path / "policy.yaml"
    path.write_text("name: p\nversion: 1\nrules: [{id: a, verdict: allow, reason: r}]")
    source = PolicySource(path)
    assert source.judge().judge(case(rollback())).verdict is Verdict.ALLOW
    path.write_text("name: p\nversion: 2\nrules: [{id: a, verdict: deny, reason: stop}]")
    assert source.judge().judge(case(rollback())).verdict is Verdict.DENY
    path.write_text("rules: broken")
    with pytest.raises(PolicyError):
        source.judge()


def test_the_shipped_policy_says_that_anyone_may_approve() -> None:
    """So that settings outside the embedded stack can refuse it."""
    assert open_to_anyone(shipped())


@settings(max_examples=60, deadline=None)
@given(
    verdicts=st.lists(st.sampled_from(["allow", "deny", "ask"]), min_size=1, max_size=5),
    added=st.sampled_from(["deny", "ask"]),
)
def test_adding_a_stricter_rule_never_makes_a_verdict_laxer(verdicts: list[str], added: str) -> None:
    """Deny beats ask beats allow, whatever the order."""
    rank = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.DENY: 2}
    rules = [_rule(n, v) for n, v in enumerate(verdicts)]
    before = Judge(_policy(*rules)).judge(case(rollback())).verdict
    after = Judge(_policy(_rule(99, added), *rules)).judge(case(rollback())).verdict
    assert rank[after] >= rank[before]
    assert rank[before] == max(rank[Verdict(v)] for v in verdicts)


def _rule(n: int, verdict: str) -> Rule:
    return Rule(id=f"r{n}", verdict=verdict, reason="r", approvers=("oncall",))


def _policy(*rules: Rule) -> Policy:
    return Policy(name="p", version=1, people={"oncall": ("alice",)}, rules=rules)
