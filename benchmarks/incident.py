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
# The shape of an oom-crash: how many activities at once, stage by stage. Its local activities are not in it.
SHAPE = (3, 11, 1, 1, 2, 2)


@activity.defn
async def nothing() -> None:
    """Do nothing."""


@workflow.defn
class Bare:
    """Activities that do nothing, so many at once, stage by stage."""

    @workflow.run
    async def run(self, shape: list[int]) -> None:
        """Walk the shape."""
        for width in shape:
            one = timedelta(seconds=10)
            await asyncio.gather(
                *(workflow.execute_activity(nothing, start_to_close_timeout=one) for _ in range(width))
            )


async def measure() -> list[Figure]:
    """Return ratio, events and bytes."""
    env = await start_temporal()
    with tempfile.TemporaryDirectory() as folder:
        real, size, activities = await _real(env.client, Path(folder))
        line = await _bare(env.client, [1] * activities)
        together = await _bare(env.client, list(SHAPE))
    await env.shutdown()
    spent = real - PAUSE
    note = f"{spent:.2f} s, less {PAUSE} s of waiting for recovery; {line:.2f} s for {activities} one after another"
    wide = f"{spent:.2f} s beside {together:.2f} s: {max(SHAPE)} of them at once, as the incident asks them"
    return [
        Figure(name="incident ÷ bare workflow", value=spent / line, at_most=1.5, note=note),
        Figure(name="incident ÷ bare workflow of its shape", value=spent / together, note=wide),
        Figure(name="history events of oom-crash", value=size[0], at_most=120),
        Figure(name="history bytes of oom-crash", value=size[1], unit="B", at_most=80_000),
    ]


async def _real(client: Client, folder: Path) -> tuple[float, tuple[float, float], int]:
    """Return the median wall time, events and bytes, and how many activities one has, local ones too."""
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
    return median(walls), (median([s[0] for s in sizes]), median([s[1] for s in sizes])), await _activities(handle)


async def _activities(handle: WorkflowHandle[Any, Any]) -> int:
    events = (await handle.fetch_history()).events
    local = [e for e in events if e.marker_recorded_event_attributes.marker_name == "core_local_activity"]
    return len(local) + sum(e.HasField("activity_task_scheduled_event_attributes") for e in events)


async def _bare(client: Client, shape: list[int]) -> float:
    walls: list[float] = []
    async with Worker(
        client,
        task_queue="bare",
        workflows=[Bare],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        for n in range(TIMES):
            name = f"bare-{len(shape)}-{n}"
            handle = await client.start_workflow(Bare.run, shape, id=name, task_queue="bare")
            await handle.result()
            walls.append(await _wall(handle))
    return median(walls)


async def _wall(handle: WorkflowHandle[Any, Any]) -> float:
    info = (await handle.describe()).raw_description.workflow_execution_info
    took = info.close_time.ToDatetime() - info.start_time.ToDatetime()
    return float(took.total_seconds())
