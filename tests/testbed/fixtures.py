"""What a test of a real system asks for; each server is started once for a test process, and only when asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed.cluster import TestCluster
from tests.testbed.plane import Plane


@pytest.fixture(scope="session")
def kubernetes_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """A real Kubernetes API: our own, or the one that `HOLDFAST_TEST_KUBECONFIG` names."""
    folder = tmp_path_factory.mktemp("cluster")
    own = os.environ.get("HOLDFAST_TEST_KUBECONFIG")
    if own:
        cluster = TestCluster(Path(own), folder, suffix="random")
        yield cluster
        cluster.close()
        return
    plane = Plane(folder / "plane")
    plane.folder.mkdir()
    try:
        plane.start()
        cluster = TestCluster(plane.kubeconfig, folder)
        yield cluster
        cluster.close()
    finally:
        plane.stop()
