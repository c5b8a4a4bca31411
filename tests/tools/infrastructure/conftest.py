"""The real Docker engine that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.vendors.docker_engine import DockerEngine, running


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """A real engine of this test process's own."""
    with running() as engine:
        yield engine
