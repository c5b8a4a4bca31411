"""The executor acts on a real cluster with no more rights than deploy/kubernetes/executor-rbac.yaml grants."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.action import (
    ACTION,
    Action,
    RestartDeployment,
    RestartPod,
    RollbackDeployment,
    RunDiagnosticJob,
    ScaleDeployment,
    arguments_of,
)
from tests.testbed.cluster import TestCluster
from tests.tools.executor.real_stand import RealStand, executor_account
from tests.tools.kubernetes.estate import open_shop, release
from tests.tools.stand import answer, refusal

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def shop(kubernetes_cluster: TestCluster) -> Iterator[tuple[str, Path]]:
    """A namespace with a deployment of two revisions, and the executor's kubeconfig."""
    name = open_shop(kubernetes_cluster, "acted-on")
    release(kubernetes_cluster, name, "registry.example/cart:2")
    yield name, executor_account(kubernetes_cluster, name)
    kubernetes_cluster.forget(name)


@pytest.fixture
def stand(kubernetes_cluster: TestCluster, shop: tuple[str, Path], tmp_path: Path) -> RealStand:
    """An executor with a ledger of this test's own."""
    return RealStand(kubernetes_cluster, *shop, tmp_path)


def actions(namespace: str, pod: str = "") -> dict[str, Action]:
    """Return one action of each kind on cart."""
    place: dict[str, Any] = {"namespace": namespace, "service": "cart"}
    return {
        "restart": RestartDeployment(deployment="cart", **place),
        "scale": ScaleDeployment(deployment="cart", replicas=4, **place),
        "rollback": RollbackDeployment(deployment="cart", to_revision=1, **place),
        "pod": RestartPod(pod=pod or "none", **place),
        "job": RunDiagnosticJob(job="dns-lookup", target="orders-db", **place),
    }


def a_pod(stand: RealStand) -> str:
    """Return the name of a pod that is to stay."""
    pods = [p for p in stand.cluster.pods(stand.namespace, "app=cart") if "deletionTimestamp" not in p["metadata"]]
    return str(pods[0]["metadata"]["name"])


@pytest.mark.parametrize("kind", ["restart", "scale", "rollback", "pod", "job"])
async def test_a_dry_run_is_tried_by_the_cluster_and_changes_nothing(stand: RealStand, kind: str) -> None:
    """The cluster itself checks it (`dryRun=All`); generation, pods and jobs stay as they were."""
    action = actions(stand.namespace, a_pod(stand))[kind]
    tool, _ = stand.call(action)
    before = (stand.deployment("cart")["metadata"]["generation"], len(stand.jobs()), a_pod(stand))
    async with stand.standing() as server:
        found = await answer(server, tool, {**arguments_of(action), "service": "cart", "dry_run": True})
    assert (found["done"], found["dry_run"]) == (False, True)
    assert found["diff"]
    assert found["way_back"] or found["no_way_back"]
    assert (stand.deployment("cart")["metadata"]["generation"], len(stand.jobs()), a_pod(stand)) == before


async def test_a_restart_replaces_the_pods_and_is_seen_to_its_end(stand: RealStand) -> None:
    """The same grant again answers the first result; the deployment changed once."""
    tool, arguments = stand.call(actions(stand.namespace)["restart"])
    generation = stand.deployment("cart")["metadata"]["generation"]
    async with stand.standing() as server:
        found = await answer(server, tool, arguments)
        assert (found["done"], found["first"], found["observed"]["state"]) == (True, True, "complete")
        assert await answer(server, tool, arguments) == {**found, "first": False}
    assert stand.deployment("cart")["metadata"]["generation"] == generation + 1


async def test_two_calls_at_once_on_one_grant_are_one_effect(stand: RealStand) -> None:
    """Whoever comes second waits, and finds the first one's result."""
    call = stand.call(actions(stand.namespace)["restart"])
    generation = stand.deployment("cart")["metadata"]["generation"]
    async with stand.standing() as server:
        found = await asyncio.gather(*(answer(server, *call) for _ in range(3)))
    assert sorted(f["first"] for f in found) == [False, False, True]
    assert stand.deployment("cart")["metadata"]["generation"] == generation + 1


async def test_a_scaling_and_its_way_back(stand: RealStand) -> None:
    """The way back is a typed action to the number before."""
    tool, arguments = stand.call(actions(stand.namespace)["scale"])
    async with stand.standing() as server:
        found = await answer(server, tool, arguments)
        assert (found["before"]["replicas"], found["observed"]["well"]) == (3, True)
        back = stand.call(ACTION.validate_python(found["way_back"]), backwards=True)
        assert (await answer(server, *back))["observed"]["ready"] == 3
    assert stand.deployment("cart")["spec"]["replicas"] == 3


async def test_a_rollback_runs_the_earlier_template_exactly(stand: RealStand) -> None:
    """The old replica set is used again, not a new one, and the way back leads to what ran before."""
    sets = stand.sets("cart")
    known = {s["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: s for s in sets}
    first = min(known, key=int)
    action = RollbackDeployment(namespace=stand.namespace, service="cart", deployment="cart", to_revision=int(first))
    image = known[first]["spec"]["template"]["spec"]["containers"][0]["image"]
    async with stand.standing() as server:
        found = await answer(server, *stand.call(action))
        assert found["observed"]["well"], found["observed"]
        assert len(stand.sets("cart")) == len(sets)
        assert stand.deployment("cart")["spec"]["template"]["spec"]["containers"][0]["image"] == image
        back = stand.call(ACTION.validate_python(found["way_back"]), backwards=True)
        assert (await answer(server, *back))["observed"]["well"]
    assert len(stand.sets("cart")) == len(sets)


async def test_a_restarted_pod_is_another(stand: RealStand) -> None:
    """Its controller makes a new one; the answer waits until that is ready."""
    name = a_pod(stand)
    async with stand.standing() as server:
        found = await answer(server, *stand.call(actions(stand.namespace, name)["pod"]))
    assert found["observed"]["well"], found["observed"]
    assert name not in [p["metadata"]["name"] for p in stand.cluster.pods(stand.namespace, "app=cart")]


async def test_a_job_is_the_catalogues_and_bears_no_token(stand: RealStand) -> None:
    """It gets its target as a variable, runs as nobody, and is told of while it runs."""
    stand.observe = 0
    async with stand.standing() as server:
        found = await answer(server, *stand.call(actions(stand.namespace)["job"]))
    assert found["observed"]["state"] == "progressing"
    (job,) = stand.jobs()
    pod = job["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["env"] == [{"name": "HOLDFAST_TARGET", "value": "orders-db"}]


async def test_used_grants_are_remembered_by_the_next_process(stand: RealStand) -> None:
    """After a restart the first result is answered, and another action under the same id is refused."""
    tool, arguments = stand.call(actions(stand.namespace)["restart"])
    async with stand.standing() as server:
        found = await answer(server, tool, arguments)
    async with stand.standing() as server:
        assert await answer(server, tool, arguments) == {**found, "first": False}
        other = stand.call(actions(stand.namespace)["scale"])
        assert "grant_refused: the grant was already used" in await refusal(server, *other)


async def test_a_rollout_that_cannot_succeed_says_why(stand: RealStand) -> None:
    """The quota allows 40 pods; the controller's own reason is in the answer."""
    place: dict[str, Any] = {"namespace": stand.namespace, "service": "cart", "deployment": "cart"}
    async with stand.standing() as server:
        found = await answer(server, *stand.call(ScaleDeployment(replicas=60, **place)))
        assert (found["observed"]["state"], found["observed"]["well"]) == ("failed", False)
        assert "exceeded quota" in found["observed"]["reason"]
        back = stand.call(ACTION.validate_python(found["way_back"]), backwards=True)
        assert (await answer(server, *back))["observed"]["well"]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (RestartDeployment(namespace="kube-system", deployment="coredns"), "forbidden: namespace: 'kube-system'"),
        (RestartDeployment(namespace="shop", deployment="chekout"), "not_found: executor's cluster"),
        (RollbackDeployment(namespace="shop", deployment="cart", to_revision=99), "not_found: to_revision: 99"),
        (RestartPod(namespace="shop", pod="none"), "not_found: executor's cluster"),
        (RunDiagnosticJob(namespace="shop", job="bash", target="x"), "bad_input: job: 'bash'; one of dns-lookup"),
    ],
    ids=lambda a: getattr(a, "kind", "said"),
)
async def test_what_cannot_be_done_is_refused_and_uses_no_grant(stand: RealStand, action: Action, said: str) -> None:
    """The dry run comes first, so nothing is written down as intended."""
    if action.namespace == "shop":  # type: ignore[union-attr] # each of these has one
        action = action.model_copy(update={"namespace": stand.namespace})
    async with stand.standing() as server:
        assert said in await refusal(server, *stand.call(action))
        found = await answer(server, *stand.call(actions(stand.namespace)["restart"]))
    assert found["first"] is True


async def test_even_without_its_ledger_a_used_grant_buys_no_other_action(stand: RealStand) -> None:
    """The cluster remembers the grant and what it was for."""
    async with stand.standing() as server:
        await answer(server, *stand.call(actions(stand.namespace)["restart"]))
    stand.folder /= "another"
    kept = sorted(s["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for s in stand.sets("cart"))
    other = RollbackDeployment(namespace=stand.namespace, service="cart", deployment="cart", to_revision=int(kept[0]))
    async with stand.standing() as server:
        assert "grant_refused: the grant was already used" in await refusal(server, *stand.call(other))
    stand.folder /= "a-third"
    async with stand.standing() as server:
        again = await answer(server, *stand.call(actions(stand.namespace)["restart"]))
    assert again["first"] is False
