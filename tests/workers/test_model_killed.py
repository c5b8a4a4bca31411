"""The model's loop survives SIGKILL: what was answered is never asked again, what was lost is told, once."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.incident import Incident
from tests.house import QUICK, raise_alert, standing
from tests.vendors.openai_server import says, serving_as
from tests.workers.model_stand import ThinkingEndpoint, model_calls, worker_of
from tests.workers.waiting import until_async
from tests.workflows.hands import snapshot

THINKING = QUICK.model_copy(update={"use_model": True})
CALLS = ("logs 1", "changes 1", "supervisor 1", "supervisor 2", "sceptic 1")


async def awaiting(handle: WorkflowHandle[Any, str]) -> Incident:
    """Wait until people are asked, and return the document."""
    async with asyncio.timeout(60):
        while True:
            # A question that was on its way to the killed worker is given up by the server: ask again.
            with contextlib.suppress(RPCError):
                if (seen := await snapshot(handle)).awaiting:
                    return seen
            await asyncio.sleep(0.1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("killed_at", ["changes 1", "supervisor 2", "sceptic 1"])
async def test_a_kill_pays_no_token_twice(temporal: WorkflowEnvironment, tmp_path: Path, killed_at: str) -> None:
    """Every call that was answered came once; the one in flight came twice, and the bill says that it was lost."""
    address = str(temporal.client.service_client.config.target_host)
    async with (
        serving_as(ThinkingEndpoint(holds=killed_at)) as endpoint,
        standing(temporal.client, tmp_path, queues="tools,actions") as stand,
    ):
        scenario = stand.play("bad-deploy")
        async with worker_of(stand, address, endpoint) as worker:
            handle = await raise_alert(stand, scenario, THINKING, tenant=killed_at.replace(" ", "-"))
            await asyncio.wait_for(endpoint.held.wait(), 60)
            recorded = endpoint.answered.total

            async def settled() -> bool:
                return (await model_calls(handle)).total() == recorded()

            await until_async(settled)
            worker.kill()
            await worker.wait()
        async with worker_of(stand, address, endpoint):
            seen = await awaiting(handle)
            await handle.terminate()
    assert endpoint.came == {call: 1 + (call == killed_at) for call in CALLS}
    assert (seen.usage.calls, seen.usage.prompt_tokens, seen.usage.completion_tokens) == (5, 500, 100)
    assert seen.usage.lost_calls == 1
    assert seen.usage.lost_tokens > 100


async def test_the_tokens_of_attempts_that_were_retried_are_on_the_bill(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    """An empty answer is paid for and worth a retry: both are counted, and the history tells who was asked."""
    address = str(temporal.client.service_client.config.target_host)
    async with (
        serving_as(ThinkingEndpoint(first={"supervisor 2": [says("")]})) as endpoint,
        standing(temporal.client, tmp_path, queues="tools,actions") as stand,
        worker_of(stand, address, endpoint),
    ):
        handle = await raise_alert(stand, stand.play("bad-deploy"), THINKING, tenant="retried")
        seen = await awaiting(handle)
        asked = await model_calls(handle)
        await handle.terminate()
    assert asked == {"llm.logs": 1, "llm.changes": 1, "llm.diagnose": 2, "llm.doubt": 1}
    assert (seen.usage.calls, seen.usage.prompt_tokens, seen.usage.lost_calls) == (6, 600, 0)
    assert seen.usage.money == pytest.approx(600 * 10 / 1_000_000)
    assert seen.diagnosis is not None
    assert seen.diagnosis.method == "model:thinker"
    assert seen.diagnosis.best is not None
    assert seen.diagnosis.best.confidence <= 0.55
