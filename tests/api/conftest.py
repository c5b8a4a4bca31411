"""What the doors' tests share: a Temporal server with no worker, so that what was delivered stays to be read."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from tests.api.doors import at, embedded, knocking
from tests.temporal import start_temporal


@pytest.fixture(scope="session")
async def still() -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server that nothing works on."""
    env = await start_temporal()
    yield env
    await env.shutdown()


@pytest.fixture
async def http(still: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An embedded API before the server that nothing works on."""
    async with knocking(embedded(tmp_path, at(still))) as http:
        yield http


@pytest.fixture
async def away(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An embedded API with no Temporal behind it."""
    async with knocking(embedded(tmp_path)) as http:
        yield http
