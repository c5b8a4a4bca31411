"""A real cluster as a catalogue: its workloads say who they are, and files say the rest."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.testbed.cluster import TestCluster
from tests.tools.catalog.checkout import made, served
from tests.tools.stand import answer, refusal
from tests.vendors.misbehaving import Reply, misbehaving

ROLE = Path(__file__).parents[3] / "docs/integrations/kubernetes-labels.md"
ANNOTATIONS = {
    "holdfast.dev/tier": "1",
    "holdfast.dev/owners": "payments-team, platform",
    "holdfast.dev/channel": "#payments",
    "holdfast.dev/repository": "shop/checkout",
    "holdfast.dev/dependencies": "cart,orders-db",
    "holdfast.dev/runbook": "rb-errors",
}


def workload(namespace: str, name: str, kind: str = "Deployment", **meta: Any) -> dict[str, Any]:
    """Return a manifest that runs nothing."""
    labels = {"app": name}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "main", "image": "registry.example/none:1"}]},
    }
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    spec |= {"serviceName": name} if kind == "StatefulSet" else {}
    about = {"name": name, "namespace": namespace, **meta}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": about, "spec": spec}


def account(cluster: TestCluster, namespace: str) -> Path:
    """Return a kubeconfig with exactly the rights that the documentation names."""
    text = ROLE.read_text().partition("```yaml\n# the least rights\n")[2].partition("```")[0]
    cluster.apply(text.replace("NAMESPACE", namespace))
    return cluster.kubeconfig_of(namespace, "holdfast-catalog")


@pytest.fixture(scope="module")
def shop(kubernetes_cluster: TestCluster) -> dict[str, Any]:
    """A namespace with four workloads, and the source that reads it."""
    space = kubernetes_cluster.namespace("labelled")
    named = {"app.kubernetes.io/name": "checkout", "app.kubernetes.io/part-of": "shop"}
    kubernetes_cluster.apply(workload(space, "checkout-web", labels=named, annotations=ANNOTATIONS))
    kubernetes_cluster.apply(workload(space, "cart", labels={"app.kubernetes.io/part-of": "shop"}))
    kubernetes_cluster.apply(workload(space, "orders-db", "StatefulSet", annotations={"holdfast.dev/kind": "database"}))
    kubernetes_cluster.apply(workload(space, "wrong", annotations={"holdfast.dev/tier": "most"}))
    kubernetes_cluster.apply(workload(space, "checkout-old", labels=named))
    kubeconfig = account(kubernetes_cluster, space)
    return {"kind": "kubernetes", "kubeconfig": str(kubeconfig), "namespaces": [space]}


@pytest.mark.real
async def test_a_workload_says_who_it_is(shop: dict[str, Any]) -> None:
    """With the documented rights and no other; what is wrong or said twice is named."""
    async with served({"sources": [shop]}).standing() as server:
        found = await answer(server, "map_alert_to_service", {"labels": {"deployment": "checkout-old"}})
        assert not found["service"]["known"]
        found = await answer(server, "map_alert_to_service", {"labels": {"service": "checkout"}})
    space = shop["namespaces"][0]
    service = found["service"]
    assert (service["tier"], service["owners"], service["channel"]) == (1, ["payments-team", "platform"], "#payments")
    assert (service["repository"], service["dependencies"]) == ("shop/checkout", ["cart", "orders-db"])
    assert service["namespace"] == space
    twice, wrong = sorted(found["problems"])
    assert "already" in twice
    assert wrong.startswith(f"kubernetes deployment/{space}/wrong: holdfast.dev/tier: ")


@pytest.mark.real
async def test_dependencies_are_found_among_workloads(shop: dict[str, Any]) -> None:
    """Also those that are no deployment."""
    async with served({"sources": [shop]}).standing() as server:
        found = await answer(server, "get_dependencies", {"service": "checkout"})
    assert [(d["name"], d["kind"], d["deployment"]) for d in found["dependencies"]] == [
        ("cart", "deployment", "cart"),
        ("orders-db", "database", ""),
    ]


@pytest.mark.real
async def test_files_and_labels_are_merged_in_their_order(shop: dict[str, Any], tmp_path: Path) -> None:
    """The first that says something is believed; a runbook that an annotation names is the service's own."""
    checkout = made(tmp_path / "estate")
    checkout.write("catalog.yaml", "services: [{name: checkout, tier: 2}]")
    book = "---\nrunbook_id: rb-errors\ntitle: t\nservice: somebody\n---\n"
    checkout.write("runbooks/checkout/errors.md", book)
    files = {"kind": "files", "folder": str(checkout.folder)}
    for order, tier in (([files, shop], 2), ([shop, files], 1)):
        async with served({"sources": order}).standing() as server:
            found = await answer(server, "map_alert_to_service", {"labels": {"service": "checkout"}})
            assert (found["service"]["tier"], found["service"]["channel"]) == (tier, "#payments")
            assert len(found["sources"]) == (2 if tier == 2 else 1)
            book_found = await answer(server, "get_runbook", {"service": "checkout", "alert": "Any"})
            assert book_found["runbook"]["runbook_id"] == "rb-errors"


@pytest.mark.real
async def test_a_selector_and_an_environment_are_obeyed(shop: dict[str, Any]) -> None:
    """Only what is part of the shop, and only there."""
    section = {**shop, "selector": "app.kubernetes.io/part-of=shop", "environment": "staging"}
    async with served({"sources": [section]}).standing() as server:
        for name, environment, known in (
            ("cart", "staging", True),
            ("cart", "production", False),
            ("orders-db", "staging", False),
        ):
            labels = {"service": name, "environment": environment}
            found = await answer(server, "map_alert_to_service", {"labels": labels})
            assert found["service"]["known"] is known


@pytest.mark.real
async def test_a_right_that_is_missing_is_named(shop: dict[str, Any]) -> None:
    """Of all namespaces nothing may be read."""
    async with served({"sources": [{**shop, "namespaces": []}]}).standing() as server:
        said = await refusal(server, "map_alert_to_service", {"labels": {"service": "checkout"}})
    assert said.startswith("forbidden: kubernetes: 403")


def scripted(folder: Path, url: str) -> dict[str, Any]:
    """Return a source whose cluster is a scripted server."""
    cluster, user = {"cluster": {"server": url}, "name": "c"}, {"user": {"token": "t"}, "name": "u"}
    context = {"context": {"cluster": "c", "user": "u"}, "name": "x"}
    config = {"clusters": [cluster], "users": [user], "contexts": [context], "current-context": "x"}
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    return {"kind": "kubernetes", "kubeconfig": str(folder / "kubeconfig"), "timeout": 0.5, "retries": 0}


async def test_while_the_cluster_is_away_files_answer_and_say_so(tmp_path: Path) -> None:
    """Until the answer hangs on the cluster: then it is an error, for nobody can be sure."""
    files = {"kind": "files", "folder": str(made(tmp_path / "estate").folder)}
    async with misbehaving() as api:
        api.script("*", Reply(500, {"message": "etcd is down"}))
        async with served({"sources": [files, scripted(tmp_path, api.url)]}).standing() as server:
            found = await answer(server, "map_alert_to_service", {"labels": {"service": "cart"}})
            assert found["service"]["known"]
            assert found["problems"][0].startswith("unavailable: kubernetes: 500")
            said = await refusal(server, "map_alert_to_service", {"labels": {"service": "mystery"}})
            assert said.startswith("unavailable: kubernetes: 500")
            assert (await answer(server, "get_dependencies", {"service": "cart"}))["problems"]


async def test_pages_follow_each_other_and_an_answer_is_used_again(tmp_path: Path) -> None:
    """By the API's `continue` (API concepts, "Retrieving large results sets in chunks")."""
    first, second = ({"metadata": {"name": n, "namespace": "shop"}} for n in ("cart", "checkout"))
    async with misbehaving() as api:
        api.script("*", Reply(body={"items": []}))
        more = Reply(body={"items": [first], "metadata": {"continue": "next"}})
        api.script("/apis/apps/v1/deployments", more, Reply(body={"items": [second]}))
        async with served({"sources": [scripted(tmp_path, api.url)]}).standing() as server:
            for name in ("cart", "checkout", "cart"):
                found = await answer(server, "map_alert_to_service", {"labels": {"service": name}})
                assert found["service"]["known"]
    assert [a.params.get("continue") for a in api.asked if a.path.endswith("/deployments")] == [None, "next"]


def test_many_namespaces_need_a_higher_limit() -> None:
    """Else a reading would always end at our own limit, in the middle of an incident."""
    source = {"kind": "kubernetes", "in_cluster": True, "namespaces": ["a", "b", "c"]}
    with pytest.raises(ValueError, match=r"per_minute: reading takes 9 requests at once.* at least 36"):
        served({"sources": [source]})
    assert served({"sources": [{**source, "per_minute": 36}]})
    assert served({"sources": [{**source, "namespaces": []}]})


async def test_namespaces_are_read_together_within_the_least_limit(tmp_path: Path) -> None:
    """The limit that is asked for is enough."""
    async with misbehaving() as api:
        api.script("*", Reply(body={"items": []}))
        source = {**scripted(tmp_path, api.url), "namespaces": ["a", "b", "c"], "per_minute": 36}
        async with served({"sources": [source]}).standing() as server:
            found = await answer(server, "map_alert_to_service", {"labels": {"service": "cart"}})
    assert (found["service"]["known"], len(api.asked)) == (False, 9)


def test_a_cluster_without_an_account_is_named() -> None:
    """Before the server stands."""
    with pytest.raises(ValueError, match="kubeconfig or in_cluster"):
        served({"sources": [{"kind": "kubernetes"}]})
