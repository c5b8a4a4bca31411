"""Every scenario of the simulated estate, walked by the real hands from alert to its end."""

import asyncio
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.tools.simulation import scenarios
from holdfast.workflows import names
from holdfast.workflows.messages import Heard
from tests.house import raise_alert, standing
from tests.workflows.hands import ballot, snapshot

FINAL = {"closed", "escalated", "merged"}


@pytest.mark.parametrize("name", scenarios.names())
async def test_a_scenario_ends_as_it_says(temporal: WorkflowEnvironment, tmp_path: Path, name: str) -> None:
    """Status, cause, place, verdict and the actions performed are those of the scenario's file."""
    async with standing(temporal.client, tmp_path) as stand:
        scenario = stand.play(name)
        handle = await raise_alert(stand, scenario, tenant=name)
        seen = await snapshot(handle)
        for _ in range(600):
            seen = await snapshot(handle)
            if seen.status in FINAL:
                break
            if seen.awaiting:
                await handle.execute_update(names.UPDATE_VOTE, ballot(seen), result_type=Heard)
            await asyncio.sleep(0.05)
        story = "\n".join(f"{e.kind}: {e.text}" for e in seen.timeline)
        best = seen.diagnosis.best if seen.diagnosis else None
        expect = scenario.expect
        assert seen.status == expect.status, story
        assert best is not None
        assert (best.cause, best.service) == (expect.cause, expect.service), story
        assert [a.action.kind for a in seen.attempts] == list(expect.actions), story
        assert (seen.decision.verdict if seen.decision else "") == expect.verdict, story
        assert len(stand.estate.effects()) == len(expect.actions)
