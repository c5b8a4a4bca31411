"""One incident that walked to its end, for tests that look back at it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests.house import raise_alert, standing


@dataclass
class Ended:
    """An incident that is over, and where everything about it is kept."""

    address: str
    database_url: str
    data: Path
    handle: WorkflowHandle[Any, str]


@pytest.fixture(scope="session")
async def ended(temporal: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A false alarm, closed; its workers are gone."""
    async with standing(temporal.client, tmp_path_factory.mktemp("ended")) as stand:
        scenario = stand.play("healthy-false-alarm")
        handle = await raise_alert(stand, scenario, tenant="lookback")
        await asyncio.wait_for(handle.result(), 30)
        url, data = stand.settings.database_url, stand.settings.data_dir
    return Ended(temporal.client.service_client.config.target_host, url, data, handle)
