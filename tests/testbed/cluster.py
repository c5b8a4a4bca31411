"""A cluster that tests use: ours on a control plane of its own, or a person's, named by `HOLDFAST_TEST_KUBECONFIG`."""

import secrets
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import yaml

from tests.testbed.kubeconfig import read
from tests.testbed.places import wait_until
from tests.testbed.plane import write_kubeconfig

APPLY = {"Content-Type": "application/apply-patch+yaml"}
MERGE = {"Content-Type": "application/strategic-merge-patch+json"}
Object = dict[str, Any]


class TestCluster:
    """Does by the plainest HTTP what a test needs done to a cluster, as its administrator."""

    __test__ = False  # it is no test, whatever its name begins with

    def __init__(self, kubeconfig: Path, folder: Path, suffix: str = "") -> None:
        self.kubeconfig, self.folder, self.suffix = kubeconfig, folder, suffix
        self.cluster, user = read(kubeconfig, folder)
        self._made: list[str] = []
        self._http = httpx2.Client(
            base_url=self.url,
            verify=trusting(self.cluster, user),
            headers={"Authorization": f"Bearer {user['token']}"} if "token" in user else {},
            timeout=20,
        )

    @property
    def url(self) -> str:
        """Return the API server's address."""
        return str(self.cluster["server"])

    def close(self) -> None:
        """Close the connection; a person's own cluster keeps none of the namespaces."""
        for namespace in self._made if self.suffix else []:
            self.forget(namespace)
        self._http.close()

    def namespace(self, name: str) -> str:
        """Make a namespace and return its name, which on a person's own cluster has a random end."""
        full = f"{name}-{secrets.token_hex(3)}" if self.suffix else name
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": full}})
        path = f"/api/v1/namespaces/{full}/serviceaccounts/default"
        self._made.append(full)
        wait_until(lambda: self._http.get(path).status_code == 200, f"namespace {full}")
        return full

    def forget(self, namespace: str) -> None:
        """Delete a namespace and all that is in it; the cluster does so in its own time."""
        self._http.delete(f"/api/v1/namespaces/{namespace}")

    def apply(self, manifest: Object | str) -> None:
        """Apply one manifest, or a text of several."""
        for one in yaml.safe_load_all(manifest) if isinstance(manifest, str) else [manifest]:
            if one:
                answer = self._http.patch(
                    path_of(one),
                    content=yaml.safe_dump(one),
                    headers=APPLY,
                    params={"fieldManager": "test", "force": "true"},
                )
                assert answer.is_success, answer.text

    def get(self, path: str) -> Object:
        """Return what lies at a path of the API."""
        answer = self._http.get(path)
        assert answer.is_success, answer.text
        found: Object = answer.json()
        return found

    def patch(self, path: str, body: Object) -> Object:
        """Merge a body into what lies at a path."""
        answer = self._http.patch(path, json=body, headers=MERGE)
        assert answer.is_success, answer.text
        found: Object = answer.json()
        return found

    def rolled_out(self, namespace: str, deployment: str, seconds: float = 60) -> Object:
        """Wait until every replica of a deployment is new and available; return the deployment."""
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}"
        wait_until(lambda: _complete(self.get(path)), f"rollout of {deployment}", seconds)
        return self.get(path)

    def pods(self, namespace: str, selector: str = "") -> list[Object]:
        """Return a namespace's pods."""
        answer = self._http.get(f"/api/v1/namespaces/{namespace}/pods", params={"labelSelector": selector})
        found: list[Object] = answer.json()["items"]
        return found

    def crash(self, namespace: str, pod: str, reason: str = "OOMKilled", exit_code: int = 137) -> None:
        """Let a pod's only container look crashed: a hollow node runs nothing that could."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}"
        container = self.get(path)["status"]["containerStatuses"][0]
        ended = {"exitCode": exit_code, "reason": reason, "finishedAt": "2026-01-01T00:00:00Z"}
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}
        crashed = {
            **container,
            "ready": False,
            "restartCount": container["restartCount"] + 1,
            "state": {"waiting": waiting},
            "lastState": {"terminated": ended},
        }
        self.patch(f"{path}/status", {"status": {"containerStatuses": [crashed]}})

    @contextmanager
    def crashing(self, namespace: str, pods: Sequence[str]) -> Iterator[None]:
        """Let pods look crashed all along: a hollow node, sooner or later, reports again that they are well."""
        done = threading.Event()

        def keep() -> None:
            while not done.wait(0.5):
                for pod in pods:
                    if self._well(namespace, pod):
                        self.crash(namespace, pod)

        for pod in pods:
            self.crash(namespace, pod)
        keeper = threading.Thread(target=keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join(10)

    def _well(self, namespace: str, pod: str) -> bool:
        found = self.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")
        return bool(found["status"]["containerStatuses"][0]["ready"])

    def kubeconfig_of(self, namespace: str, account: str) -> Path:
        """Return a kubeconfig with a token of a ServiceAccount (TokenRequest), good for an hour."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        answer = self._http.post(path, json=body)
        assert answer.is_success, answer.text
        file = self.folder / f"{namespace}-{account}-{secrets.token_hex(3)}.kubeconfig"
        authority = Path(self.cluster["certificate-authority"])
        write_kubeconfig(file, self.url, authority, {"token": answer.json()["status"]["token"]})
        return file


def trusting(cluster: Object, user: Object) -> ssl.SSLContext:
    """Return a TLS context that knows the cluster's authority and, where there is one, the user's certificate."""
    context = ssl.create_default_context(cafile=cluster["certificate-authority"])
    if "client-certificate" in user:
        context.load_cert_chain(user["client-certificate"], user["client-key"])
    return context


_PLURALS = {"NetworkPolicy": "networkpolicies", "Endpoints": "endpoints", "Ingress": "ingresses"}
_CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding", "Node")


def path_of(manifest: Object) -> str:
    """Return where the API keeps the object that a manifest describes."""
    version, kind, meta = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    where = "" if kind in _CLUSTER_WIDE else f"/namespaces/{meta['namespace']}"
    return f"{root}{where}/{_PLURALS.get(kind, kind.lower() + 's')}/{meta['name']}"


def _complete(deployment: Object) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return bool(seen and counts == [wanted] * 3)
