"""Replay for users: histories from files that Temporal's own command line writes, and from a server."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest
from temporalio.service import RPCError

from holdfast.workers.replay import fetch, read, replay
from holdfast.workers.temporal import binary
from tests.ended import Ended


async def test_what_temporals_command_line_prints_replays(ended: Ended, tmp_path: Path) -> None:
    """`temporal workflow show --output json` is all that a user needs."""
    line = [binary(), "workflow", "show", "--workflow-id", ended.handle.id, "--address", ended.address]
    shown = await asyncio.to_thread(subprocess.run, [*line, "--output", "json"], capture_output=True, check=True)
    file = tmp_path / "shown.json"
    file.write_bytes(shown.stdout)
    [answer] = await replay([("shown", read(file))])
    assert (answer.name, answer.error) == ("shown", "")
    assert answer.events == len(json.loads(shown.stdout)["events"])


async def test_a_workflow_is_fetched_by_its_id(ended: Ended) -> None:
    """The newest run of one incident."""
    [(name, history)] = await fetch(ended.address, "default", workflow_id=ended.handle.id)
    assert name == ended.handle.id
    assert [a.error for a in await replay([(name, history)])] == [""]


async def test_incidents_are_fetched_by_a_query(ended: Ended) -> None:
    """Search attributes choose; only incidents are replayed."""
    found: list[str] = []
    for _ in range(100):  # visibility follows the history after a moment
        histories = await fetch(ended.address, "default", query="IncidentTenant = 'lookback'")
        found = [name for name, _ in histories]
        if found:
            break
        await asyncio.sleep(0.1)
    assert found == [ended.handle.id]


async def test_an_incident_that_is_not_there_is_an_error(ended: Ended) -> None:
    """Nothing to replay is no success."""
    with pytest.raises(RPCError, match="not found"):
        await fetch(ended.address, "default", workflow_id="inc/no/such/incident")


async def test_one_history_that_differs_does_not_hide_the_others(ended: Ended) -> None:
    """The event that differs is named; every history gets its answer."""
    history = await ended.handle.fetch_history()
    changed = type(history).from_json("changed", history.to_json().replace("record_incident", "record_something"))
    worse, fine = await replay([("changed", changed), ("fine", history)])
    assert "record_something" in worse.error
    assert fine.error == ""
