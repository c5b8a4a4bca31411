"""A real Temporal server for tests: tuned as the embedded one, with clocks that a test may move."""

import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from holdfast.workflows.names import SEARCH_ATTRIBUTES

BINARY = str(Path(sysconfig.get_path("scripts")) / "temporal")

FLAGS = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "history.transferProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxTimeShift": '"50ms"',
    "history.timerProcessorMaxPollRPS": "1000",
    "history.visibilityProcessorMaxPollRPS": "200",
}


async def start_temporal(**flags: str) -> WorkflowEnvironment:
    """Start a server in memory; a workflow's clock moves only by `env.fast_forward`."""
    arguments = ["--log-level", "error"]
    for key, value in {**FLAGS, **flags}.items():
        arguments += ["--dynamic-config-value", f"{key}={value}"]
    return await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=BINARY,
        data_converter=pydantic_data_converter,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_extra_args=arguments,
    )


@asynccontextmanager
async def temporal_for(**flags: str) -> AsyncIterator[WorkflowEnvironment]:
    """Run a server of a test's own, with further dynamic configuration (`.` in a key written as `__`)."""
    env = await start_temporal(**{key.replace("__", "."): value for key, value in flags.items()})
    try:
        yield env
    finally:
        await env.shutdown()
