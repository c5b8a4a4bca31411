"""The cluster of the test bed is real: it rolls out, it refuses by its roles, and its pods can be made to look ill."""

import httpx2
import pytest

from tests.testbed.cluster import TestCluster, trusting

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
