"""What every test may ask for: one real Temporal server for the whole run of a test process."""

from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.temporal import start_temporal

pytest_plugins = ["tests.testbed.fixtures"]


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server, in memory, tuned, with the product's search attributes."""
    env = await start_temporal()
    yield env
    await env.shutdown()
