"""The cluster of the test bed is real: it rolls out, it refuses by its roles, and its pods can be made to look ill."""

import base64
from pathlib import Path

import httpx2
import pytest
import yaml

from tests.testbed.cluster import TestCluster, trusting
from tests.testbed.fixtures import cluster_in
from tests.testbed.kubeconfig import INLINE, read
from tests.testbed.places import wait_until

pytestmark = pytest.mark.real

SHOP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: bed}
spec:
  replicas: 3
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers: [{name: cart, image: "registry.example/cart:1"}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: bed}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: bed}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: bed}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: bed}]
"""


@pytest.fixture(scope="module")
def namespace(kubernetes_cluster: TestCluster) -> str:
    """A namespace with a deployment and a reader of pods."""
    name = kubernetes_cluster.namespace("bed")
    kubernetes_cluster.apply(SHOP.replace("namespace: bed", f"namespace: {name}"))
    return name


def test_a_deployment_rolls_out(kubernetes_cluster: TestCluster, namespace: str) -> None:
    """Scheduler, controllers and the hollow node do their work."""
    kubernetes_cluster.rolled_out(namespace, "cart")
    assert len(kubernetes_cluster.pods(namespace, "app=cart")) == 3


def test_an_account_may_do_what_its_role_says_and_no_more(kubernetes_cluster: TestCluster, namespace: str) -> None:
    """RBAC is on."""
    reader = TestCluster(kubernetes_cluster.kubeconfig_of(namespace, "reader"), kubernetes_cluster.folder)
    assert len(reader.pods(namespace)) == 3
    with pytest.raises(AssertionError, match="Forbidden"):
        reader.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")
    reader.close()


def test_nobody_is_known_without_a_token(kubernetes_cluster: TestCluster) -> None:
    """Anonymous requests are off."""
    answer = httpx2.get(f"{kubernetes_cluster.url}/api", verify=trusting(kubernetes_cluster.cluster, {}))
    assert answer.status_code == 401


def test_a_pod_can_be_made_to_look_crashed(kubernetes_cluster: TestCluster, namespace: str) -> None:
    """A hollow node runs nothing, so a test writes what a kubelet would have seen."""
    kubernetes_cluster.rolled_out(namespace, "cart")
    pod = kubernetes_cluster.pods(namespace)[0]["metadata"]["name"]
    kubernetes_cluster.crash(namespace, pod)
    found = kubernetes_cluster.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")["status"]["containerStatuses"][0]
    assert found["lastState"]["terminated"]["reason"] == "OOMKilled"


@pytest.fixture
def own(kubernetes_cluster: TestCluster, tmp_path: Path) -> Path:
    """A kubeconfig as kind writes it: everything inline, more than one context, the right one not the first."""
    cluster, user = read(kubernetes_cluster.kubeconfig, tmp_path)
    inline = [
        {f"{key}-data": base64.b64encode(Path(s.pop(key)).read_bytes()).decode() for key in INLINE if key in s} | s
        for s in (cluster, user)
    ]
    other = {"name": "other", "cluster": {"server": "https://127.0.0.1:9"}}
    config = {
        "clusters": [other, {"name": "kind", "cluster": inline[0]}],
        "users": [{"name": "other", "user": {}}, {"name": "kind-admin", "user": inline[1]}],
        "contexts": [
            {"name": "other", "context": {"cluster": "other", "user": "other"}},
            {"name": "kind-kind", "context": {"cluster": "kind", "user": "kind-admin"}},
        ],
        "current-context": "kind-kind",
    }
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(config))
    return file


def test_a_persons_own_cluster_is_used_and_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch, kubernetes_cluster: TestCluster, own: Path, tmp_path: Path
) -> None:
    """Nothing is started; a namespace has a name that nobody has, and goes when the tests end."""
    monkeypatch.setenv("HOLDFAST_TEST_KUBECONFIG", str(own))
    with cluster_in(tmp_path / "own") as cluster:
        namespace = cluster.namespace("shop")
        assert not (tmp_path / "own" / "plane").exists()
    assert namespace.startswith("shop-")
    path = "/api/v1/namespaces?fieldSelector=status.phase=Active"
    wait_until(
        lambda: namespace not in [n["metadata"]["name"] for n in kubernetes_cluster.get(path)["items"]],
        f"the end of {namespace}",
    )


def test_a_user_who_logs_in_by_a_program_is_refused_by_name(tmp_path: Path) -> None:
    """A test has no terminal for it."""
    context = {"name": "cloud", "context": {"cluster": "cloud", "user": "cloud"}}
    clusters = [{"name": "cloud", "cluster": {"server": "https://127.0.0.1:9"}}]
    users = [{"name": "cloud", "user": {"exec": {"command": "login"}}}]
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump({"clusters": clusters, "users": users, "contexts": [context]}))
    with pytest.raises(ValueError, match="logs in by a program"):
        read(file, tmp_path)
