"""What a test of a real system asks for; each server is started once for a test process, and only when asked for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.testbed import postgres
from tests.testbed.cluster import TestCluster
from tests.testbed.plane import Plane


@pytest.fixture(scope="session")
def kubernetes_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """A real Kubernetes API: our own, or the one that `HOLDFAST_TEST_KUBECONFIG` names."""
    with cluster_in(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A real PostgreSQL; ask it for a database of the test's own."""
    with postgres.running() as server:
        yield server


@contextmanager
def cluster_in(folder: Path) -> Iterator[TestCluster]:
    """Run a cluster in a folder, or speak to a person's own."""
    folder.mkdir(exist_ok=True)
    own = os.environ.get("HOLDFAST_TEST_KUBECONFIG")
    plane = None if own else Plane(folder / "plane")
    try:
        if plane is not None:
            plane.folder.mkdir()
            plane.start()
        cluster = TestCluster(
            plane.kubeconfig if plane else Path(own or "").expanduser(), folder, suffix="random" if own else ""
        )
        yield cluster
        cluster.close()
    finally:
        if plane is not None:
            plane.stop()
