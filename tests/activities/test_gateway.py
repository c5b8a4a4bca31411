"""The one door to every tool: who may go through it, and what goes in."""

from typing import Any

import pytest
from pydantic import JsonValue

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.activities.contracts import ToolCall
from holdfast.activities.errors import ToolErrorKind
from holdfast.activities.gateway import GRANT_LIFE
from holdfast.domain.decision import Verdict
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.domain.grant import Leave
from tests.activities.door import ACTING, ARGUMENTS, QUESTION, Door, acting, actor, leave, raw
from tests.examples import KEY, decision, plan, rollback, vote
from tests.fakes import ScriptedCaller
from tests.tools.stand import grant


async def test_a_tool_nobody_configured_is_refused_for_good() -> None:
    """No retry makes a tool appear."""
    door = Door()
    failure = await door.refuses("monitoring.guess", ToolCall())
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.NOT_CONFIGURED, True)
    assert door.caller.called == []


async def test_a_worker_that_looks_refuses_to_act() -> None:
    """Even with leave: the acting tools are not for this process."""
    door = Door()
    failure = await door.refuses("executor.rollback_deployment", acting(leave()))
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.FORBIDDEN, True)
    assert door.caller.called == []


async def test_a_worker_that_acts_does_not_look() -> None:
    """The process with the key is asked for nothing else."""
    assert (await actor().refuses("catalog.get_runbook", ToolCall())).type == ToolErrorKind.FORBIDDEN


async def test_evidence_comes_from_looking_tools_alone() -> None:
    """A tool that tells people is no question."""
    failure = await Door().refuses("communication.send_slack_message", ToolCall(evidence=QUESTION))
    assert failure.type == ToolErrorKind.FORBIDDEN


async def test_what_is_no_tool_call_is_refused_naming_the_field() -> None:
    """A wrong payload says what is wrong with it, once."""
    failure = await Door().refuses("catalog.get_runbook", raw({"arguments": "all of them"}))
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.BAD_INPUT, True)
    assert "arguments" in str(failure)


async def test_the_call_carries_its_key_its_trace_and_less_time_than_the_activity() -> None:
    """The tool gives up before Temporal does, so that its own words are heard."""
    door = Door()
    await door.call("communication.send_slack_message", ToolCall(arguments={"text": "hi"}, key="k1", trace_id="t1"))
    (called,) = door.caller.called
    assert called.name == "communication.send_slack_message"
    assert called.meta == {"holdfast/trace-id": "t1", "holdfast/idempotency-key": "k1"}
    assert called.timeout == pytest.approx(18)


@pytest.mark.parametrize("asked", [{}, {"tenant": "globex"}])
async def test_what_a_tenant_keeps_is_searched_for_the_incidents_own(asked: dict[str, JsonValue]) -> None:
    """Whatever the question says, as evidence or as data."""
    door = Door(caller=ScriptedCaller({"incidents": []}))
    name, arguments = "memory.find_similar_incidents", {"service": "checkout", **asked}
    question = EvidenceRequest(kind=EvidenceKind.SIMILAR, tool=name, arguments=arguments, service="checkout")
    await door.call(name, ToolCall(evidence=question))
    await door.call(name, ToolCall(arguments=arguments))
    assert [c.arguments for c in door.caller.called] == [{"service": "checkout", "tenant": KEY.tenant}] * 2


async def test_memories_are_for_incidents_alone() -> None:
    """Another workflow has no tenant, so it is shown none's."""
    failure = await Door(workflow="something-else").refuses("memory.find_similar_incidents", ToolCall())
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.FORBIDDEN, True)


async def test_an_answers_secret_is_known_by_its_key() -> None:
    """A pair of JSON is judged as a pair."""
    door = Door(caller=ScriptedCaller({"env": {"password": "x", "region": "eu"}}))
    answer = await door.call("catalog.get_runbook", ToolCall())
    assert answer.data == {"env": {"password": "[redacted:secret]", "region": "eu"}}


async def test_a_secret_is_not_told_to_people() -> None:
    """What goes out to a channel is redacted on its way."""
    door = Door()
    blocks: JsonValue = [{"text": "password=hunter22secret"}]
    await door.call("communication.send_slack_message", ToolCall(arguments={"text": "hi", "blocks": blocks}))
    assert "hunter22secret" not in str(door.caller.called[0].arguments)


async def test_leave_becomes_a_grant_for_exactly_this_action() -> None:
    """The grant names incident, plan and action, lives for minutes, and goes to the tool alone."""
    door = actor()
    answer = await door.call("executor.rollback_deployment", acting(leave()))
    (called,) = door.caller.called
    assert called.arguments == {**ARGUMENTS, "dry_run": False, "grant": "signed-1", "incident": KEY.workflow_id}
    assert door.issuer is not None
    (signed,) = door.issuer.signed
    assert signed.grant_id == f"{KEY.workflow_id}/{plan().plan_hash}/0"
    assert signed.action_digest == rollback().digest
    assert signed.expires_at - signed.issued_at == GRANT_LIFE
    assert "signed-1" not in answer.model_dump_json()


async def test_a_grant_that_a_tool_echoes_does_not_enter_the_history() -> None:
    """A signed token in an answer is a secret like any other."""
    token = Ed25519Issuer(new_keys()[0]).sign(grant())
    door = actor()
    door.caller.answer = {"done": True, "seen": {"grant": token}}
    assert token not in (await door.call("executor.rollback_deployment", acting(leave()))).model_dump_json()


async def test_a_dry_run_needs_no_leave_and_gets_no_grant() -> None:
    """Trying is free."""
    door = actor()
    await door.call("executor.rollback_deployment", acting(None, dry_run=True))
    assert door.caller.called[0].arguments == {**ARGUMENTS, "dry_run": True}
    assert door.issuer is not None
    assert door.issuer.signed == []


async def test_the_way_back_has_a_grant_of_its_own() -> None:
    """Its id ends in `/back`, and its action is the planned way back."""
    door = actor()
    await door.call("executor.rollback_deployment", acting(leave(backwards=True), to_revision=7))
    assert door.issuer is not None
    assert door.issuer.signed[0].grant_id.endswith("/0/back")
    assert door.issuer.signed[0].action_digest == rollback(to_revision=7).digest


THE_PLAN = plan()
REFUSED: dict[str, tuple[Leave | None, dict[str, Any], str]] = {
    "no leave": (None, {}, "no leave was given"),
    "no votes": (leave(votes=()), {}, "approval"),
    "denied": (leave(decision=decision(THE_PLAN, verdict=Verdict.DENY)), {}, "denies"),
    "a decision about another plan": (leave(decision=decision(plan(round=2))), {}, "decision is about plan"),
    "a vote on another plan": (leave(votes=(vote(plan(round=2)),)), {}, "approval"),
    "one voice counted twice": (
        leave(decision=decision(THE_PLAN, quorum=2), votes=(vote(THE_PLAN), vote(THE_PLAN, vote_id="v2"))),
        {},
        "2 approval(s) are needed",
    ),
    "an action the plan has not": (leave(index=3), {}, "no action 3"),
    "another incident": (leave(incident="inc/acme/production/cart"), {}, "the leave is of"),
    "another argument": (leave(), {"to_revision": 5}, "arguments are not those"),
    "a further argument": (leave(), {"force": True}, "arguments are not those"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_without_fitting_leave_nothing_is_signed_or_called(case: str) -> None:
    """The issuer checks again what the story has checked, because it alone holds the key."""
    given, arguments, said = REFUSED[case]
    door = actor()
    failure = await door.refuses("executor.rollback_deployment", acting(given, **arguments))
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.GRANT_REFUSED, True)
    assert said in str(failure)
    assert door.issuer is not None
    assert (door.issuer.signed, door.caller.called) == ([], [])


async def test_leave_for_one_tool_does_not_open_another() -> None:
    """Leave to roll back is no leave to restart."""
    failure = await actor().refuses("executor.restart_deployment", acting(leave()))
    assert "the leave is to rollback_deployment" in str(failure)


async def test_a_gateway_without_a_key_grants_nothing() -> None:
    """A worker that was not given the key says so instead of acting."""
    door = Door(allowed=ACTING)
    assert (await door.refuses("executor.rollback_deployment", acting(leave()))).type == ToolErrorKind.GRANT_REFUSED
