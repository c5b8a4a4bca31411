"""Which release the example application plays: the one that the Deployment's pods run.

On a node without containers (a hollow node) pods are real objects that run nothing; this process stands for them. It
misbehaves as soon as a faulty revision has rolled out, and is well again once the Deployment is rolled back.
"""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import yaml

from deploy.example.faults import Faults

EVERY = 1.0


class Deployment:
    """One Deployment, read with the current context of a kubeconfig that holds a token or a client certificate."""

    def __init__(self, kubeconfig: Path, namespace: str, name: str) -> None:
        self._path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        self._client = _client(yaml.safe_load(kubeconfig.read_text()))

    async def follow(self, play: Callable[[Faults], None]) -> None:
        """Play what has rolled out, again and again; an API server that is away changes nothing."""
        while True:
            try:
                found = (await self._client.get(self._path)).raise_for_status().json()
            except (httpx2.HTTPError, ValueError):
                found = {}
            if rolled_out(found):
                play(Faults.of_environment(_environment(found)))
            await asyncio.sleep(EVERY)


def rolled_out(deployment: dict[str, Any]) -> bool:
    """Return whether every replica runs the newest template."""
    status, spec = deployment.get("status", {}), deployment.get("spec", {})
    seen = status.get("observedGeneration") == deployment.get("metadata", {}).get("generation")
    wanted = spec.get("replicas")
    return bool(seen and wanted and status.get("updatedReplicas") == wanted == status.get("availableReplicas"))


def _environment(deployment: dict[str, Any]) -> dict[str, str]:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    return {e["name"]: str(e.get("value", "")) for e in container.get("env", [])}


def _client(config: dict[str, Any]) -> httpx2.AsyncClient:
    context = _named(config["contexts"], config["current-context"])["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
    if "client-certificate" in user:
        trust.load_cert_chain(user["client-certificate"], user["client-key"])
    return httpx2.AsyncClient(base_url=cluster["server"], verify=trust, headers=headers, timeout=5)


def _named(things: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(t for t in things if t["name"] == name)
