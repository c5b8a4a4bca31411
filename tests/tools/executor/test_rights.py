"""The executor knows its own rights: it does not stand with too many, nor with too few, and names them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.testbed.cluster import TestCluster
from tests.tools.executor.real_stand import RealStand, executor_account
from tests.tools.kubernetes.estate import account

pytestmark = pytest.mark.real
GROUP = "rbac.authorization.k8s.io"
Rule = dict[str, Any]


def rule(verb: str, resource: str, group: str = "", **fields: Any) -> Rule:
    """Return one rule of a role."""
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb], **fields}


INSIDE = {
    "* *": rule("*", "*", "*"),
    "get secrets": rule("get", "secrets"),
    "watch secrets": rule("watch", "secrets"),
    "update secrets": rule("update", "secrets"),
    "patch secrets": rule("patch", "secrets", resourceNames=["one"]),
    "create pods": rule("create", "pods"),
    "create pods/exec": rule("create", "pods/exec"),
    "create serviceaccounts/token": rule("create", "serviceaccounts/token"),
    "create rolebindings": rule("create", "rolebindings", GROUP),
    "patch roles": rule("patch", "roles", GROUP),
    "escalate roles": rule("escalate", "roles", GROUP),
    "bind roles": rule("bind", "roles", GROUP),
    "get configmaps": rule("get", "configmaps"),
    "sing songs": rule("sing", "songs", "example.org"),
    "* pods": rule("*", "pods"),
    "get *": rule("get", "*", "apps"),
}
AT_ALL = {
    "impersonate users": rule("impersonate", "users"),
    "create clusterrolebindings": rule("create", "clusterrolebindings", GROUP),
    "delete namespaces": rule("delete", "namespaces"),
    "patch nodes": rule("patch", "nodes"),
    "list namespaces": rule("list", "namespaces"),
    "patch deployments": rule("patch", "deployments", "apps"),
    "get /metrics": {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
}


@pytest.fixture(scope="module")
def place(kubernetes_cluster: TestCluster) -> tuple[str, Path]:
    """A namespace with the executor's account."""
    name = kubernetes_cluster.namespace("rights")
    return name, executor_account(kubernetes_cluster, name)


@pytest.fixture
def stand(kubernetes_cluster: TestCluster, place: tuple[str, Path], tmp_path: Path) -> RealStand:
    """An executor with exactly the rights that are shipped."""
    return RealStand(kubernetes_cluster, *place, tmp_path)


@contextmanager
def given(stand: RealStand, one: Rule, namespace: str = "") -> Iterator[None]:
    """Give the executor's account one more rule, in a namespace or at all."""
    kind, where = ("Role", {"namespace": namespace}) if namespace else ("ClusterRole", {})
    meta = {"name": f"more-{stand.namespace}", **where}
    ref = {"apiGroup": GROUP, "kind": kind, "name": meta["name"]}
    subject = {"kind": "ServiceAccount", "name": "holdfast-executor", "namespace": stand.namespace}
    base = {"apiVersion": f"{GROUP}/v1", "metadata": meta}
    stand.cluster.apply({**base, "kind": kind, "rules": [one]})
    stand.cluster.apply({**base, "kind": f"{kind}Binding", "roleRef": ref, "subjects": [subject]})
    try:
        yield
    finally:
        stand.cluster.apply({**base, "kind": kind, "rules": []})


async def refused(stand: RealStand) -> str:
    """Return why it does not stand; a cluster takes a moment to know a new role."""
    end = time.monotonic() + 5
    while True:
        try:
            async with stand.standing():
                assert time.monotonic() < end, "it stands"
        except ValueError as e:
            return str(e)


async def stands(stand: RealStand) -> float:
    """Return the seconds it took to stand; a cluster takes a moment to forget a role."""
    end = time.monotonic() + 5
    while True:
        begun = time.monotonic()
        try:
            async with stand.standing():
                return time.monotonic() - begun
        except ValueError:
            if begun > end:
                raise


async def test_with_what_is_shipped_it_stands_at_once(stand: RealStand) -> None:
    """The questions are many, but asked side by side."""
    assert await stands(stand) < 10


@pytest.mark.parametrize("right", INSIDE)
async def test_a_right_that_is_too_much_is_named(stand: RealStand, right: str) -> None:
    """One more rule in its own namespace is enough, also one that nobody thought of, or for one object by name."""
    with given(stand, INSIDE[right], stand.namespace):
        said = await refused(stand)
    assert f"{right} in {stand.namespace}" in said
    assert "take that away from its roles" in said


@pytest.mark.parametrize("right", AT_ALL)
async def test_a_right_in_the_whole_cluster_is_named(stand: RealStand, right: str) -> None:
    """A cluster role lets it act beyond its namespaces, or on what lies in none."""
    with given(stand, AT_ALL[right]):
        assert f"{right} in " in await refused(stand)


@pytest.mark.parametrize("namespace", ["kube-system", "default", "kube-public"])
async def test_any_right_where_every_cluster_keeps_its_own_is_refused(stand: RealStand, namespace: str) -> None:
    """Even to look at one thing there."""
    with given(stand, rule("get", "configmaps"), namespace):
        assert f"get configmaps in {namespace}" in await refused(stand)


async def test_a_right_in_a_namespace_that_is_never_its_own_is_refused(stand: RealStand) -> None:
    """What it may elsewhere can be asked only where the name is known: `never` names what matters."""
    other = stand.cluster.namespace("payments")
    stand.more = {"never": [other]}
    with given(stand, rule("*", "*", "*"), other):
        assert f"* * in {other}" in await refused(stand)


async def test_where_it_may_list_namespaces_it_asks_in_each(stand: RealStand) -> None:
    """Tolerated, the list leads to what it may in a namespace that nobody named."""
    other = stand.cluster.namespace("billing")
    stand.more = {"tolerated": ["list namespaces"]}
    lister = f"lists-{stand.namespace}"
    ref = {"apiGroup": GROUP, "kind": "ClusterRole", "name": lister}
    subject = {"kind": "ServiceAccount", "name": "holdfast-executor", "namespace": stand.namespace}
    base = {"apiVersion": f"{GROUP}/v1", "metadata": {"name": lister}}
    stand.cluster.apply({**base, "kind": "ClusterRole", "rules": [AT_ALL["list namespaces"]]})
    stand.cluster.apply({**base, "kind": "ClusterRoleBinding", "roleRef": ref, "subjects": [subject]})
    with given(stand, rule("get", "endpoints"), other):
        assert f"get endpoints in {other}" in await refused(stand)
    stand.cluster.apply({**base, "kind": "ClusterRole", "rules": []})


async def test_what_everybody_has_may_be_tolerated_but_never_what_is_grave(stand: RealStand) -> None:
    """Some clusters give every account a rule of their own."""
    with given(stand, rule("use", "podsecuritypolicies", "policy"), stand.namespace):
        assert f"use podsecuritypolicies in {stand.namespace}" in await refused(stand)
        stand.more = {"tolerated": ["use podsecuritypolicies", "get secrets"]}
        await stands(stand)
    with given(stand, rule("get", "secrets"), stand.namespace):
        assert f"get secrets in {stand.namespace}" in await refused(stand)


async def test_without_jobs_it_may_create_none(stand: RealStand) -> None:
    """Who creates a job runs any container."""
    stand.more = {"jobs": {}}
    said = await refused(stand)
    assert f"get jobs in {stand.namespace}; create jobs in {stand.namespace}" in said


async def test_an_administrator_is_refused(kubernetes_cluster: TestCluster, tmp_path: Path) -> None:
    """The executor has an account of its own or none."""
    stand = RealStand(kubernetes_cluster, "rights", kubernetes_cluster.kubeconfig, tmp_path)
    with pytest.raises(ValueError, match=r"may too much \(\* \* in every namespace"):
        async with stand.standing():
            pass


async def test_what_is_missing_is_named(kubernetes_cluster: TestCluster, tmp_path: Path) -> None:
    """An account without rights may not act; the executor says what it lacks."""
    name = kubernetes_cluster.namespace("rights-few")
    nobody = kubernetes_cluster.kubeconfig_of(name, "default")
    stand = RealStand(kubernetes_cluster, name, nobody, tmp_path)
    with pytest.raises(ValueError, match=rf"may not get deployments in {name}; patch deployments in {name}; update"):
        async with stand.standing():
            pass
    looker = RealStand(kubernetes_cluster, name, account(kubernetes_cluster, name, "looker"), tmp_path)
    with pytest.raises(ValueError, match="may too much"):
        async with looker.standing():
            pass


async def test_jobs_need_their_role(kubernetes_cluster: TestCluster, tmp_path: Path) -> None:
    """The account as shipped without it stands where no jobs are configured, and nowhere else."""
    name = kubernetes_cluster.namespace("rights-jobs")
    stand = RealStand(kubernetes_cluster, name, executor_account(kubernetes_cluster, name, jobs=False), tmp_path)
    assert f"may not create jobs in {name}" in await refused(stand)
    stand.more = {"jobs": {}}
    await stands(stand)
