"""A tool server's process holds what it uses: the Kubernetes client works without its synchronous half."""

import subprocess
import sys
from pathlib import Path

import yaml
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.tools.kubernetes.test_faults import section
from tests.tools.test_serving import SERVE, environment
from tests.vendors.misbehaving import Reply, misbehaving

LEFT_OUT = ("kubernetes.client", "oauthlib", "requests", "rich", "websocket")
PROGRAM = f"""
import sys
from holdfast.tools.lean import keep_out
keep_out()
import holdfast.tools.catalog.kubernetes, holdfast.tools.executor.jobs, holdfast.tools.kubernetes.cluster
print([name for name in {LEFT_OUT} if sys.modules.get(name)])
"""


def test_what_is_kept_out_is_not_imported() -> None:
    """By whatever of ours stands on the Kubernetes client; the benchmark says how many megabytes that is."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


async def test_the_process_looks_at_a_cluster(tmp_path: Path) -> None:
    """Reading the kubeconfig, asking and answering need nothing of what was left out."""
    systems = tmp_path / "systems.yaml"
    async with misbehaving() as api:
        api.script("*", Reply(body={"items": [{"metadata": {"name": "node-1"}}]}))
        systems.write_text(yaml.safe_dump(section(tmp_path, api.url)))
        told = environment(tmp_path, HOLDFAST_SYSTEMS_FILE=str(systems))
        async with Client(
            StdioServerParameters(command=SERVE[0], args=[*SERVE[1:3], "kubernetes"], env=told)
        ) as client:
            found = (await client.call_tool("get_nodes", {})).structured_content
    assert found is not None
    assert [node["name"] for node in found["nodes"]] == ["node-1"]
