"""A shop on the test bed's cluster: a deployment, what stands around it, and the accounts of deploy/kubernetes."""

from pathlib import Path

from tests.testbed.cluster import TestCluster

RBAC = Path(__file__).parents[3] / "deploy" / "kubernetes"

SHOP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: NS}
spec:
  replicas: 3
  progressDeadlineSeconds: 600
  selector: {matchLabels: {app: cart}}
  template:
    metadata:
      labels: {app: cart}
      annotations: {holdfast.dev/commit: 0a1b2c3d4e5f}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: cart
          image: "registry.example/cart:1"
          ports: [{containerPort: 8080}]
          resources: {limits: {memory: 256Mi}}
          livenessProbe: {httpGet: {path: /ready, port: 8080}, initialDelaySeconds: 3600}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: NS}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080, protocol: TCP}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cart, namespace: NS}
data: {password: hunter2-is-no-value-to-tell, mode: fast}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: shop, namespace: NS}
spec: {hard: {pods: "40"}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: NS}
spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Ingress], ingress: []}
"""


def open_shop(cluster: TestCluster, name: str) -> str:
    """Make the shop and wait until it runs; return its namespace."""
    namespace = cluster.namespace(name)
    cluster.apply(SHOP.replace("namespace: NS", f"namespace: {namespace}"))
    cluster.rolled_out(namespace, "cart")
    return namespace


def account(cluster: TestCluster, namespace: str, who: str) -> Path:
    """Apply an account's file as it is shipped, for one namespace; return its kubeconfig."""
    text = (RBAC / f"{who}-rbac.yaml").read_text()
    moved = text.replace("namespace: shop", f"namespace: {namespace}").replace(
        "namespace: holdfast", f"namespace: {namespace}"
    )
    cluster.apply(moved.replace("holdfast-looker-nodes", f"holdfast-looker-nodes-{namespace}"))
    return cluster.kubeconfig_of(namespace, f"holdfast-{who}")


def release(cluster: TestCluster, namespace: str, image: str) -> None:
    """Roll out another image."""
    containers = [{"name": "cart", "image": image}]
    note = {"kubernetes.io/change-cause": f"release {image}"}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/cart"
    body = {"metadata": {"annotations": note}, "spec": {"template": {"spec": {"containers": containers}}}}
    cluster.patch(path, body)
    cluster.rolled_out(namespace, "cart")
