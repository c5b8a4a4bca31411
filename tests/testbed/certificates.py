"""The certificates of a control plane on loopback: one authority, the server, and a client for each component."""

import subprocess
from pathlib import Path

SERVER_NAMES = "subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc"
CLIENT = "extendedKeyUsage=clientAuth"
CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "controllers": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "node": "/O=system:nodes/CN=system:node:hollow-1",
}


def make(folder: Path) -> None:
    """Write `ca`, `server`, every client and the service accounts' key pair into `folder`."""
    folder.mkdir(parents=True)
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=test-bed -days 30")
    _leaf(folder, "server", "/CN=kube-apiserver", SERVER_NAMES)
    for name, subject in CLIENTS.items():
        _leaf(folder, name, subject, CLIENT)
    _openssl(folder, "genrsa -out accounts.key 2048")
    _openssl(folder, "rsa -in accounts.key -pubout -out accounts.pub")


def _leaf(folder: Path, name: str, subject: str, extension: str) -> None:
    (folder / f"{name}.ext").write_text(extension)
    _openssl(folder, f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj {subject}")
    signed = f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {name}.crt -days 30"
    _openssl(folder, f"{signed} -extfile {name}.ext")


def _openssl(folder: Path, command: str) -> None:
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
