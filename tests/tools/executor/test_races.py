"""Others change a deployment between our look and our change: a real API server says so, and it is tried anew."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import RestartDeployment, RollbackDeployment, ScaleDeployment
from holdfast.domain.grant import grant_id
from holdfast.tools.executor.deployments import Deployments, OnDeployment
from holdfast.tools.executor.ledger import Entry
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.section import ClusterAccess
from tests.testbed.cluster import TestCluster
from tests.tools.executor.real_stand import Object, executor_account
from tests.tools.kubernetes.estate import open_shop, release
from tests.tools.stand import INCIDENT, PLAN, grant

pytestmark = pytest.mark.real


class Overtaken(Connection):
    """The real connection; before each of its first changes somebody writes the deployment's status."""

    def __init__(self, cluster: TestCluster, namespace: str, kubeconfig: Path, times: int) -> None:
        super().__init__("executor's cluster", ClusterAccess(kubeconfig=kubeconfig), 6000)
        self._cluster, self._times, self.path = cluster, times, f"/namespaces/{namespace}/deployments/cart"

    async def send(self, request: Request) -> Object:
        """Let the status be written first."""
        if request.method != "GET" and self._times:
            self._times -= 1
            said = {"type": "Overtaken", "status": "True", "message": secrets.token_hex(4)}
            self._cluster.patch(f"/apis/apps/v1{self.path}/status", {"status": {"conditions": [said]}})
        return await super().send(request)


@dataclass
class Place:
    """The shop in its namespace, and the executor's account there."""

    cluster: TestCluster
    namespace: str
    kubeconfig: Path

    def overtaken(self, times: int) -> Overtaken:
        """Return a connection that is overtaken so often."""
        return Overtaken(self.cluster, self.namespace, self.kubeconfig, times)

    def actions(self) -> dict[str, OnDeployment]:
        """Return one action of each kind on cart."""
        where: dict[str, Any] = {"namespace": self.namespace, "service": "cart", "deployment": "cart"}
        path = f"/apis/apps/v1/namespaces/{self.namespace}/replicasets"
        sets = self.cluster.get(path)["items"]
        first = min(int(s["metadata"]["annotations"]["deployment.kubernetes.io/revision"]) for s in sets)
        return {
            "restart": RestartDeployment(**where),
            "scale": ScaleDeployment(replicas=2, **where),
            "rollback": RollbackDeployment(to_revision=first, **where),
        }


@pytest.fixture(scope="module")
def place(kubernetes_cluster: TestCluster) -> Iterator[Place]:
    """A deployment of two revisions."""
    name = open_shop(kubernetes_cluster, "raced")
    release(kubernetes_cluster, name, "registry.example/cart:2")
    yield Place(kubernetes_cluster, name, executor_account(kubernetes_cluster, name))
    kubernetes_cluster.forget(name)


@pytest.mark.parametrize("kind", ["restart", "scale", "rollback"])
async def test_a_change_that_a_status_update_overtook_is_made_anew(place: Place, kind: str) -> None:
    """In the dry run as in earnest; it is made once."""
    action, dry, earnest = place.actions()[kind], place.overtaken(3), place.overtaken(3)
    before: Object = (await Deployments(dry, 0).try_dry(action)).before
    leave = grant(action, grant_id=grant_id(INCIDENT, PLAN, list(place.actions()).index(kind)))
    intended = Entry(dry={"before": before}, at=leave.issued_at)
    assert await Deployments(earnest, 0).make(action, leave, intended)
    assert not await Deployments(earnest, 0).make(action, leave, intended)
    for api in (dry, earnest):
        await api.close()
    assert place.cluster.get(f"/apis/apps/v1{dry.path}")["metadata"]["generation"] == before["generation"] + 1
    place.cluster.rolled_out(place.namespace, "cart")


async def test_a_rollback_that_is_always_overtaken_says_that_it_changed_meanwhile(place: Place) -> None:
    """Not that its values were bad: whoever reads it knows that nothing was wrong with the plan."""
    action, api = place.actions()["rollback"], place.overtaken(99)
    with pytest.raises(ToolError, match=r"^conflict: executor's cluster: 409"):
        await Deployments(api, 0).try_dry(action)
    await api.close()
