"""Real stores that the tests of monitoring share, since they only read them."""

from collections.abc import AsyncIterator

import pytest

from tests.tools.monitoring.stores import prometheus


@pytest.fixture(scope="session")
async def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a real Prometheus with a history."""
    async with prometheus(tmp_path_factory.mktemp("prometheus")) as url:
        yield url
