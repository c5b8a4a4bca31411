"""A whole incident, investigated by two MCP servers that others wrote, over a real Kubernetes and a real Prometheus."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.testing import WorkflowEnvironment

from holdfast.activities.adapters.tools import McpToolCaller
from holdfast.activities.errors import ToolError, ToolErrorKind
from holdfast.activities.gateway import Reach
from holdfast.domain.evidence import EvidenceKind
from holdfast.tools.simulation.estate import Estate
from holdfast.workers import toolbox, toollinks
from tests.foreign.programs import kubernetes_mcp_server, place, running
from tests.foreign.shop import prometheus
from tests.house import QUICK, raise_alert, standing
from tests.testbed.cluster import TestCluster
from tests.testbed.places import free_port
from tests.workflows.hands import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

MAPPINGS = Path(__file__).parents[2] / "deploy" / "mcp"
SICK = "recommendations"
DEPLOYMENT = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {SICK}, namespace: shop, annotations: {{kubernetes.io/change-cause: release 52}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {SICK}}}}}
  template:
    metadata: {{labels: {{app: {SICK}}}}}
    spec:
      containers: [{{name: main, image: "shop/{SICK}:52", resources: {{limits: {{memory: 512Mi}}}}}}]
"""


@pytest.fixture(scope="module")
def cluster(kubernetes_cluster: TestCluster) -> Iterator[TestCluster]:
    """The shop's sick deployment on a real cluster, one of its pods killed for memory again and again."""
    kubernetes_cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    kubernetes_cluster.apply(DEPLOYMENT)
    kubernetes_cluster.rolled_out("shop", SICK)
    sick = [pod["metadata"]["name"] for pod in kubernetes_cluster.pods("shop", f"app={SICK}")]
    with kubernetes_cluster.crashing("shop", sick):
        yield kubernetes_cluster
    kubernetes_cluster.forget("shop")


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """The shop's other half, which is simulated: its logs, its catalogue and its executor."""
    return Estate.open(tmp_path / "estate.db")


@pytest.fixture
def tools(cluster: TestCluster, estate: Estate, tmp_path: Path) -> Iterator[Path]:
    """A tools file in which two entries are not ours."""
    port = free_port()
    estate.inject("oom-crash")
    with ExitStack() as stack:
        metrics = stack.enter_context(prometheus(estate, (SICK, "product-catalog"), tmp_path))
        stack.enter_context(running(kubernetes_mcp_server(cluster.kubeconfig, port), tmp_path, port))
        ours = toolbox.SHIPPED
        entries: dict[str, Any] = {name: ours[name] for name in ("catalog", "memory", "communication", "executor")}
        entries["monitoring"] = {"looks": ["query_logs", "check_thresholds"], "tells": ["create_alert"]}
        entries["prometheus"] = {
            "server": "monitoring",
            "transport": "stdio",
            "command": [place("prometheus-mcp-server")],
            "environment": {"PROMETHEUS_URL": metrics},
            "looks": ["fetch_metrics"],
            "mapping": str(MAPPINGS / "prometheus-mcp-server.yaml"),
        }
        entries["kubernetes"] = {
            **ours["kubernetes"],
            "transport": "http",
            "url": f"http://127.0.0.1:{port}/mcp",
            "mapping": str(MAPPINGS / "kubernetes-mcp-server.yaml"),
        }
        (tmp_path / "tools.yaml").write_text(yaml.safe_dump({"servers": entries}))
        yield tmp_path / "tools.yaml"


async def test_every_mapped_tool_answers_in_the_contracts_shape(tools: Path, cluster: TestCluster) -> None:
    """Field by field, out of what the foreign servers really say."""
    box = toolbox.load(tools)
    links = [k for k in toollinks.links(box, frozenset({Reach.LOOKS}), _never) if k.mapped]
    caller = McpToolCaller(links)

    async def ask(tool: str, **arguments: Any) -> dict[str, Any]:
        return await caller.call("kubernetes", tool, {"namespace": "shop", **arguments}, timeout=20, meta={})

    try:
        pods = (await ask("get_pods", selector=f"app={SICK}"))["pods"]
        told = {k: pods[0][k] for k in ("deployment", "reason", "last_reason", "exit_code", "restarts", "ready")}
        assert told == {
            "deployment": SICK,
            "reason": "CrashLoopBackOff",
            "last_reason": "OOMKilled",
            "exit_code": 137,
            "restarts": 1,
            "ready": False,
        }
        assert pods[0]["memory_limit_bytes"] == 512 * 1024 * 1024
        assert (await ask("describe_pod", pod=pods[0]["name"]))["pod"] == pods[0]
        with pytest.raises(ToolError, match="no such host") as error:  # a hollow node keeps no logs and has no name
            await ask("get_logs", pod=pods[0]["name"])
        assert error.value.kind is ToolErrorKind.UNAVAILABLE
        with pytest.raises(ToolError, match='"none" not found') as error:
            await ask("describe_pod", pod="none")
        assert error.value.kind is ToolErrorKind.NOT_FOUND
        events = (await ask("get_events"))["events"]
        assert ("ScalingReplicaSet", f"deployment/{SICK}") in [(e["reason"], e["object"]) for e in events]
        assert [e["time"] for e in events] == sorted(e["time"] for e in events)
        assert (await ask("get_events", since="2999-01-01T00:00:00+00:00"))["events"] == []
        history = await ask("rollout_history", deployment=SICK)
        assert (history["replicas"], history["current"]) == (2, 1)
        assert history["revisions"][0]["change_cause"] == "release 52"
    finally:
        await caller.close()


async def test_an_incident_is_investigated_by_servers_that_others_wrote(
    temporal: WorkflowEnvironment, tmp_path: Path, tools: Path
) -> None:
    """Cause, remedy and recovery are found with their answers alone where ours are not asked."""
    patient = QUICK.model_copy(update={"soak": timedelta(seconds=3), "verify_every": timedelta(seconds=2)})
    async with standing(temporal.client, tmp_path, tools_file=tools) as stand:
        scenario = stand.play("oom-crash")
        handle = await raise_alert(stand, scenario, patient, tenant="foreign")
        seen = await until(handle, "closed", seconds=120)
    story = "\n".join(f"{e.kind}: {e.text}" for e in seen.timeline)
    assert seen.diagnosis is not None
    assert seen.diagnosis.best is not None
    assert (seen.diagnosis.best.cause, seen.diagnosis.best.service) == ("out_of_memory", SICK), story
    assert [a.action.kind for a in seen.attempts] == ["restart_deployment"], story
    by_kind = {e.kind: e for e in seen.evidence if e.present}
    assert by_kind[EvidenceKind.PODS].facts["OOMKilled"] == 2
    assert "/graph?g0.expr=" in by_kind[EvidenceKind.METRIC].link
    assert not [m for m in seen.missing if "fetch_metrics" in m or "kubernetes" in m], seen.missing


def _never(name: str) -> Any:
    raise AssertionError(name)
