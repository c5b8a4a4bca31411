"""A real Kubernetes control plane on loopback with a hollow node: pods are scheduled, become ready, and run nothing."""

import os
import ssl
import subprocess
from contextlib import ExitStack
from pathlib import Path

import httpx2
import yaml

from tests.testbed import certificates
from tests.testbed.places import end, free_port, program, wait_until

ADMIN_TOKEN = "testbed-admin"


class Plane:
    """etcd, API server, controllers, scheduler and a hollow node, each a process of ours; etcd is stopped last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pki = folder / "pki"
        self.port = free_port()
        self.etcd = free_port()
        self._open = ExitStack()

    @property
    def url(self) -> str:
        """Return the API server's address."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.folder / "admin.kubeconfig"

    def start(self) -> None:
        """Start everything and return when pods would be run."""
        certificates.make(self.pki)
        (self.folder / "tokens.csv").write_text(f'{ADMIN_TOKEN},admin,admin,"system:masters"\n')
        for client in certificates.CLIENTS:
            self._kubeconfig(client)
        self._run("etcd", _etcd(self))
        self._run("kube-apiserver", _apiserver(self))
        wait_until(lambda: self._answers("/readyz"), "the API server")
        self._run("kube-controller-manager", _controllers(self))
        self._run("kube-scheduler", _scheduler(self))
        self._run("kubemark", _node(self))
        wait_until(lambda: self._answers("/api/v1/namespaces/default/serviceaccounts/default"), "the controllers")
        wait_until(lambda: b'"type":"Ready","status":"True"' in self._body("/api/v1/nodes/hollow-1"), "the node")

    def stop(self) -> None:
        """Stop everything, in the opposite order: an API server without etcd hangs for a minute."""
        self._open.close()

    def _run(self, name: str, arguments: list[str]) -> None:
        log = self._open.enter_context((self.folder / f"{name}.log").open("wb"))
        environment = {**os.environ, "HOME": str(self.folder)}
        command = [program(name), *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, env=environment)
        self._open.callback(end, process)

    def _kubeconfig(self, client: str) -> None:
        user = {"client-certificate": str(self.pki / f"{client}.crt"), "client-key": str(self.pki / f"{client}.key")}
        write_kubeconfig(self.folder / f"{client}.kubeconfig", self.url, self.pki / "ca.crt", user)

    def _answers(self, path: str) -> bool:
        return bool(self._body(path))

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.pki / "ca.crt")

    def _body(self, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        try:
            answer = httpx2.get(self.url + path, headers=headers, verify=self._trust(), timeout=5)
        except httpx2.HTTPError:
            return b""
        return answer.content if answer.is_success else b""


def write_kubeconfig(path: Path, url: str, authority: Path, user: dict[str, str]) -> None:
    """Write a kubeconfig with one context."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "testbed", "cluster": {"server": url, "certificate-authority": str(authority)}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "user"}}],
        "current-context": "testbed",
    }
    path.write_text(yaml.safe_dump(config))


def _etcd(plane: Plane) -> list[str]:
    client, peer = f"http://127.0.0.1:{plane.etcd}", f"http://127.0.0.1:{free_port()}"
    return [
        f"--data-dir={plane.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def _apiserver(plane: Plane) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{plane.etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={plane.port}",
        f"--tls-cert-file={plane.pki / 'server.crt'}",
        f"--tls-private-key-file={plane.pki / 'server.key'}",
        f"--client-ca-file={plane.pki / 'ca.crt'}",
        f"--token-auth-file={plane.folder / 'tokens.csv'}",
        f"--service-account-key-file={plane.pki / 'accounts.pub'}",
        f"--service-account-signing-key-file={plane.pki / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--anonymous-auth=false",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
    ]


def _controllers(plane: Plane) -> list[str]:
    return [
        f"--kubeconfig={plane.folder / 'controllers.kubeconfig'}",
        f"--service-account-private-key-file={plane.pki / 'accounts.key'}",
        f"--root-ca-file={plane.pki / 'ca.crt'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
        "--port=0",
    ]


def _scheduler(plane: Plane) -> list[str]:
    return [
        f"--kubeconfig={plane.folder / 'scheduler.kubeconfig'}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
        "--port=0",
    ]


def _node(plane: Plane) -> list[str]:
    return [
        "--morph=kubelet",
        "--name=hollow-1",
        f"--kubeconfig={plane.folder / 'node.kubeconfig'}",
        f"--kubelet-port={free_port()}",
        f"--kubelet-read-only-port={free_port()}",
    ]
