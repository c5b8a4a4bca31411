"""The page on Temporal's own command line, done by hand: its commands run against a real incident."""

import asyncio
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.approval import Vote
from holdfast.domain.noun import Noun
from holdfast.workers.temporal import binary
from holdfast.workflows import names
from holdfast.workflows.messages import PlanChange, Said
from tests.examples import alert
from tests.workflows.hands import Hands, open_incident, until, working

PAGE = (Path(__file__).parents[2] / "docs" / "temporal-cli.md").read_text()
WORDS: dict[str, type[Noun]] = {
    names.UPDATE_VOTE: Vote,
    names.SIGNAL_VOTE: Vote,
    names.UPDATE_MODIFY_PLAN: PlanChange,
    names.UPDATE_ACKNOWLEDGE: Said,
}


def commands() -> list[list[str]]:
    """Return every `temporal …` line of the page, joined and split as a shell would, without what follows a pipe."""
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", PAGE, flags=re.S | re.M)).replace("\\\n", "")
    lines = [line for line in blocks.splitlines() if line.startswith("temporal ")]
    return [shlex.split(re.split(r" [|>#] ?", line)[0]) for line in lines]


def command(*words: str) -> list[str]:
    """Return the page's only command that holds these words; piped on or not, it is one."""
    (found,) = {tuple(c) for c in commands() if set(words) <= set(c)}
    return list(found)


class Terminal:
    """Types commands of the page about one incident."""

    def __init__(self, client: Client, workflow_id: str) -> None:
        self._at = ["--address", client.service_client.config.target_host]
        self._id = workflow_id

    async def type(self, line: list[str], **blanks: str) -> "subprocess.CompletedProcess[str]":
        """Run a command with the blanks (`<hash>`) filled in."""
        filled = [self._id if word.startswith("inc/") else word for word in line[1:]]
        for blank, value in blanks.items():
            filled = [word.replace(f"<{blank}>", value) for word in filled]
        whole = [binary(), *filled, *self._at]
        return await asyncio.to_thread(subprocess.run, whole, capture_output=True, text=True, check=False, timeout=30)

    async def json(self, line: list[str]) -> Any:
        """Run a command that prints JSON."""
        done = await self.type(line)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def plan_hash(self) -> str:
        """Read the plan's hash as the page's filter does."""
        line = command("query", "snapshot", "--output")
        return str((await self.json(line))["queryResult"][0]["decision"]["plan_hash"])

    async def scheduled(self, activity: str) -> list[str]:
        """Read the tasks that scheduled an activity as the page's filter does."""
        events = (await self.json(command("show", "--output", "json")))["events"]
        asked = [
            e["activityTaskScheduledEventAttributes"] for e in events if "activityTaskScheduledEventAttributes" in e
        ]
        return [str(a["workflowTaskCompletedEventId"]) for a in asked if a["activityType"]["name"] == activity]


def test_every_word_of_the_page_is_one_that_incidents_understand() -> None:
    """Updates, signals, queries and search attributes by name; arguments by their models."""
    said = [(c[c.index("--name") + 1], c[c.index("--input") + 1]) for c in commands() if "--name" in c]
    assert {name for name, _ in said} == WORDS.keys()
    for name, argument in said:
        WORDS[name].model_validate_json(argument)
    queries = {c[c.index("--type") + 1] for c in commands() if "query" in c}
    assert queries == {names.QUERY_SNAPSHOT, names.QUERY_TIMELINE}
    listed = re.search(r"Search attributes: `([\w\s]+)`", PAGE)
    assert listed is not None
    assert listed[1].split() == [key.name for key in names.SEARCH_ATTRIBUTES]


async def test_votes_are_cast_as_the_page_says(temporal: WorkflowEnvironment) -> None:
    """A stale one is refused with 1, a right one is counted, one by signal is taken whatever it says."""
    hands = Hands(quorum=2)
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        terminal = Terminal(temporal.client, handle.id)
        vote, signal = command("update", "cast_vote"), command("signal", "vote")
        stale = await terminal.type(vote, hash="0" * 16)
        assert stale.returncode == 1
        assert "StalePlan" in stale.stderr
        plan_hash = await terminal.plan_hash()
        assert (await terminal.type(vote, hash=plan_hash)).returncode == 0
        assert (await terminal.type(command("acknowledge"))).returncode == 0
        bob = [word.replace("alice", "bob").replace("reject", "approve") for word in signal]
        assert (await terminal.type(signal, hash="0" * 16)).returncode == 0
        assert (await terminal.type(bob, hash=plan_hash)).returncode == 0
        assert await handle.result() == "closed"
        seen = await until(handle, "closed")
    assert seen.approvals[-1].voters == ("alice", "bob")
    assert [b.vote.channel for b in seen.ballots] == ["temporal"] * 3
    assert [bool(b.refused) for b in seen.ballots] == [False, True, False]
    assert seen.acknowledged_by == "alice"


async def test_a_diagnosis_is_redone_as_the_page_says(temporal: WorkflowEnvironment) -> None:
    """After a close by update too: the new run looks again and waits for people, and nobody's close is repeated."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        terminal = Terminal(temporal.client, handle.id)
        close = [word.replace("acknowledge", "close") for word in command("acknowledge")]
        assert (await terminal.type(close)).returncode == 0
        assert await handle.result() == "closed"
        first = (await terminal.scheduled("monitoring.fetch_metrics"))[0]
        done = await terminal.type(command("reset"), id=first)
        assert done.returncode == 0, done.stderr
        newest = temporal.client.get_workflow_handle(handle.id)
        await until(newest, "awaiting_approval")
        await newest.terminate()


async def test_an_action_that_was_done_is_asked_for_with_the_same_key_after_a_reset(
    temporal: WorkflowEnvironment,
) -> None:
    """Reset to the task that scheduled it: plan and approval stay, so its key is the one the executor knows."""
    hands = Hands()
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert())
        await until(handle, "awaiting_approval")
        terminal = Terminal(temporal.client, handle.id)
        assert (await terminal.type(command("update", "cast_vote"), hash=await terminal.plan_hash())).returncode == 0
        assert await handle.result() == "closed"
        last = (await terminal.scheduled("executor.rollback_deployment"))[-1]
        line = [word for word in command("reset") if word not in ("--reapply-exclude", "Update")]
        done = await terminal.type(line, id=last)
        assert done.returncode == 0, done.stderr
        assert await temporal.client.get_workflow_handle(handle.id).result() == "closed"
    keys = [call.key for name, call in hands.calls if name == "executor.rollback_deployment" and call.leave]
    assert len(keys) == 2
    assert len(set(keys)) == 1
