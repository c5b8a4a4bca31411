"""The model's part of the spine, on a real Temporal server: what its turns cost is counted, whatever they bring."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from holdfast.activities.contracts import Doubts, Finding, ModelTurn
from holdfast.activities.errors import ModelError
from holdfast.domain.credence import UNCORROBORATED, Doubt
from holdfast.domain.decision import Verdict
from holdfast.domain.diagnosis import Cause, Diagnosis, Hypothesis, Usage
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.domain.incident import Incident
from tests.examples import alert, hypothesis
from tests.workflows.hands import INSTANT, Hands, open_incident, snapshot, working

THINKING = INSTANT.model_copy(update={"use_model": True})


def refusal(spent: Usage) -> Exception:
    """Return a turn that failed for good, as the activity tells it."""
    error = ModelError("its reply stayed unusable", permanent=True)
    error.spent = spent
    return error.as_application_error()


async def test_a_refused_turn_is_on_the_incidents_bill(temporal: WorkflowEnvironment) -> None:
    """The ranker answers instead, and the tokens of the useless replies are counted all the same."""
    paid = Usage(model="m", calls=2, prompt_tokens=200, completion_tokens=20, money=0.5, seconds=1.5)
    hands = Hands(verdict=Verdict.ALLOW, model=[refusal(paid)])
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=THINKING)
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert seen.usage == paid
    assert seen.diagnosis is not None
    assert any("its reply stayed unusable" in note for note in seen.diagnosis.notes)


async def test_a_model_that_was_never_reached_costs_nothing(temporal: WorkflowEnvironment) -> None:
    """A failure without a bill is none."""
    hands = Hands(verdict=Verdict.ALLOW, model=[refusal(Usage())])
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=THINKING)
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert seen.usage == Usage()


PAID = Usage(model="m", calls=1, prompt_tokens=100, completion_tokens=10, money=0.25)


def says(*hypotheses: Hypothesis) -> ModelTurn:
    """Return a turn that ends in a diagnosis."""
    return ModelTurn(diagnosis=Diagnosis(method="model:m", hypotheses=hypotheses, usage=PAID), usage=PAID)


def wants(query: str) -> ModelTurn:
    """Return a turn that asks for one more look."""
    looked = EvidenceRequest(
        kind=EvidenceKind.LOGS, tool="monitoring.query_logs", arguments={"query": query}, service="checkout"
    )
    return ModelTurn(wants=(looked,), usage=PAID)


def found(specialist: str) -> ModelTurn:
    """Return a specialist's finding."""
    finding = Finding(
        specialist=specialist,
        statement=f"{specialist} saw it",
        cause=Cause.BAD_RELEASE,
        service="checkout",
        evidence=("ev-1",),
    )
    return ModelTurn(findings=(finding,), usage=PAID)


async def closed(temporal: WorkflowEnvironment, hands: Hands, **settings: Any) -> Incident:
    """Play an incident to its end and return its document."""
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=THINKING.model_copy(update=settings))
        await handle.result()
        return await snapshot(handle)


async def until_timer(handle: WorkflowHandle[Any, str]) -> None:
    """Wait until the incident has decided to look again."""
    async with asyncio.timeout(10):
        while "too early to say; looking again" not in lines(await snapshot(handle)):
            await asyncio.sleep(0.02)


def lines(seen: Incident) -> str:
    """Return the story as one text."""
    return "\n".join(e.text for e in seen.timeline)


async def test_the_specialists_findings_reach_the_supervisor(temporal: WorkflowEnvironment) -> None:
    """Each is asked as an activity of its own, with its share of half the tokens; the story tells what they found."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())])
    hands.specialists = {"logs": [wants("why"), found("logs")], "changes": [found("changes")]}
    seen = await closed(temporal, hands)
    assert [who for who, _ in hands.asked].count("logs") == 2
    supervised = next(request for who, request in hands.asked if who == "supervisor")
    assert {f.specialist for f in supervised.findings} == {"logs", "changes"}
    assert [r.tokens_left for who, r in hands.asked if who == "changes"] == [15_000]
    assert "kind of alert: errors; the model's specialists are asked: logs, changes" in lines(seen)
    assert "logs specialist: logs saw it" in lines(seen)
    assert seen.usage.calls == 4
    assert seen.diagnosis is not None
    assert seen.diagnosis.method == "model:m"


async def test_a_specialist_that_fails_is_missed_and_paid(temporal: WorkflowEnvironment) -> None:
    """The others and the supervisor go on; what it cost is on the bill."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())])
    hands.specialists = {"logs": [refusal(PAID)], "changes": [found("changes")]}
    seen = await closed(temporal, hands)
    assert any("logs specialist did not answer" in what for what in seen.missing)
    assert seen.usage.calls == 3


async def test_a_reply_that_cannot_be_used_is_sent_back_once_in_an_activity_of_its_own(
    temporal: WorkflowEnvironment,
) -> None:
    """The second call is told what was wrong, and goes on from the first one's transcript."""
    bad = ModelTurn(wrong=("hypotheses.0.evidence: no such evidence",), transcript_ref="t1", usage=PAID)
    hands = Hands(verdict=Verdict.ALLOW, model=[bad, says(hypothesis())])
    seen = await closed(temporal, hands)
    _, again = hands.asked[1]
    assert (again.wrong, again.transcript_ref, again.turn) == (bad.wrong, "t1", 1)
    assert seen.usage.calls == 2


async def test_a_sceptic_may_only_lower(temporal: WorkflowEnvironment) -> None:
    """It lowers one confidence; what it would raise or invent is passed over."""
    doubts = Doubts(
        doubts=(
            Doubt(hypothesis_id="h1", confidence=0.2, why="it began before the release"),
            Doubt(hypothesis_id="h9", confidence=0.9),
        ),
        usage=PAID,
    )
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())], doubts=doubts)
    seen = await closed(temporal, hands)
    assert seen.diagnosis is not None
    assert [(h.hypothesis_id, h.confidence) for h in seen.diagnosis.hypotheses] == [("h1", 0.2)]
    assert hands.judged[0].hypothesis is not None
    assert hands.judged[0].hypothesis.confidence == 0.2
    assert seen.usage.calls == 2


async def test_a_sceptic_does_not_choose_what_is_planned(temporal: WorkflowEnvironment) -> None:
    """Talked out of the first cause, it leaves the first to people and the second where it was."""
    both = hypothesis(), hypothesis(hypothesis_id="h2", cause="cpu_saturation", confidence=0.6)
    doubts = Doubts(doubts=(Doubt(hypothesis_id="h1", confidence=0.1, why="a log says so"),))
    hands = Hands(verdict=Verdict.ALLOW, model=[says(*both)], hypotheses=list(both), doubts=doubts)
    await closed(temporal, hands)
    assert hands.judged[0].hypothesis is not None
    assert (hands.judged[0].hypothesis.hypothesis_id, hands.judged[0].hypothesis.confidence) == ("h1", 0.1)


async def test_a_sceptic_that_does_not_answer_leaves_the_diagnosis(temporal: WorkflowEnvironment) -> None:
    """And that nobody doubted it is told."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())], doubts=refusal(PAID))
    seen = await closed(temporal, hands)
    assert seen.diagnosis is not None
    assert seen.diagnosis.best is not None
    assert seen.diagnosis.best.confidence == 0.8
    assert any("nobody doubted it" in what for what in seen.missing)


async def test_a_cause_that_only_the_model_names_is_never_sure(temporal: WorkflowEnvironment) -> None:
    """Policy hears it at what the numbers leave."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis(cause="out_of_memory", confidence=0.95))])
    await closed(temporal, hands)
    assert hands.judged[0].hypothesis is not None
    assert hands.judged[0].hypothesis.confidence == UNCORROBORATED


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ({"model_tokens": 100}, "budget of 100 tokens"),
        ({"model_time": timedelta(0)}, "0 s are over"),
        ({"model_money": 0.2, "model_rounds": 2}, "budget of 0.2 money"),
    ],
)
async def test_a_spent_budget_leaves_it_to_the_ranker(
    temporal: WorkflowEnvironment, budget: dict[str, Any], told: str
) -> None:
    """No call is made beyond it; the answer is the ranker's, marked as such."""
    hands = Hands(verdict=Verdict.ALLOW, model=[wants("a"), says(hypothesis())])
    seen = await closed(temporal, hands, **budget)
    assert seen.diagnosis is not None
    assert seen.diagnosis.method == "ranker"
    assert any(told in note for note in seen.diagnosis.notes)
    assert seen.usage.calls == len(hands.asked) < 2


@pytest.mark.parametrize("last", [says(hypothesis()), refusal(PAID)])
async def test_what_a_model_asked_for_decides_nothing(temporal: WorkflowEnvironment, last: Any) -> None:
    """It may be cited; it neither ranks, nor makes a plan, nor shows whether that helped, though the model fails."""
    kinds = (EvidenceKind.METRIC, EvidenceKind.ROLLOUTS, EvidenceKind.SIMILAR)
    looks = tuple(EvidenceRequest(kind=k, tool=f"monitoring.{k}", service="checkout") for k in kinds)
    hands = Hands(verdict=Verdict.ALLOW, model=[ModelTurn(wants=looks, usage=PAID), last])
    seen = await closed(temporal, hands)
    asked = {r.evidence_id for r in looks}
    assert asked <= {e.evidence_id for e in seen.evidence}
    assert asked <= {e.evidence_id for e in hands.asked[1][1].case.evidence}
    assert all(hands.read.values())
    assert [stage for stage, ids in hands.read.items() if ids & asked] == []


async def test_those_asked_at_once_share_the_money(temporal: WorkflowEnvironment) -> None:
    """None sees what the others spend, so each may spend its part of half; what is left is the supervisor's."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())])
    hands.specialists = {"logs": [wants("why"), found("logs")], "changes": [found("changes")]}
    await closed(temporal, hands, model_money=4.0)
    assert sorted(r.money_left or 0 for who, r in hands.asked if who != "supervisor") == [0.75, 1.0, 1.0]
    assert [r.money_left for who, r in hands.asked if who == "supervisor"] == [4.0 - 3 * PAID.money]


async def test_without_a_budget_of_money_none_is_counted(temporal: WorkflowEnvironment) -> None:
    """Nothing is the limit that 0 sets."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())])
    await closed(temporal, hands)
    assert [r.money_left for _, r in hands.asked] == [None]


async def test_a_model_that_only_asks_is_ended_by_its_rounds(temporal: WorkflowEnvironment) -> None:
    """After the last round the ranker answers; the same question is put to the tool once."""
    hands = Hands(verdict=Verdict.ALLOW, model=[wants("same")] * 3)
    seen = await closed(temporal, hands)
    assert len(hands.asked) == 3
    assert [r.last_turn for _, r in hands.asked] == [False, False, True]
    asked = [c for n, c in hands.calls if n == "monitoring.query_logs" and c.evidence]
    assert len([c for c in asked if c.evidence and c.evidence.arguments == {"query": "same"}]) == 1
    assert seen.diagnosis is not None
    assert seen.diagnosis.method == "ranker"


async def test_a_diagnosis_that_is_too_early_costs_no_token(temporal: WorkflowEnvironment) -> None:
    """The numbers say so before anyone is asked."""
    hands = Hands(verdict=Verdict.ALLOW, model=[says(hypothesis())], early=1)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=THINKING)
        await until_timer(handle)
        assert hands.asked == []
        await temporal.fast_forward(handle, timedelta(seconds=20))
        await handle.result()
    assert len(hands.asked) == 1
