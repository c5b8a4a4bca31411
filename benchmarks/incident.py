"""One incident without a human: its time beside a bare workflow of the same shape, its events and its bytes."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.measure import Figure, median
from tests.house import QUICK, raise_alert, standing
from tests.temporal import start_temporal

TIMES = 7
PAUSE = 1.1
SETTINGS = QUICK.model_copy(update={"soak": timedelta(0), "verify_every": timedelta(seconds=PAUSE)})
# The shape of an oom-crash: how many activities at once, stage by stage; 0 is the pause before verification.
SHAPE = (3, 11, 1, 1, 0, 2, 2)


@activity.defn
async def nothing() -> None:
    """Do nothing."""


@workflow.defn
class Bare:
    """The same number of activities in the same order, doing nothing."""

    @workflow.run
    async def run(self) -> None:
        """Walk the shape."""
        for width in SHAPE:
            if width == 0:
                await workflow.sleep(PAUSE)
                continue
            one = timedelta(seconds=10)
            await asyncio.gather(
                *(workflow.execute_activity(nothing, start_to_close_timeout=one) for _ in range(width))
            )


async def measure() -> list[Figure]:
    """Return ratio, events and bytes."""
    env = await start_temporal()
    with tempfile.TemporaryDirectory() as folder:
        real, size = await _real(env.client, Path(folder))
        bare = await _bare(env.client)
    await env.shutdown()
    ratio = (real - PAUSE) / (bare - PAUSE)
    note = f"{real:.2f} s beside {bare:.2f} s, each with {PAUSE} s of soak"
    return [
        Figure(name="incident wall time ÷ bare workflow", value=real / bare, at_most=1.5, note=note),
        Figure(name="the same without the soak", value=ratio, note="for the curious"),
        Figure(name="history events of oom-crash", value=size[0], at_most=120),
        Figure(name="history bytes of oom-crash", value=size[1], unit="B", at_most=80_000),
    ]


async def _real(client: Client, folder: Path) -> tuple[float, tuple[float, float]]:
    walls: list[float] = []
    sizes: list[tuple[float, float]] = []
    async with standing(client, folder) as stand:
        for n in range(TIMES):
            stand.estate.clear()
            handle = await raise_alert(stand, stand.play("oom-crash"), SETTINGS, tenant=f"t{n}")
            await handle.result()
            walls.append(await _wall(handle))
            described = (await handle.describe()).raw_description.workflow_execution_info
            sizes.append((described.history_length, described.history_size_bytes))
    return median(walls), (median([s[0] for s in sizes]), median([s[1] for s in sizes]))


async def _bare(client: Client) -> float:
    walls: list[float] = []
    async with Worker(
        client,
        task_queue="bare",
        workflows=[Bare],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        for n in range(TIMES):
            handle = await client.start_workflow(Bare.run, id=f"bare-{n}", task_queue="bare")
            await handle.result()
            walls.append(await _wall(handle))
    return median(walls)


async def _wall(handle: WorkflowHandle[Any, Any]) -> float:
    info = (await handle.describe()).raw_description.workflow_execution_info
    took = info.close_time.ToDatetime() - info.start_time.ToDatetime()
    return float(took.total_seconds())
