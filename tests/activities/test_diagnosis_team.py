"""The team: who is asked for what, what each may read and ask, and what a sceptic may say."""

import json
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from holdfast.activities.contracts import EXAMINE, DoubtRequest, ModelTurn, Team, TeamRequest
from holdfast.activities.diagnosis import DoubtDiagnosis, Examine, choose_specialists
from holdfast.activities.diagnosis.team import FIRST, TEAM
from holdfast.activities.diagnosis.words.proposal import KINDS
from holdfast.activities.errors import ModelError
from holdfast.analysis.alert_kinds import KINDS as ALERT_KINDS
from holdfast.analysis.alert_kinds import UNKNOWN
from holdfast.domain.diagnosis import Diagnosis
from tests.activities.thinking import LOOKS, MemoryBodies, ScriptedModel, environment, small_case, turn, want
from tests.analysis.answers import logs
from tests.examples import alert, hypothesis


def found(*ids: str, **fields: Any) -> str:
    """Return a specialist's reply that cites `ids`."""
    said = {"statement": "it failed", "cause": "bad_release", "service": "checkout", "evidence": list(ids), **fields}
    return json.dumps({"findings": [said], "wants": [], "missing": []})


async def examine(model: ScriptedModel, store: MemoryBodies, **fields: Any) -> ModelTurn:
    """Let the logs specialist take a turn."""
    case = await small_case(store, logs("boom", "boom"))
    hand = Examine(model, store, LOOKS)
    return await environment().run(hand.logs, turn(case, **fields))


def test_every_kind_of_alert_has_its_order_of_specialists() -> None:
    """Each of them once, and each an activity of its own name."""
    assert FIRST.keys() == {*ALERT_KINDS, UNKNOWN}
    assert all(sorted(order) == sorted(TEAM) for order in FIRST.values())
    assert EXAMINE.keys() == TEAM.keys()


def test_no_tool_belongs_to_two_specialists() -> None:
    """So no two of them ask the same question; and all are tools whose answers can be read."""
    tools = [tool for s in TEAM.values() for tool in s.tools]
    assert len(tools) == len(set(tools))
    assert set(tools) <= KINDS.keys()


async def test_only_those_are_asked_who_have_something_to_read() -> None:
    """The kind of alert decides the order, the evidence who is able."""
    store = MemoryBodies()
    case = await small_case(store, logs("boom"), alerts=(alert(name="PodCrashLooping"),))
    asked = {most: await environment().run(choose_specialists, TeamRequest(case=case, most=most)) for most in (1, 4)}
    assert asked[1] == Team(kind="crash", specialists=("logs",))
    assert asked[4].specialists == ("logs", "metrics")


async def test_a_specialist_reads_its_own_evidence_alone() -> None:
    """And is told its own tools, and its brief."""
    store = MemoryBodies()
    case = await small_case(store, logs("boom", "boom"))
    metric, log = (e.evidence_id for e in case.evidence)
    model = ScriptedModel([found(log)])
    said = await examine(model, store)
    rules, told = (m.content for m in model.asked[0])
    assert log in told
    assert metric not in told
    assert TEAM["logs"].brief in rules
    assert "monitoring.query_logs" in rules
    assert "fetch_metrics" not in rules
    assert [(f.specialist, f.evidence) for f in said.findings] == [("logs", (log,))]


async def test_a_specialist_cannot_cite_what_it_did_not_read() -> None:
    """Sent back once; then the claim is dropped and nothing is left of it."""
    store = MemoryBodies()
    case = await small_case(store, logs("boom", "boom"))
    metric = case.evidence[0].evidence_id
    model = ScriptedModel([found(metric), found(metric)])
    first = await examine(model, store)
    assert "findings.0.evidence" in first.wrong[0]
    second = await examine(model, store, wrong=first.wrong, transcript_ref=first.transcript_ref)
    assert (second.wrong, second.findings) == ((), ())


async def test_a_specialist_asks_its_own_tools_alone() -> None:
    """Another's are sent back, and dropped in the end."""
    store = MemoryBodies()
    reply = json.dumps({"findings": [], "wants": [want(tool="monitoring.fetch_metrics")], "missing": []})
    model = ScriptedModel([reply, reply])
    first = await examine(model, store)
    assert "wants.0.tool" in first.wrong[0]
    second = await examine(model, store, wrong=first.wrong, transcript_ref=first.transcript_ref)
    assert second.wants == ()


async def test_a_specialist_may_find_nothing() -> None:
    """That is an answer."""
    said = await examine(ScriptedModel(['{"findings":[],"wants":[],"missing":[]}']), MemoryBodies())
    assert (said.findings, said.wrong, said.usage.calls) == ((), (), 1)


async def doubt(model: ScriptedModel) -> Any:
    """Let the sceptic look at one hypothesis."""
    store = MemoryBodies()
    case = await small_case(store)
    request = DoubtRequest(case=case, diagnosis=Diagnosis(method="model:m", hypotheses=(hypothesis(),)))
    return await environment().run(DoubtDiagnosis(model, store).doubt, request)


async def test_a_sceptic_is_told_what_is_believed_and_what_was_seen() -> None:
    """And its doubts come back as they are; what is no probability is passed over."""
    doubts = [
        {"hypothesis": "h1", "confidence": 0.2, "why": "it began before"},
        {"hypothesis": "h1", "confidence": 7, "why": "nonsense"},
    ]
    model = ScriptedModel([json.dumps({"doubts": doubts})])
    said = await doubt(model)
    assert [(d.hypothesis_id, d.confidence, d.why) for d in said.doubts] == [("h1", 0.2, "it began before")]
    assert "Hypothesis h1: bad_release of checkout at 0.80" in model.last
    assert "03:00:00=0.303" in model.last


@pytest.mark.parametrize("said", ["no doubt", '{"doubts":[{}]}', ModelError("away", permanent=True)])
async def test_a_sceptic_that_says_nothing_of_use_is_refused(said: str | ModelError) -> None:
    """Its cost is told all the same."""
    with pytest.raises(ApplicationError) as error:
        await doubt(ScriptedModel([said]))
    assert error.value.type == "ModelRefused"
    assert bool(error.value.details) == isinstance(said, str)
