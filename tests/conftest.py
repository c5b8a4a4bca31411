"""What every test may ask for: one real Temporal server for the whole run of a test process."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.ended import Ended
from tests.house import raise_alert, standing
from tests.temporal import start_temporal

pytest_plugins = ["tests.testbed.fixtures"]


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server, in memory, tuned, with the product's search attributes."""
    env = await start_temporal()
    yield env
    await env.shutdown()


@pytest.fixture(scope="session")
async def ended(temporal: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A false alarm, closed; its workers are gone."""
    async with standing(temporal.client, tmp_path_factory.mktemp("ended")) as stand:
        scenario = stand.play("healthy-false-alarm")
        handle = await raise_alert(stand, scenario, tenant="lookback")
        await asyncio.wait_for(handle.result(), 30)
        url, data = stand.settings.database_url, stand.settings.data_dir
    return Ended(temporal.client.service_client.config.target_host, url, data, handle)
