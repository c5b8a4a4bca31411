"""A real cluster, looked at with the account of deploy/kubernetes/looker-rbac.yaml and no other right."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.analysis.evidence_plan import Inquiry, plan_evidence
from holdfast.analysis.observation import Case
from holdfast.analysis.ranking import rank
from holdfast.analysis.readings.changes import read_rollouts
from holdfast.analysis.readings.pods import read_events, read_pods
from holdfast.domain.diagnosis import Cause
from holdfast.domain.service import Service
from holdfast.tools import registry
from holdfast.tools.toolserver import ToolServer
from tests.analysis.answers import seen as observed
from tests.examples import AT, alert
from tests.testbed.cluster import TestCluster
from tests.tools.kubernetes.estate import account, open_shop, release
from tests.tools.stand import answer, needs, refusal

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def shop(kubernetes_cluster: TestCluster) -> Iterator[str]:
    """The namespace of a shop that was released twice."""
    name = open_shop(kubernetes_cluster, "looked-at")
    release(kubernetes_cluster, name, "registry.example/cart:2-9f2c41d7ab03")
    yield name
    kubernetes_cluster.forget(name)


@pytest.fixture(scope="module")
async def server(
    kubernetes_cluster: TestCluster, shop: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ToolServer]:
    """The server, built as the systems file would have it built."""
    kubeconfig = account(kubernetes_cluster, shop, "looker")
    clusters = {"main": {"kubeconfig": str(kubeconfig)}, "other": {"kubeconfig": str(kubeconfig)}}
    section = {"kubernetes": {"clusters": clusters, "per_minute": 6000}}
    built = registry.build("kubernetes", needs(tmp_path_factory.mktemp("looks"), systems=section))
    async with built.standing():
        yield built


async def test_pods_know_their_deployment_and_revision(server: ToolServer, shop: str) -> None:
    """Both come from the replica sets, for a pod names neither."""
    found = await answer(server, "get_pods", {"namespace": shop, "selector": "deployment=cart"})
    assert found["cluster"] == "main"
    rows = [p for p in found["pods"] if not p["deleting"]]
    assert {(p["deployment"], p["revision"], p["ready"]) for p in rows} == {("cart", 2, True)}
    assert {p["memory_limit_bytes"] for p in rows} == {256 * 1024 * 1024}
    assert rows[0]["containers"][0]["probes"][0]["path"] == "/ready"
    assert len(read_pods(found)) == len(found["pods"])


async def test_a_selector_also_means_labels(server: ToolServer, shop: str) -> None:
    """A label that no pod has selects none."""
    assert (await answer(server, "get_pods", {"namespace": shop, "selector": "app=cart"}))["pods"]
    assert not (await answer(server, "get_pods", {"namespace": shop, "selector": "app=none"}))["pods"]


async def test_a_crashed_pod_says_why(kubernetes_cluster: TestCluster, server: ToolServer, shop: str) -> None:
    """Waiting reason and message, last reason, exit code and restarts are the cluster's own."""
    pod = kubernetes_cluster.pods(shop, "app=cart")[0]["metadata"]["name"]
    kubernetes_cluster.crash(shop, pod)
    found = await answer(server, "describe_pod", {"namespace": shop, "pod": pod})
    row = found["pod"]
    assert (row["reason"], row["last_reason"], row["exit_code"]) == ("CrashLoopBackOff", "OOMKilled", 137)
    assert row["restarts"] >= 1
    assert "back-off" in row["containers"][0]["message"]
    assert {c["type"] for c in found["conditions"]} >= {"Ready", "PodScheduled"}
    assert found["labels"]["app"] == "cart"
    assert all(e["object"] == f"pod/{pod}" for e in found["events"])


async def test_events_come_oldest_first(server: ToolServer, shop: str) -> None:
    """Those of the release are among them, and readable to the ranker."""
    found = await answer(server, "get_events", {"namespace": shop})
    assert [e["time"] for e in found["events"]] == sorted(e["time"] for e in found["events"])
    assert "deployment/cart" in {e["object"] for e in found["events"]}
    assert len(read_events(found)) == len(found["events"])
    assert not (await answer(server, "get_events", {"namespace": shop, "since": "2999-01-01T00:00:00Z"}))["events"]


async def test_the_rollout_history_names_image_cause_and_commit(server: ToolServer, shop: str) -> None:
    """The commit is the annotation's, for it says more than a tag."""
    found = await answer(server, "rollout_history", {"namespace": shop, "deployment": "cart"})
    rollouts = read_rollouts(found)
    assert (rollouts.current, rollouts.previous and rollouts.previous.number) == (2, 1)
    newest = found["revisions"][-1]
    assert newest["change_cause"] == "release registry.example/cart:2-9f2c41d7ab03"
    assert newest["commit"] == "0a1b2c3d4e5f"


async def test_what_stands_around_is_listed(server: ToolServer, shop: str) -> None:
    """Nodes, deployments, services with endpoints, quotas and network policies."""
    asked = {"namespace": shop}
    assert (await answer(server, "get_nodes", {}))["nodes"][0]["ready"] is True
    (deployment,) = (await answer(server, "get_deployments", asked))["deployments"]
    assert (deployment["name"], deployment["replicas"], deployment["revision"]) == ("cart", 3, 2)
    (service,) = (await answer(server, "get_services", asked))["services"]
    assert len(service["endpoints"]) == 3
    (quota,) = (await answer(server, "get_quotas", asked))["quotas"]
    assert quota["limits"][0] == {"resource": "pods", "hard": "40", "used": quota["limits"][0]["used"]}
    (policy,) = (await answer(server, "get_network_policies", asked))["network_policies"]
    assert policy["types"] == ["Ingress"]


async def test_what_is_written_wrong_is_found_from_a_real_clusters_answers(
    kubernetes_cluster: TestCluster, server: ToolServer, shop: str
) -> None:
    """A service turned to a port and labels that no pod has: asked, read and ranked as an incident does.

    A pod of the shop was killed for memory before, which is told beside it.
    """
    assert (await answer(server, "get_claims", {"namespace": shop}))["claims"] == []
    assert (await answer(server, "get_ingresses", {"namespace": shop}))["ingresses"] == []
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"ports": [{"name": "http", "port": 80, "targetPort": 9090, "protocol": "TCP"}]}, "port 9090"),
        ({"selector": {"app": "court"}}, "which no pod has"),
    ]
    for spec, words in wrong:
        kubernetes_cluster.patch(f"/api/v1/namespaces/{shop}/services/cart", {"spec": spec})
        found = rank(await looked_at(server, shop)).hypotheses
        (wires,) = [h for h in found if h.cause is Cause.NETWORK]
        assert (wires.target, words in wires.statement) == ("cart", True)


async def looked_at(server: ToolServer, namespace: str) -> Case:
    """Return the case of an alert that cart is down, its planned questions to the cluster answered."""
    service = Service(name="cart", environment="production", namespace=namespace, deployment="cart")
    alerts = (alert(name="CartDown", service="cart"),)
    seen = []
    for asked in plan_evidence(Inquiry(service, alerts, AT, timedelta(minutes=30))):
        if asked.tool.startswith("kubernetes."):
            body = await answer(server, asked.tool.removeprefix("kubernetes."), asked.arguments)
            seen.append(observed((asked, body)))
    return Case(service, alerts, tuple(seen), AT)


async def test_a_config_map_never_tells_a_value(server: ToolServer, shop: str) -> None:
    """Keys and digests show that something changed, not what it is."""
    found = await answer(server, "get_config_maps", {"namespace": shop})
    row = next(c for c in found["config_maps"] if c["name"] == "cart")
    assert [k["key"] for k in row["keys"]] == ["mode", "password"]
    assert "hunter2" not in str(found)


async def test_a_cluster_is_chosen_by_name(server: ToolServer, shop: str) -> None:
    """And an unknown name is refused with those there are."""
    assert (await answer(server, "get_nodes", {"cluster": "other"}))["cluster"] == "other"
    assert "there are: main, other" in await refusal(server, "get_nodes", {"cluster": "mian"})


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_pods", {"namespace": "kube-system"}, 'forbidden: kubernetes "main": 403, our account may not; docs/'),
        ("get_pods", {"namespace": ""}, "bad_input: namespace"),
        ("get_pods", {"namespace": "../../../version"}, "forbidden: "),
        ("describe_pod", {"pod": "none"}, 'not_found: kubernetes "main"'),
        ("get_events", {"since": "yesterday"}, "bad_input: since"),
        ("rollout_history", {"deployment": "none"}, 'not_found: kubernetes "main"'),
        ("get_logs", {"pod": "none"}, 'not_found: kubernetes "main"'),
    ],
)
async def test_what_cannot_be_seen_is_refused_naming_cluster_and_remedy(
    server: ToolServer, shop: str, tool: str, arguments: dict[str, Any], said: str
) -> None:
    """A namespace that is not ours, a name that is not there, a path that would climb."""
    assert said in await refusal(server, tool, {"namespace": shop, **arguments})


async def test_a_namespace_that_is_not_there_is_said_to_be_missing(
    kubernetes_cluster: TestCluster, tmp_path: Path
) -> None:
    """The API itself answers an empty list for it."""
    section = {"kubernetes": {"clusters": {"main": {"kubeconfig": str(kubernetes_cluster.kubeconfig)}}}}
    server = registry.build("kubernetes", needs(tmp_path, systems=section))
    async with server.standing():
        assert "not_found: no namespace 'nowhere'" in await refusal(server, "get_pods", {"namespace": "nowhere"})


async def test_the_log_of_a_pod_without_a_container_before_is_not_found(server: ToolServer, shop: str) -> None:
    """Or the node says what is the matter; never an empty answer."""
    pods = (await answer(server, "get_pods", {"namespace": shop}))["pods"]
    said = await refusal(server, "get_logs", {"namespace": shop, "pod": pods[0]["name"], "previous": True})
    assert said


async def test_an_authority_that_is_not_named_is_not_trusted(kubernetes_cluster: TestCluster, tmp_path: Path) -> None:
    """The error names the cluster and the remedy."""
    config = yaml.safe_load(kubernetes_cluster.kubeconfig.read_text())
    del config["clusters"][0]["cluster"]["certificate-authority"]
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    section = {"kubernetes": {"clusters": {"main": {"kubeconfig": str(tmp_path / "kubeconfig")}}}}
    server = registry.build("kubernetes", needs(tmp_path, systems=section))
    async with server.standing():
        said = await refusal(server, "get_nodes", {})
    assert said == 'not_configured: kubernetes "main": its certificate is not trusted; check the authority'
