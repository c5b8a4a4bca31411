"""Slack's door before the real story: one click is one vote; forged, stale, strange and late ones change nothing."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.incident import Incident
from tests.api.doors import at, embedded, knocking, until_true
from tests.examples import alert
from tests.vendors.slack_server import SlackServer, click, form, signed, slack_server
from tests.workflows.hands import Hands, open_incident, snapshot, until, working

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
USERS = {"U1": "alice", "U2": "bob"}


@dataclass
class Slack:
    """Clicks buttons as Slack does, and hears what those who clicked are told."""

    http: httpx2.AsyncClient
    server: SlackServer
    moments: "itertools.count[int]" = field(default_factory=itertools.count)

    async def click(self, incident: Incident, action: str = "approve", user: str = "U1", **how: Any) -> httpx2.Response:
        """Click a button of the message about this incident's plan."""
        plan_hash = incident.plan.plan_hash if incident.plan else "0123456789abcdef"
        value = json.dumps({"w": incident.workflow_id, "p": how.pop("plan_hash", plan_hash)})
        url = f"{self.server.hooks_url}T1/1/x" if how.pop("answerable", True) else ""
        clicked_at = how.pop("clicked_at", f"1780000000.{next(self.moments):06d}")
        return await self.send(click(f"holdfast.{action}", value, user=user, url=url, at=clicked_at), **how)

    async def send(
        self, payload: dict[str, Any], secret: str = SECRET, sent_at: float | None = None
    ) -> httpx2.Response:
        """Send a payload, signed."""
        body = form(payload)
        return await self.http.post("/slack/interactions", content=body, headers=signed(secret, body, sent_at))

    def told(self) -> list[str]:
        """What those who clicked were told."""
        return [str(body["text"]) for body in self.server.called("response_url")]

    async def until_told(self, times: int = 1) -> list[str]:
        """Wait for so many replies."""
        await until_true(lambda: len(self.told()) >= times)
        return self.told()


@pytest.fixture
async def slack(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Slack]:
    """The door before a real server, with a local Slack behind `response_url`."""
    async with slack_server() as server:
        fields = {"slack_signing_secret": SECRET, "slack_users": USERS, "slack_hooks_url": server.hooks_url}
        async with knocking(embedded(tmp_path, at(temporal), **fields)) as http:
            yield Slack(http, server)


async def test_a_click_on_approve_is_a_vote(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """The person behind the Slack user approves, the incident goes on, and they are told that it counted."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        answer = await slack.click(seen)
        assert (answer.status_code, answer.content) == (200, b"")
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
        assert await slack.until_told() == ["Your approve is counted."]
    assert [(b.vote.voter, b.vote.channel, b.refused) for b in seen.ballots] == [("alice", "slack", "")]
    assert hands.times("executor.rollback_deployment") == 1


async def test_a_replayed_click_is_one_vote(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """The very same signed request three times enters the ledger once, also where two voices are needed."""
    async with working(temporal.client, Hands(quorum=2)):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        for _ in range(3):
            assert (await slack.click(seen, clicked_at="1780000000.000100")).status_code == 200
        assert len((await snapshot(handle)).ballots) == 1
        assert (await snapshot(handle)).awaiting
        await slack.click(seen, user="U2")
        assert await handle.result() == "closed"


async def test_a_late_click_is_refused_politely(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """A vote on a plan that is no longer proposed does not count, and the one who clicked is told why."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        assert (await slack.click(seen, plan_hash="feedfeedfeedfeed")).status_code == 200
        [told] = await slack.until_told()
        assert told.startswith("Your approve does not count: plan feedfeedfeedfeed is no longer proposed")
        assert (await snapshot(handle)).awaiting
        await slack.click(seen, "reject")
        await until(handle, "escalated")
        await handle.terminate()


@pytest.mark.parametrize("how", [{"secret": "forged-by-somebody"}, {"sent_at": 1_500_000_000}])
async def test_a_forged_or_stale_click_is_refused(
    temporal: WorkflowEnvironment, slack: Slack, how: dict[str, Any]
) -> None:
    """401, and nothing reaches the incident."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        assert (await slack.click(seen, **how)).status_code == 401
        assert (await snapshot(handle)).ballots == ()
        await handle.terminate()


async def test_a_stranger_is_told_so_and_changes_nothing(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """A Slack user nobody mapped to a person has no voice: 200 for Slack, a word for them, nothing in the ledger."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        assert (await slack.click(seen, user="U999")).status_code == 200
        assert "not among the people" in (await slack.until_told())[0]
        answer = await slack.click(seen, user="U999", answerable=False)
        assert answer.json()["response_type"] == "ephemeral"
        assert (await snapshot(handle)).ballots == ()
        await handle.terminate()


async def test_somebody_who_may_not_vote_is_told_so(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """Policy names bob; alice's click is in the ledger as refused."""
    async with working(temporal.client, Hands(approvers=("bob",))):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        await slack.click(seen)
        assert "alice is not among the approvers" in (await slack.until_told())[0]
        assert (await snapshot(handle)).awaiting
        await slack.click(seen, user="U2")
        assert await handle.result() == "closed"


async def test_a_vote_is_kept_while_no_worker_runs(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """The click is acknowledged in time and durable; it counts when the worker is back."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
    answer = await slack.click(seen)
    assert answer.status_code == 200
    assert "kept" in (await slack.until_told())[0]
    async with working(temporal.client, Hands()):
        assert await handle.result() == "closed"


async def test_a_click_on_an_ended_incident_says_so(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """Old messages stay in Slack; their buttons do no harm."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        await handle.terminate()
        assert (await slack.click(seen)).status_code == 200
        assert await slack.until_told() == ["That incident has ended; your click changed nothing."]


async def test_modify_says_how(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """Changing a parameter needs a value, so the button tells the command."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        answer = await slack.click(seen, "modify", answerable=False)
        assert f"holdfast modify {seen.workflow_id.replace('/', ':')}" in answer.json()["text"]
        await handle.terminate()


async def test_while_temporal_is_away_slack_is_told_so(tmp_path: Path) -> None:
    """503 makes Slack show that it failed, so the person clicks again: no vote is ever acknowledged and lost."""
    fields: dict[str, Any] = {"slack_signing_secret": SECRET, "slack_users": USERS}
    async with knocking(embedded(tmp_path, **fields)) as http, slack_server() as server:
        body = form(click("holdfast.approve", '{"w": "inc/a/b/c", "p": "0123456789abcdef"}'))
        answer = await http.post("/slack/interactions", content=body, headers=signed(SECRET, body))
    assert answer.status_code == 503
    assert server.calls == []


async def test_only_slacks_own_addresses_are_answered(temporal: WorkflowEnvironment, slack: Slack) -> None:
    """A `response_url` that is not below Slack's hooks is never fetched."""
    elsewhere = click("holdfast.approve", '{"w": "inc/a/b/c", "p": "0123456789abcdef"}', user="U999")
    for url in (slack.server.base_url + "chat.postMessage", slack.server.hooks_url.rstrip("/") + ".evil/x"):
        answer = await slack.send(elsewhere | {"response_url": url})
        assert answer.json()["response_type"] == "ephemeral"
    assert slack.server.calls == []


async def test_what_is_not_ours_is_acknowledged(slack: Slack) -> None:
    """Slack asks for 200 on every interaction."""
    answer = await slack.send({"type": "view_closed"})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_without_a_signing_secret_there_is_no_door(away: httpx2.AsyncClient) -> None:
    """404 that says which setting is missing."""
    answer = await away.post("/slack/interactions", content=b"payload=%7B%7D")
    assert answer.status_code == 404
    assert "HOLDFAST_SLACK_SIGNING_SECRET" in answer.json()["detail"]
