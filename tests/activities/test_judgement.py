"""The hand that asks policy: the decision is about exactly this plan, and a policy that cannot be used denies."""

from pathlib import Path

from temporalio.testing import ActivityEnvironment

from holdfast.activities.contracts import JudgeRequest
from holdfast.activities.judgement import JudgePlan
from holdfast.domain.decision import Verdict
from holdfast.domain.diagnosis import Cause
from holdfast.policies.source import PolicySource
from tests.examples import AT, KEY, alert, hypothesis, plan, restart
from tests.policies.shop import planned, service


def _request() -> JudgeRequest:
    return JudgeRequest(
        key=KEY,
        service=service(),
        severity="high",
        hypothesis=hypothesis(cause=Cause.OUT_OF_MEMORY),
        plan=plan(actions=(planned(restart()),)),
        alerts=(alert(), alert(fingerprint="f2")),
        actions_done=1,
        at=AT,
    )


async def test_a_plan_is_judged_by_the_shipped_policy() -> None:
    """A crash for memory restarts by itself and tells."""
    decision = await ActivityEnvironment().run(JudgePlan(PolicySource()).judge_plan, _request())
    assert (decision.verdict, decision.rule, decision.obligations) == (
        Verdict.ALLOW,
        "memory-crash-restarts",
        ("tell",),
    )
    assert decision.plan_hash == _request().plan.plan_hash


async def test_every_field_of_the_request_reaches_the_conditions(tmp_path: Path) -> None:
    """Alerts are counted, the time is the workflow's."""
    when = "alerts == 2 && actions_done == 1 && tenant == 'acme' && now == timestamp('2026-03-01T03:00:00Z')"
    path = tmp_path / "policy.yaml"
    path.write_text(f'name: p\nversion: 1\nrules: [{{id: a, verdict: allow, reason: r, when: "{when}"}}]')
    decision = await ActivityEnvironment().run(JudgePlan(PolicySource(path)).judge_plan, _request())
    assert (decision.verdict, decision.rule) == (Verdict.ALLOW, "a")


async def test_a_policy_that_breaks_while_running_denies_with_the_error(tmp_path: Path) -> None:
    """Never the old one in silence, never a stuck retry; mended, it judges again."""
    path = tmp_path / "policy.yaml"
    good = "name: p\nversion: 1\nrules: [{id: a, verdict: allow, reason: r}]"
    path.write_text(good)
    hand = JudgePlan(PolicySource(path))
    assert (await ActivityEnvironment().run(hand.judge_plan, _request())).verdict is Verdict.ALLOW
    for broken in (b"name: p\nversion: 1\nrules: nonsense", b"\xff\xfe", b""):
        path.write_bytes(broken)
        decision = await ActivityEnvironment().run(hand.judge_plan, _request())
        assert (decision.verdict, decision.rule) == (Verdict.DENY, "no-usable-policy")
        assert "policy.yaml" in decision.errors[0]
    path.unlink()
    assert (await ActivityEnvironment().run(hand.judge_plan, _request())).verdict is Verdict.DENY
    path.write_text(good)
    assert (await ActivityEnvironment().run(hand.judge_plan, _request())).verdict is Verdict.ALLOW


async def test_a_condition_that_fails_is_in_the_decision(tmp_path: Path) -> None:
    """People see which one; the activity itself succeeds."""
    path = tmp_path / "policy.yaml"
    path.write_text(
        'name: p\nversion: 1\nrules: [{id: odd, verdict: allow, reason: r, when: "1 / (alerts - alerts) == 1"}]'
    )
    decision = await ActivityEnvironment().run(JudgePlan(PolicySource(path)).judge_plan, _request())
    assert decision.verdict is Verdict.DENY
    assert "odd" in decision.errors[0]
