"""An executor over the test bed's cluster, with the account of deploy/kubernetes, here or in a process of its own."""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.domain.action import Action, arguments_of
from holdfast.domain.grant import grant_id
from holdfast.tools import registry
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.testbed.cluster import TestCluster
from tests.tools.kubernetes.estate import RBAC, account
from tests.tools.stand import INCIDENT, PLAN, grant

JOBS = {"dns-lookup": {"what": "resolve a name", "image": "busybox:1", "command": ["nslookup", "$(HOLDFAST_TARGET)"]}}
Object = dict[str, Any]


def executor_account(cluster: TestCluster, namespace: str, *, jobs: bool = True) -> Path:
    """Apply the executor's files as they are shipped, for one namespace; return its kubeconfig."""
    found = account(cluster, namespace, "executor")
    if jobs:
        text = (RBAC / "executor-jobs-rbac.yaml").read_text()
        for other in ("shop", "holdfast"):
            text = text.replace(f"namespace: {other}", f"namespace: {namespace}")
        cluster.apply(text)
    return found


@dataclass
class RealStand:
    """What one test needs to act; `observe` in seconds."""

    cluster: TestCluster
    namespace: str
    kubeconfig: Path
    folder: Path
    observe: float = 30
    more: dict[str, Any] = field(default_factory=dict)  # of its section
    keys: tuple[str, str] = field(default_factory=new_keys)
    # The cluster outlives a test and remembers grants: each test has ids of its own.
    number: int = field(default_factory=lambda: secrets.randbelow(10**9))

    @property
    def needs(self) -> ServerNeeds:
        """Return what the registry needs for it."""
        section = {
            "cluster": {"kubeconfig": str(self.kubeconfig)},
            "namespaces": [self.namespace],
            "jobs": JOBS,
            "observe_seconds": self.observe,
            "per_minute": 6000,
            **self.more,
        }
        return ServerNeeds(systems={"executor": section}, state=self.folder, grant_public_key=self.keys[1])

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[ToolServer]:
        """Stand as a process would: ledger held, rights checked."""
        async with registry.build("executor", self.needs).standing() as server:
            yield server

    def call(self, action: Action, *, backwards: bool = False, **fields: Any) -> tuple[str, Object]:
        """Return the tool and the arguments that perform an action, each time on a grant of the same id."""
        own = grant_id(INCIDENT, PLAN, self.number, backwards=backwards)
        token = Ed25519Issuer(self.keys[0]).sign(grant(action, grant_id=own, **fields))
        tool = "run_job" if action.kind == "run_diagnostic_job" else action.kind
        return tool, {**arguments_of(action), "service": action.service, "grant": token, "incident": INCIDENT}

    async def process(self, tool: str, arguments: Object) -> asyncio.subprocess.Process:
        """Perform it in a process of its own, which may be killed."""
        task = self.folder / "task.json"
        task.write_text(json.dumps({"needs": self.needs.model_dump(mode="json"), "tool": tool, "arguments": arguments}))
        return await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, str(task))

    def deployment(self, name: str) -> Object:
        """Return a deployment."""
        return self.cluster.get(f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}")

    def sets(self, label: str) -> list[Object]:
        """Return a deployment's replica sets."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/replicasets?labelSelector=app={label}"
        return list(self.cluster.get(path)["items"])

    def jobs(self) -> list[Object]:
        """Return the namespace's jobs."""
        return list(self.cluster.get(f"/apis/batch/v1/namespaces/{self.namespace}/jobs")["items"])


async def perform(task: Object) -> None:
    """Stand, and call the tool once."""
    async with registry.build("executor", ServerNeeds(**task["needs"])).standing() as server, Client(server) as client:
        await client.call_tool(task["tool"], task["arguments"])


if __name__ == "__main__":
    asyncio.run(perform(json.loads(Path(sys.argv[1]).read_text())))
