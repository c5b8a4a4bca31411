"""The spine, walked on a real Temporal server with scripted hands: every way through."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from holdfast.activities.contracts import ToolCall
from holdfast.domain.alert import AlertStatus
from holdfast.domain.approval import Choice, Outcome
from holdfast.domain.attempt import AttemptState
from holdfast.domain.decision import Verdict
from holdfast.domain.incident import IncidentStatus
from holdfast.workflows import names
from holdfast.workflows.messages import AlertBatch, Heard, PlanChange, Said
from tests.examples import AT, alert, hypothesis, restart, rollback
from tests.workflows.hands import INSTANT, Answer, Hands, ballot, open_incident, refused, snapshot, until, working


async def test_an_allowed_plan_is_done_verified_and_closed(temporal: WorkflowEnvironment) -> None:
    """Policy allows: the incident closes without a human, and the action was done once."""
    hands = Hands(verdict=Verdict.ALLOW)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert hands.times("executor.rollback_deployment") == 1
    assert [a.state for a in seen.attempts] == [AttemptState.DONE]
    assert seen.attempts[0].verification is not None
    assert seen.report is not None
    assert seen.number == "INC-1"
    assert hands.recorded[-1].status is IncidentStatus.CLOSED


async def test_an_ask_waits_for_a_person_and_then_acts(temporal: WorkflowEnvironment) -> None:
    """Policy asks: nothing is done before a vote, and once after it."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        assert hands.times("executor.rollback_deployment") == 0
        heard = await handle.execute_update(names.UPDATE_VOTE, ballot(seen), result_type=Heard)
        assert heard.votes == 1
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert [a.outcome for a in seen.approvals] == [Outcome.APPROVED]
    assert seen.approvals[0].voters == ("alice",)
    assert hands.times("executor.rollback_deployment") == 1
    assert any("Approval needed" in text for text in hands.told)


async def test_a_rejected_plan_goes_to_people(temporal: WorkflowEnvironment) -> None:
    """One rejection ends the ask; nothing is done, people have it, and they can close it."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        await handle.signal(names.SIGNAL_VOTE, ballot(seen, choice=Choice.REJECT))
        seen = await until(handle, "escalated")
        assert "rejected by alice" in seen.outcome
        await handle.execute_update(names.UPDATE_CLOSE, Said(by="alice", reason="fixed by hand"), result_type=Heard)
        assert await handle.result() == "closed"
    assert hands.times("executor.rollback_deployment") == 0


async def test_an_unanswered_ask_reminds_escalates_and_expires(temporal: WorkflowEnvironment) -> None:
    """Seven virtual days pass: reminders go out, the next people are told once, and it ends with people."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        await temporal.fast_forward(handle, timedelta(minutes=20))
        await temporal.fast_forward(handle, timedelta(hours=8))
        seen = await snapshot(handle)
        assert sum("Still waiting" in e.text for e in seen.timeline) == 3
        await temporal.fast_forward(handle, timedelta(days=7))
        seen = await until(handle, "escalated")
        assert seen.approvals[-1].outcome is Outcome.EXPIRED
    assert hands.times("executor.rollback_deployment") == 0


async def test_a_modified_plan_is_judged_again_and_old_votes_do_not_count(temporal: WorkflowEnvironment) -> None:
    """The change makes a new plan hash; the proposer's own vote is refused, another person's counts."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        first = await until(handle, "awaiting_approval")
        assert first.plan is not None
        old = first.plan.plan_hash
        change = PlanChange(plan_hash=old, by="bob", index=0, parameters={"to_revision": 5})
        await handle.execute_update(names.UPDATE_MODIFY_PLAN, change, result_type=Heard)
        second = await _asked_again(handle, old)
        assert second.plan is not None
        await _refused(handle, ballot(first), "StalePlan")
        await _refused(handle, ballot(second, voter="bob"), "Proposer")
        await handle.execute_update(names.UPDATE_VOTE, ballot(second), result_type=Heard)
        assert await handle.result() == "closed"
    assert [j.plan.proposer for j in hands.judged] == ["holdfast", "bob"]
    assert list(hands.done) == [
        'executor.rollback_deployment {"deployment":"checkout","namespace":"shop","to_revision":5}'
    ]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"to_revision": 0}, "parameters.rollback_deployment.to_revision"),
        ({"shell": "rm"}, "parameters.shell"),
        ({"kind": "scale_deployment"}, "parameters.kind"),
    ],
)
async def test_a_change_that_makes_no_sense_names_the_field(
    temporal: WorkflowEnvironment, parameters: dict[str, Any], field: str
) -> None:
    """A wrong parameter is refused at once, and the ask stays as it was."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        assert seen.plan is not None
        change = PlanChange(plan_hash=seen.plan.plan_hash, by="bob", index=0, parameters=parameters)
        with pytest.raises(WorkflowUpdateFailedError) as error:
            await handle.execute_update(names.UPDATE_MODIFY_PLAN, change, result_type=Heard)
        assert field.rsplit(".", maxsplit=1)[-1] in str(error.value.cause)
        assert (await snapshot(handle)).plan == seen.plan


async def test_a_fix_that_does_not_help_is_taken_back_and_the_next_hypothesis_is_tried(
    temporal: WorkflowEnvironment,
) -> None:
    """Verification fails: the way back is taken on its own grant and verified, then the second remedy heals."""
    hands = Hands(
        verdict=Verdict.ALLOW,
        hypotheses=[hypothesis(), hypothesis(hypothesis_id="h2", cause="traffic_surge")],
        actions=[[rollback()], [restart()]],
        recovers=[False, False, False, True],
    )
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert [a.verification.recovered for a in seen.attempts if a.verification] == [False, False, True]
    assert [e.text for e in seen.timeline if e.text.startswith("after the way back")] == [
        "after the way back: better: False"
    ]
    kinds = [(a.action.kind, a.backwards, a.round) for a in seen.attempts]
    assert kinds == [
        ("rollback_deployment", False, 1),
        ("rollback_deployment", True, 1),
        ("restart_deployment", False, 2),
    ]
    assert len({a.grant_id for a in seen.attempts}) == 3


async def test_after_the_last_round_people_get_everything(temporal: WorkflowEnvironment) -> None:
    """Nothing helps: after the agreed number of rounds the incident stops acting."""
    hands = Hands(verdict=Verdict.ALLOW, recovers=[False], hypotheses=[hypothesis()] * 3)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "escalated")
    assert "3 remedies did not help" in seen.outcome
    assert sum(not a.backwards for a in seen.attempts) == 3


async def test_a_denied_plan_only_tells(temporal: WorkflowEnvironment) -> None:
    """Policy denies: nothing is done, people are told, and the monitor's resolve closes it."""
    hands = Hands(verdict=Verdict.DENY)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "escalated")
        resolved = alert(status=AlertStatus.RESOLVED, ends_at=AT)
        await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(resolved,)))
        assert await handle.result() == "closed"
    assert hands.times("executor.rollback_deployment") == 0
    assert any("Escalated" in text for text in hands.told)


async def test_no_hypothesis_is_said_openly(temporal: WorkflowEnvironment) -> None:
    """Unresolved is a proper outcome."""
    async with working(temporal.client, Hands(hypotheses=[])):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "escalated")
    assert "not found" in seen.outcome


async def test_a_healthy_service_is_a_false_alarm(temporal: WorkflowEnvironment) -> None:
    """When the evidence says healthy, nothing is proposed and the incident closes."""
    hands = Hands(hypotheses=[hypothesis(cause="healthy", statement="all signals are normal")])
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        assert await handle.result() == "closed"
        assert "False alarm" in (await snapshot(handle)).outcome
    assert hands.judged == []


async def test_alerts_of_a_dependency_in_trouble_are_handed_over(temporal: WorkflowEnvironment) -> None:
    """The symptom's incident ends as merged; the cause's incident holds its alert."""
    hands = Hands()
    async with working(temporal.client, hands):
        cause = await open_incident(temporal.client, alert(fingerprint="cause"))
        await until(cause, "awaiting_approval")
        hands.join = cause.id
        symptom = await open_incident(temporal.client, alert(fingerprint="symptom"))
        assert await symptom.result() == "merged"
        seen = await snapshot(cause)
    assert {a.fingerprint for a in seen.alerts} == {"cause", "symptom"}
    assert len(seen.symptoms) == 1
    assert (await _final(hands, "merged")).merged_into == cause.id


async def test_handing_over_to_an_incident_that_just_ended_loses_nothing(temporal: WorkflowEnvironment) -> None:
    """The other run is gone: the incident goes on by itself and says what was missing."""
    hands = Hands(join="inc/acme/production/gone")
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
    assert any("handed over" in m for m in seen.missing)


async def test_the_same_claim_twice_counts_once_and_is_counted(temporal: WorkflowEnvironment) -> None:
    """Repeats raise the delivery count only; another fingerprint joins."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        batch = AlertBatch(alerts=(alert(), alert(), alert(fingerprint="f2")))
        await handle.signal(names.SIGNAL_ALERTS, batch)
        seen = await snapshot(handle)
    assert [a.fingerprint for a in seen.alerts] == ["f1", "f2"]
    assert seen.alert_count == 4


async def test_a_resolve_that_overtook_its_firing_ends_quietly(temporal: WorkflowEnvironment) -> None:
    """Resolved before firing: the late firing of the same start does not count as firing."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(status=AlertStatus.RESOLVED, ends_at=AT))
        await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(alert(),)))
        await temporal.fast_forward(handle, timedelta(seconds=5))
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert "came alone" in seen.outcome
    assert seen.alert_count == 2
    assert hands.judged == []


async def test_a_resolve_withdraws_an_open_ask(temporal: WorkflowEnvironment) -> None:
    """The monitor says it is over while people are asked: the ask is withdrawn and nothing is done."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(alert(status=AlertStatus.RESOLVED, ends_at=AT),)))
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert seen.approvals[-1].outcome is Outcome.WITHDRAWN
    assert hands.times("executor.rollback_deployment") == 0


async def test_an_alert_that_returns_while_quiet_reopens(temporal: WorkflowEnvironment) -> None:
    """Resolved listens for a while: a new firing opens the same incident again."""
    settings = INSTANT.model_copy(update={"quiet": timedelta(minutes=10)})
    hands = Hands(verdict=Verdict.ALLOW, actions=[[rollback()], [restart()]])
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=settings)
        await until(handle, "resolved")
        again = alert(starts_at=AT + timedelta(minutes=5))
        await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(again,)))
        seen = await _noted(handle, "reopened")
        seen = await until(handle, "resolved")
        assert [a.action.kind for a in seen.attempts] == ["rollback_deployment", "restart_deployment"]
        await temporal.fast_forward(handle, timedelta(minutes=11))
        assert await handle.result() == "closed"


async def test_an_alert_that_comes_while_a_person_closes_it_is_not_lost(temporal: WorkflowEnvironment) -> None:
    """The run that accepted it has not ended yet: it opens again instead of ending with the alert unseen."""
    hands = Hands(record_gate=asyncio.Event())
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        await handle.execute_update(names.UPDATE_CLOSE, Said(by="alice"), result_type=Heard)
        await until(handle, "closed")
        again = alert(starts_at=AT + timedelta(minutes=5))
        await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(again,)))
        assert hands.record_gate is not None
        hands.record_gate.set()
        seen = await until(handle, "awaiting_approval")
        assert any("reopened" in e.text for e in seen.timeline)
        await handle.execute_update(names.UPDATE_VOTE, ballot(seen), result_type=Heard)
        assert await handle.result() == "closed"


async def test_a_repeat_of_the_same_firing_does_not_reopen(temporal: WorkflowEnvironment) -> None:
    """A monitor repeats what it said: that is no return."""
    settings = INSTANT.model_copy(update={"quiet": timedelta(minutes=10)})
    async with working(temporal.client, Hands(verdict=Verdict.ALLOW)):
        handle = await open_incident(temporal.client, alert(), settings=settings)
        await until(handle, "resolved")
        await handle.signal(names.SIGNAL_ALERTS, AlertBatch(alerts=(alert(),)))
        await temporal.fast_forward(handle, timedelta(minutes=11))
        assert await handle.result() == "closed"


async def test_a_refused_grant_is_no_retry_and_goes_on(temporal: WorkflowEnvironment) -> None:
    """The executor says no: one call, an attempt marked refused, and nothing to take back."""
    hands = Hands(verdict=Verdict.ALLOW, hypotheses=[hypothesis()] * 3)
    hands.tools["executor.rollback_deployment"] = _refuse_when_acting
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=INSTANT.model_copy(update={"rounds": 1}))
        seen = await until(handle, "escalated")
    assert [a.state for a in seen.attempts] == [AttemptState.REFUSED]
    assert hands.times("executor.rollback_deployment") == 1


async def test_a_source_that_is_away_is_evidence_and_blocks_nothing(temporal: WorkflowEnvironment) -> None:
    """Catalogue, metrics and chat are all refused: the incident still asks, and lists what was missing."""
    hands = Hands()
    for tool in ("catalog.map_alert_to_service", "monitoring.fetch_metrics", "communication.send_slack_message"):
        hands.tools[tool] = _forbidden
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        seen = await _noted(handle, "people could not be told")
    assert seen.evidence[0].missing
    assert len(seen.missing) >= 3
    assert seen.service is not None
    assert not seen.service.known


async def test_what_no_catalogue_says_the_alerts_labels_say(temporal: WorkflowEnvironment) -> None:
    """With the catalogue away, the cluster is still looked at where the alert says the service runs."""
    hands = Hands()
    hands.tools["catalog.map_alert_to_service"] = _forbidden
    async with working(temporal.client, hands):
        labels = {"namespace": "till", "deployment": "checkout-v2"}
        handle = await open_incident(temporal.client, alert(labels=labels))
        seen = await until(handle, "awaiting_approval")
    assert seen.service is not None
    assert (seen.service.namespace, seen.service.deployment, seen.service.known) == ("till", "checkout-v2", False)


async def test_only_named_approvers_reach_the_quorum(temporal: WorkflowEnvironment) -> None:
    """Two of three named people are needed; a stranger and a doubled click do not count."""
    hands = Hands(approvers=("alice", "bob", "carol"), quorum=2)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        await _refused(handle, ballot(seen, voter="mallory"), "NotAllowed")
        heard = await handle.execute_update(names.UPDATE_VOTE, ballot(seen, vote_id="click"), result_type=Heard)
        again = await handle.execute_update(names.UPDATE_VOTE, ballot(seen, vote_id="click"), result_type=Heard)
        assert (heard.votes, again.votes) == (1, 1)
        await _refused(handle, ballot(seen, vote_id="other"), "AlreadyVoted")
        assert hands.times("executor.rollback_deployment") == 0
        await handle.signal(names.SIGNAL_VOTE, ballot(seen, voter="bob"))
        assert await handle.result() == "closed"


async def test_an_emergency_stop_halts_an_action_in_flight(temporal: WorkflowEnvironment) -> None:
    """The running action is cancelled, written down as stopped, and nothing more is done."""
    hands = Hands(verdict=Verdict.ALLOW, gate=asyncio.Event())
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "remediating")
        await handle.execute_update(names.UPDATE_STOP, Said(by="alice", reason="wrong"), result_type=Heard)
        seen = await until(handle, "escalated", seconds=20)
    assert [a.state for a in seen.attempts] == [AttemptState.STOPPED]
    assert seen.stopped_by == "alice"


async def test_a_person_takes_over_and_closes(temporal: WorkflowEnvironment) -> None:
    """After a take-over no vote opens anything; the person's close ends it with a report."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        await handle.execute_update(names.UPDATE_ACKNOWLEDGE, Said(by="bob"), result_type=Heard)
        await handle.execute_update(names.UPDATE_TAKE_OVER, Said(by="bob"), result_type=Heard)
        await until(handle, "escalated")
        await _refused(handle, ballot(seen), "NotAwaiting")
        await handle.execute_update(names.UPDATE_CLOSE, Said(by="bob"), result_type=Heard)
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert (seen.acknowledged_by, seen.taken_over_by) == ("bob", "bob")
    assert seen.report is not None


async def test_a_vote_before_the_ask_is_kept_as_refused(temporal: WorkflowEnvironment) -> None:
    """A signal cannot be answered, so the ledger says why it did not count."""
    async with working(temporal.client, Hands(verdict=Verdict.DENY)):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "escalated")
        await handle.signal(names.SIGNAL_VOTE, ballot(seen))
        seen = await snapshot(handle)
    assert seen.ballots[0].refused.startswith("NotAwaiting")


def _forbidden(_: object) -> dict[str, Any]:
    raise ApplicationError("no access", type="ToolForbidden", non_retryable=True)


def _refuse_when_acting(call: Any) -> dict[str, Any]:
    if call.leave is not None:
        raise refused()
    return {"before": {"replicas": 3}, "way_back": None, "no_way_back": "none"}


async def _refused(handle: Any, vote: Any, kind: str) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await handle.execute_update(names.UPDATE_VOTE, vote, result_type=Heard)
    cause = error.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == kind


async def _asked_again(handle: Any, old: str) -> Any:
    for _ in range(300):
        seen = await snapshot(handle)
        if seen.awaiting and seen.plan and seen.plan.plan_hash != old:
            return seen
        await asyncio.sleep(0.02)
    raise AssertionError("the changed plan was never asked about")


async def _noted(handle: Any, text: str) -> Any:
    for _ in range(300):
        seen = await snapshot(handle)
        if any(text in e.text for e in seen.timeline):
            return seen
        await asyncio.sleep(0.02)
    raise AssertionError(f"no line says {text!r}: {[e.text for e in seen.timeline]}")


async def _final(hands: Hands, status: str) -> Any:
    return next(i for i in reversed(hands.recorded) if i.status == status)


async def test_what_is_too_early_to_say_is_looked_at_again(temporal: WorkflowEnvironment) -> None:
    """The sources are asked again after a pause, and then there is something to decide on."""
    hands = Hands(early=1)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await _noted(handle, "too early to say; looking again in 15 s")
        assert _looks(hands) == 1
        await temporal.fast_forward(handle, timedelta(seconds=16))
        await until(handle, "awaiting_approval")
    assert _looks(hands) == 2


async def test_what_stays_too_early_to_say_is_handed_to_people(temporal: WorkflowEnvironment) -> None:
    """After three further looks the incident is unresolved, and says so."""
    hands = Hands(early=99)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await _noted(handle, "too early to say")
        await temporal.fast_forward(handle, timedelta(seconds=60))
        seen = await until(handle, "escalated")
    assert _looks(hands) == 4
    assert seen.plan is None


def _looks(hands: Hands) -> int:
    return sum(name == "monitoring.fetch_metrics" for name, _ in hands.calls)


async def test_an_action_waits_in_sight_while_another_incident_holds_its_target(temporal: WorkflowEnvironment) -> None:
    """One action at a time on a target: the timeline says for whom it waits, and then it is done once."""
    hands = Hands(verdict=Verdict.ALLOW)
    hands.tools["executor.rollback_deployment"] = _busy(2)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        for asked in (1, 2):
            await _noted(handle, "waits: deployment/shop/checkout is being acted on for incident inc/")
            while hands.times("executor.rollback_deployment") < asked:
                await asyncio.sleep(0.02)
            await temporal.fast_forward(handle, timedelta(seconds=31))
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert hands.times("executor.rollback_deployment") == 3
    assert [a.state for a in seen.attempts] == [AttemptState.DONE]
    assert sum("waits: " in e.text for e in seen.timeline) == 1


async def test_a_target_that_is_never_let_go_is_handed_to_people(temporal: WorkflowEnvironment) -> None:
    """After an hour the attempt was refused, with who held the target as its reason."""
    hands = Hands(verdict=Verdict.ALLOW)
    hands.tools["executor.rollback_deployment"] = _busy(10_000)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=INSTANT.model_copy(update={"rounds": 1}))
        await _noted(handle, "waits: ")
        for asked in range(1, 36):
            while hands.times("executor.rollback_deployment") < asked and not (await snapshot(handle)).attempts:
                await asyncio.sleep(0.01)
            await temporal.fast_forward(handle, timedelta(minutes=2, seconds=1))
        seen = await until(handle, "escalated")
    assert [a.state for a in seen.attempts] == [AttemptState.REFUSED]
    assert "is being acted on for incident" in seen.attempts[0].error


def _busy(times: int) -> Answer:
    """Let the dry run pass, and refuse the first `times` calls that act because the target is held."""
    left = [times]

    def answer(call: ToolCall) -> dict[str, Any]:
        if call.leave is None:
            return {"before": {}, "diff": "", "way_back": None, "no_way_back": "none"}
        left[0] -= 1
        if left[0] >= 0:
            text = "deployment/shop/checkout is being acted on for incident inc/default/production/cart"
            raise ApplicationError(text, type="ToolBusy", non_retryable=True)
        return {"done": True, "effect_id": "e1", "first": True}

    return answer
