"""Words of people, before the real story: each gets an immediate answer, and a refusal says why."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.incident import Incident
from holdfast.records.store import RecordsStore
from tests.api.doors import at, embedded, fresh, knocking
from tests.examples import AT, alert
from tests.workflows.hands import Hands, open_incident, snapshot, until, working

ALICE = {"Holdfast-Identity": "alice"}
BOB = {"Holdfast-Identity": "bob"}

Handle = WorkflowHandle[Any, str]


@pytest.fixture
async def http(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An embedded API before the server that stories run on."""
    async with knocking(embedded(tmp_path, at(temporal))) as http:
        yield http


def _ref(incident: Incident) -> str:
    return f"/incidents/{incident.workflow_id.replace('/', ':')}"


async def _until_another_plan(handle: Handle, old: str) -> Incident:
    deadline = time.monotonic() + 10
    while (now := await snapshot(handle)).plan is None or now.plan.plan_hash == old:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return now


async def _asking(temporal: WorkflowEnvironment) -> tuple[Handle, Incident]:
    handle = await open_incident(temporal.client, alert())
    return handle, await until(handle, "awaiting_approval")


async def test_a_vote_is_answered_at_once(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """The answer says what it did and where the incident stands."""
    async with working(temporal.client, Hands(quorum=2)):
        handle, seen = await _asking(temporal)
        assert seen.plan is not None
        answer = await http.post(f"{_ref(seen)}/votes", json={"choice": "approve", "reason": "ok"}, headers=ALICE)
        assert answer.status_code == 200
        heard = answer.json()
        assert (heard["votes"], heard["quorum"], heard["status"]) == (1, 2, "awaiting_approval")
        assert heard["plan_hash"] == seen.plan.plan_hash
        body = {"choice": "approve", "plan_hash": seen.plan.plan_hash, "channel": "cli"}
        assert (await http.post(f"{_ref(seen)}/votes", json=body, headers=BOB)).json()["votes"] == 2
        assert await handle.result() == "closed"
        cast = [(b.vote.voter, b.vote.channel, b.vote.reason) for b in (await snapshot(handle)).ballots]
    assert cast == [("alice", "api", "ok"), ("bob", "cli", "")]


async def test_a_doubled_vote_gets_the_same_answer(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """With or without an id of its own, the same vote sent again is harmless."""
    async with working(temporal.client, Hands(quorum=3)):
        handle, seen = await _asking(temporal)
        for headers, body in (
            (ALICE, {"choice": "approve"}),
            (BOB | {"Idempotency-Key": "k-1"}, {"choice": "approve"}),
        ):
            first = await http.post(f"{_ref(seen)}/votes", json=body, headers=headers)
            again = await http.post(f"{_ref(seen)}/votes", json=body, headers=headers)
            assert first.status_code == again.status_code == 200
            assert first.json() == again.json()
        assert len((await snapshot(handle)).ballots) == 2
        await handle.terminate()


async def test_a_second_vote_of_one_person_is_refused(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """A person has one voice: 409 with the story's own word."""
    async with working(temporal.client, Hands(quorum=3)):
        handle, seen = await _asking(temporal)
        for vote_id, status in (("v1", 200), ("v2", 409)):
            body = {"choice": "approve", "vote_id": vote_id}
            answer = await http.post(f"{_ref(seen)}/votes", json=body, headers=ALICE)
            assert answer.status_code == status
        assert answer.json()["type"] == "urn:holdfast:problem:AlreadyVoted"
        assert "already voted" in answer.json()["detail"]
        await handle.terminate()


async def test_a_vote_on_an_older_plan_is_refused(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """409: what was seen is not what would be done."""
    async with working(temporal.client, Hands()):
        handle, seen = await _asking(temporal)
        body = {"choice": "approve", "plan_hash": "feedfeedfeedfeed"}
        answer = await http.post(f"{_ref(seen)}/votes", json=body, headers=ALICE)
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:holdfast:problem:StalePlan"
        assert (await snapshot(handle)).ballots == ()
        await handle.terminate()


async def test_somebody_policy_does_not_name_is_forbidden(
    temporal: WorkflowEnvironment, http: httpx2.AsyncClient
) -> None:
    """403 that names the rule."""
    async with working(temporal.client, Hands(approvers=("bob",))):
        handle, seen = await _asking(temporal)
        answer = await http.post(f"{_ref(seen)}/votes", json={"choice": "approve"}, headers=ALICE)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:holdfast:problem:NotAllowed"
        await handle.terminate()


async def test_a_changed_plan_is_judged_again(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """The new plan has a new hash; a change that makes no action is refused by name."""
    async with working(temporal.client, Hands()):
        handle, seen = await _asking(temporal)
        assert seen.plan is not None
        wrong = await http.post(f"{_ref(seen)}/plan", json={"parameters": {"to_revision": 0}}, headers=ALICE)
        assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:holdfast:problem:BadChange")
        right = {"parameters": {"to_revision": 5}, "plan_hash": seen.plan.plan_hash, "reason": "6 was bad too"}
        assert (await http.post(f"{_ref(seen)}/plan", json=right, headers=ALICE)).status_code == 200
        now = await _until_another_plan(handle, seen.plan.plan_hash)
        assert now.plan is not None
        assert now.plan.actions[0].action.model_dump()["to_revision"] == 5
        await handle.terminate()


@pytest.mark.parametrize(
    ("word", "field"), [("acknowledge", "acknowledged_by"), ("take-over", "taken_over_by"), ("stop", "stopped_by")]
)
async def test_an_order_is_obeyed(
    temporal: WorkflowEnvironment, http: httpx2.AsyncClient, word: str, field: str
) -> None:
    """With a reason or with no body at all; the document says who."""
    async with working(temporal.client, Hands()):
        handle, seen = await _asking(temporal)
        assert (await http.post(f"{_ref(seen)}/{word}", headers=ALICE)).status_code == 200
        if word != "acknowledge":
            await until(handle, "escalated")
        assert getattr(await snapshot(handle), field) == "alice"
        await handle.terminate()


async def test_closing_ends_it_and_nothing_more_can_be_said(
    temporal: WorkflowEnvironment, http: httpx2.AsyncClient
) -> None:
    """Close once; a vote afterwards is 409, not lost in silence."""
    async with working(temporal.client, Hands()):
        handle, seen = await _asking(temporal)
        answer = await http.post(f"{_ref(seen)}/close", json={"reason": "false alarm"}, headers=ALICE)
        assert answer.status_code == 200
        assert await handle.result() == "closed"
        assert "false alarm" in (await snapshot(handle)).outcome
        body = {"choice": "approve", "plan_hash": "feedfeedfeedfeed"}
        late = await http.post(f"{_ref(seen)}/votes", json=body, headers=ALICE)
    assert (late.status_code, late.json()["type"]) == (409, "urn:holdfast:problem:Ended")


async def test_without_a_name_nobody_speaks(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """401 before anything is read."""
    answer = await http.post("/incidents/inc:a:b:c/votes", json={"choice": "approve"})
    assert answer.status_code == 401


async def test_a_token_is_the_only_name_outside_the_embedded_stack(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    """The header is ignored, the voter is whose token it is, and another tenant's incident is not there."""
    people = {
        "alice": hashlib.sha256(b"token-of-alice").hexdigest(),
        "eve": {"token_sha256": hashlib.sha256(b"token-of-eve").hexdigest(), "tenant": "globex"},
    }
    sources = {"am": {"secret": "secret-of-source-am"}}
    settings = embedded(tmp_path, at(temporal), embedded=False, people=people, sources=sources)
    async with working(temporal.client, Hands()), knocking(settings) as http:
        handle, seen = await _asking(temporal)
        body = {"choice": "approve"}
        forged = await http.post(f"{_ref(seen)}/votes", json=body, headers=ALICE)
        other = await http.post(f"{_ref(seen)}/votes", json=body, headers={"Authorization": "Bearer token-of-eve"})
        mallory = ALICE | {"Holdfast-Identity": "mallory", "Authorization": "Bearer token-of-alice"}
        right = await http.post(f"{_ref(seen)}/votes", json=body, headers=mallory)
        assert [a.status_code for a in (forged, other, right)] == [401, 404, 200]
        assert await handle.result() == "closed"
        assert [b.vote.voter for b in (await snapshot(handle)).ballots] == ["alice"]


async def test_an_incident_nobody_knows_is_absent(temporal: WorkflowEnvironment, http: httpx2.AsyncClient) -> None:
    """404 for an id, a number and nonsense alike."""
    async with working(temporal.client, Hands()):
        for ref in (f"inc:default:test:{fresh()}", "INC-999", "nonsense", "inc:a:b"):
            answer = await http.post(f"/incidents/{ref}/stop", headers=ALICE)
            assert answer.status_code == 404, ref


async def test_a_number_never_means_a_later_incident(
    temporal: WorkflowEnvironment, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    """A word to the incident of last week does not reach the one that runs under the same id today."""
    async with working(temporal.client, Hands()):
        service = fresh()
        old = await open_incident(temporal.client, alert(), service=service)
        first = await until(old, "awaiting_approval")
        store = await RecordsStore.open(f"sqlite+aiosqlite:///{tmp_path}/records.db")
        number = await store.upsert(first.model_copy(update={"ended_at": AT}))
        await store.close()
        await old.terminate()
        new = await open_incident(temporal.client, alert(), service=service)
        await until(new, "awaiting_approval")
        answer = await http.post(f"/incidents/{number}/stop", headers=ALICE)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:holdfast:problem:Ended")
        assert (await snapshot(new)).awaiting
        await new.terminate()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"choice": "perhaps"}, "choice"),
        ({}, "choice"),
        ({"choice": "approve", "by": "bob"}, "by"),
        ({"choice": "approve", "reason": "x" * 3000}, "reason"),
    ],
)
async def test_a_wrong_word_is_named(
    temporal: WorkflowEnvironment, http: httpx2.AsyncClient, body: dict[str, Any], field: str
) -> None:
    """422; nobody votes for another."""
    answer = await http.post("/incidents/inc:a:b:c/votes", json=body, headers=ALICE)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_without_a_worker_the_answer_is_late_and_says_so(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    """504 with advice: send it again under the same id, for it counts once; and then it does."""
    async with working(temporal.client, Hands()):
        handle, seen = await _asking(temporal)
    assert seen.plan is not None
    body = {"choice": "approve", "plan_hash": seen.plan.plan_hash, "vote_id": "v1"}
    async with knocking(embedded(tmp_path, at(temporal), answer_seconds=0.5)) as http:
        began = time.monotonic()
        answer = await http.post(f"{_ref(seen)}/votes", json=body, headers=ALICE)
        assert answer.status_code == 504
        assert "vote_id" in answer.json()["detail"]
        assert time.monotonic() - began < 3
    async with working(temporal.client, Hands()), knocking(embedded(tmp_path, at(temporal))) as http:
        again = await http.post(f"{_ref(seen)}/votes", json=body, headers=ALICE)
        assert again.status_code in (200, 409)  # 409 when the first was counted and the incident has gone on
        assert await handle.result() == "closed"
        assert len([b for b in (await snapshot(handle)).ballots if not b.refused]) == 1
