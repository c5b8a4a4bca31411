"""The executor knows its own rights: it does not stand with too many, nor with too few, and names them."""

from pathlib import Path
from typing import Any

import pytest

from tests.testbed.cluster import TestCluster
from tests.tools.executor.real_stand import RealStand
from tests.tools.kubernetes.estate import account

pytestmark = pytest.mark.real
RULES: dict[str, dict[str, Any]] = {
    "get secrets": {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    "create pods/exec": {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
    "create rolebindings": {
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["rolebindings"],
        "verbs": ["create"],
    },
}


@pytest.fixture(scope="module")
def place(kubernetes_cluster: TestCluster) -> tuple[str, Path]:
    """A namespace with the executor's account."""
    name = kubernetes_cluster.namespace("rights")
    return name, account(kubernetes_cluster, name, "executor")


def bind(stand: RealStand, kind: str, name: str, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a role, or cluster role, and its binding to the executor's account."""
    where = {"namespace": stand.namespace} if kind == "Role" else {}
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": "holdfast-executor", "namespace": stand.namespace}
    ref = {"apiGroup": group, "kind": kind, "name": name}
    base = {"apiVersion": f"{group}/v1", "metadata": {"name": name, **where}}
    return [
        {**base, "kind": kind, "rules": rules},
        {**base, "kind": f"{kind}Binding", "roleRef": ref, "subjects": [subject]},
    ]


@pytest.mark.parametrize("right", RULES)
async def test_a_right_that_is_too_much_is_named(
    kubernetes_cluster: TestCluster, place: tuple[str, Path], tmp_path: Path, right: str
) -> None:
    """One more rule in one namespace is enough to refuse."""
    stand = RealStand(kubernetes_cluster, *place, tmp_path)
    for manifest in bind(stand, "Role", "more", [RULES[right]]):
        kubernetes_cluster.apply(manifest)
    with pytest.raises(ValueError, match=f"may too much .*{right} in {stand.namespace}"):
        async with stand.standing():
            pass
    kubernetes_cluster.apply(bind(stand, "Role", "more", [])[0])


async def test_the_power_to_act_everywhere_is_refused(
    kubernetes_cluster: TestCluster, place: tuple[str, Path], tmp_path: Path
) -> None:
    """A cluster role would let it act beyond its namespaces."""
    stand = RealStand(kubernetes_cluster, *place, tmp_path)
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}
    name = f"executor-everywhere-{stand.namespace}"
    for manifest in bind(stand, "ClusterRole", name, [rule]):
        kubernetes_cluster.apply(manifest)
    with pytest.raises(ValueError, match="patch deployments in every namespace"):
        async with stand.standing():
            pass
    kubernetes_cluster.apply(bind(stand, "ClusterRole", name, [])[0])


async def test_an_administrator_is_refused(kubernetes_cluster: TestCluster, tmp_path: Path) -> None:
    """The executor has an account of its own or none."""
    stand = RealStand(kubernetes_cluster, "rights", kubernetes_cluster.kubeconfig, tmp_path)
    with pytest.raises(ValueError, match=r"may too much \(\* \* in every namespace"):
        async with stand.standing():
            pass


async def test_what_is_missing_is_named(kubernetes_cluster: TestCluster, tmp_path: Path) -> None:
    """The looker's account may not act; the executor says what it lacks."""
    name = kubernetes_cluster.namespace("rights-few")
    stand = RealStand(kubernetes_cluster, name, account(kubernetes_cluster, name, "looker"), tmp_path)
    with pytest.raises(ValueError, match=f"may not patch deployments in {name}; update deployments/scale"):
        async with stand.standing():
            pass
