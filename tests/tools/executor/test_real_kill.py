"""An executor killed between the effect and the answer: the same grant again, and there was one effect."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.action import (
    Action,
    RestartDeployment,
    RestartPod,
    RollbackDeployment,
    RunDiagnosticJob,
    ScaleDeployment,
)
from holdfast.tools.executor.marks import MARK
from tests.testbed.cluster import TestCluster
from tests.tools.executor.real_stand import Object, RealStand, executor_account
from tests.tools.stand import answer, refusal

pytestmark = pytest.mark.real

# No node has the label, so that a rollout never ends and the executor is always killed while it looks on.
STUCK = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: stuck, namespace: NS}
spec:
  replicas: 2
  selector: {matchLabels: {app: stuck}}
  template:
    metadata: {labels: {app: stuck}, annotations: {release: "N"}}
    spec:
      nodeSelector: {nobody: has-this}
      terminationGracePeriodSeconds: 0
      containers: [{name: stuck, image: "registry.example/stuck:1"}]
"""


@pytest.fixture(scope="module")
def place(kubernetes_cluster: TestCluster) -> Iterator[tuple[str, Path]]:
    """A namespace with a deployment that never becomes ready, of two revisions."""
    name = kubernetes_cluster.namespace("killed-in")
    stand = RealStand(kubernetes_cluster, name, Path(), Path())
    for n in (1, 2):
        kubernetes_cluster.apply(STUCK.replace("namespace: NS", f"namespace: {name}").replace('"N"', f'"{n}"'))
        until(partial(at_revision, stand, n))
    yield name, executor_account(kubernetes_cluster, name)
    kubernetes_cluster.forget(name)


@pytest.fixture
def stand(kubernetes_cluster: TestCluster, place: tuple[str, Path], tmp_path: Path) -> RealStand:
    """An executor that looks on for a minute, so that there is time to kill it."""
    return RealStand(kubernetes_cluster, *place, tmp_path, observe=60)


def until(true: Callable[[], Any]) -> None:
    """Look until it is so."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def revision(stand: RealStand) -> int:
    """Return the deployment's revision, once its controller has seen it."""
    found = stand.deployment("stuck")
    seen = found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"]
    return int(found["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision", 0)) if seen else 0


def at_revision(stand: RealStand, wanted: int) -> bool:
    """Return whether the controller made that revision."""
    return revision(stand) == wanted


def pods(stand: RealStand) -> list[Object]:
    """Return the deployment's pods."""
    return stand.cluster.pods(stand.namespace, "app=stuck")


def cases(stand: RealStand) -> dict[str, tuple[Action, Callable[[], bool]]]:
    """Return each action, and how its effect shows on the cluster."""
    where: dict[str, Any] = {"namespace": stand.namespace, "service": "stuck"}
    pod = pods(stand)[0]["metadata"]["name"]
    earlier = min(int(s["metadata"]["annotations"]["deployment.kubernetes.io/revision"]) for s in stand.sets("stuck"))
    more = stand.deployment("stuck")["spec"]["replicas"] + 1

    def has_mark() -> bool:
        return f"/{stand.number}=" in stand.deployment("stuck")["metadata"].get("annotations", {}).get(MARK, "")

    return {
        "restart": (RestartDeployment(deployment="stuck", **where), has_mark),
        "scale": (
            ScaleDeployment(deployment="stuck", replicas=more, **where),
            lambda: stand.deployment("stuck")["spec"]["replicas"] == more,
        ),
        "rollback": (RollbackDeployment(deployment="stuck", to_revision=earlier, **where), has_mark),
        "pod": (
            RestartPod(pod=pod, **where),
            lambda: pod not in [p["metadata"]["name"] for p in pods(stand)],
        ),
        "job": (RunDiagnosticJob(job="dns-lookup", target="db", **where), lambda: bool(stand.jobs())),
    }


def state(stand: RealStand) -> tuple[Any, ...]:
    """Return what a second effect would change."""
    names = sorted(p["metadata"]["name"] for p in pods(stand))
    return stand.deployment("stuck")["metadata"]["generation"], len(stand.sets("stuck")), names, len(stand.jobs())


@pytest.mark.parametrize("kind", ["restart", "scale", "rollback", "pod", "job"])
async def test_killed_between_effect_and_answer_the_effect_is_had_once(stand: RealStand, kind: str) -> None:
    """SIGKILL while the executor looks on; the grant again finds the effect, answers, and changes nothing more."""
    action, shows = cases(stand)[kind]
    tool, arguments = stand.call(action)
    process = await stand.process(tool, arguments)
    await asyncio.to_thread(until, shows)
    process.kill()
    assert await process.wait() == -9
    await asyncio.to_thread(until, lambda: revision(stand))
    await asyncio.to_thread(until, lambda: len(pods(stand)) >= stand.deployment("stuck")["spec"]["replicas"])
    had = state(stand)
    stand.observe = 0
    async with stand.standing() as server:
        found = await answer(server, tool, arguments)
    assert (found["done"], found["first"], found["observed"]["state"]) == (True, False, "progressing")
    assert state(stand) == had


async def test_a_scaling_that_others_changed_since_is_not_repeated(stand: RealStand) -> None:
    """The effect was had, then somebody set another number: the executor does not undo that."""
    action, shows = cases(stand)["scale"]
    tool, arguments = stand.call(action)
    process = await stand.process(tool, arguments)
    await asyncio.to_thread(until, shows)
    process.kill()
    await process.wait()
    path = f"/apis/apps/v1/namespaces/{stand.namespace}/deployments/stuck"
    stand.cluster.patch(path, {"spec": {"replicas": 1}})
    async with stand.standing() as server:
        assert "somebody changed it since" in await refusal(server, tool, arguments)
    assert stand.deployment("stuck")["spec"]["replicas"] == 1


async def test_a_restart_asked_for_again_on_a_later_grant_is_the_same_patch(stand: RealStand) -> None:
    """The acting gateway signs anew at each try; even where somebody wiped the mark, pods are replaced once."""
    action, shows = cases(stand)["restart"]
    process = await stand.process(*stand.call(action, issued_at=datetime.now(UTC) - timedelta(minutes=3)))
    await asyncio.to_thread(until, shows)
    process.kill()
    await process.wait()
    path = f"/apis/apps/v1/namespaces/{stand.namespace}/deployments/stuck"
    had = stand.cluster.patch(path, {"metadata": {"annotations": {MARK: None}}})
    stand.observe = 0
    async with stand.standing() as server:
        await answer(server, *stand.call(action))
    assert shows()
    assert stand.deployment("stuck")["spec"]["template"] == had["spec"]["template"]
