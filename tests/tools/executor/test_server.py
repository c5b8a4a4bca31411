"""The executor's tools over a simulated hand: dry runs change nothing, one grant is one effect."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.action import (
    ACTION,
    Action,
    RestartPod,
    RollbackDeployment,
    RunDiagnosticJob,
    ScaleDeployment,
    arguments_of,
)
from holdfast.domain.grant import grant_id
from holdfast.tools.simulation.cluster import pod_names
from tests.tools.executor.acting import scale_to
from tests.tools.stand import INCIDENT, NOON, PLAN, RESTART, ExecutorStand, answer, grant, refusal

PLACE: dict[str, Any] = {"namespace": "shop", "service": "checkout"}
SCALE = ScaleDeployment(deployment="checkout", replicas=5, **PLACE)
BACK = RollbackDeployment(deployment="checkout", to_revision=5, **PLACE)
JOB = RunDiagnosticJob(job="dns-lookup", target="orders-db", **PLACE)


@pytest.fixture
def stand(tmp_path: Path) -> ExecutorStand:
    """An executor of this test's own."""
    return ExecutorStand(tmp_path)


def tool_of(action: Action) -> str:
    """Return the tool's name within its server."""
    return "run_job" if action.kind == "run_diagnostic_job" else action.kind


async def dry(stand: ExecutorStand, action: Action) -> dict[str, Any]:
    arguments = {**arguments_of(action), "service": action.service, "dry_run": True}
    return await answer(stand.server, tool_of(action), arguments)


@pytest.mark.parametrize("action", [RESTART, SCALE, BACK, JOB], ids=lambda a: a.kind)
async def test_a_dry_run_needs_no_grant_and_changes_nothing(stand: ExecutorStand, action: Action) -> None:
    """It says what would change and how to come back, and the estate stays as it was."""
    before = stand.estate.world()
    found = await dry(stand, action)
    assert (found["done"], found["dry_run"], found["effect_id"]) == (False, True, "")
    assert found["diff"]
    assert found["way_back"] or found["no_way_back"]
    assert stand.estate.world() == before
    assert stand.estate.refusals() == []


@pytest.mark.parametrize(("action", "back"), [(SCALE, {"replicas": 3}), (BACK, {"to_revision": 6})])
async def test_the_way_back_restores_what_was(stand: ExecutorStand, action: Action, back: dict[str, int]) -> None:
    """The way back is a typed action to the state before, and performing it brings that state."""
    way = ACTION.validate_python((await dry(stand, action))["way_back"])
    assert way == action.model_copy(update=back)
    before = (await dry(stand, action))["before"]
    await stand.act(action)
    stand.watch.now += 1
    await stand.act(way, stand.issuer.sign(grant(way, grant_id=grant_id(INCIDENT, PLAN, 0, backwards=True))))
    stand.watch.now += 1
    assert (await dry(stand, action))["before"] == before


async def test_a_granted_action_takes_effect(stand: ExecutorStand) -> None:
    """The answer says so, and the estate remembers for whom and when."""
    found = await stand.act(SCALE)
    assert (found["done"], found["dry_run"], found["first"]) == (True, False, True)
    (effect,) = stand.estate.effects()
    assert (effect.incident, effect.service, effect.kind) == (INCIDENT, "checkout", "scale_deployment")
    assert stand.estate.world().replicas("checkout", stand.watch.now) == 5


async def test_the_same_grant_twice_is_one_effect_and_the_first_result(stand: ExecutorStand) -> None:
    """A retry after a lost answer learns what the first call did."""
    token = stand.issuer.sign(grant(SCALE))
    first = await stand.act(SCALE, token)
    stand.watch.now += 60
    again = await stand.act(SCALE, token)
    assert again == {**first, "first": False}
    assert len(stand.estate.effects()) == 1


async def test_a_used_grant_id_opens_no_second_action(stand: ExecutorStand) -> None:
    """Even a validly signed grant of the same id cannot buy another effect."""
    await stand.act(SCALE)
    said = await stand.refused(stand.issuer.sign(grant(RESTART)), RESTART)
    assert "grant_refused: the grant was already used for another action" in said
    assert len(stand.estate.effects()) == 1


async def test_a_job_is_run_and_answers(stand: ExecutorStand) -> None:
    """A job of the catalogue changes nothing but is remembered as done."""
    assert (await answer(stand.server, "run_job", stand.arguments(JOB, stand.issuer.sign(grant(JOB)))))["output"]
    assert [e.kind for e in stand.estate.effects()] == ["run_diagnostic_job"]


async def test_a_deleted_pod_makes_room_for_one_other(stand: ExecutorStand) -> None:
    """Its place is taken by a younger pod of another name; the rest stay. Its second deletion finds nothing."""
    before = pod_names(stand.estate.world(), "checkout", NOON)
    gone = RestartPod(pod=before[1], **PLACE)
    await stand.act(gone)
    stand.watch.now += 1
    after = pod_names(stand.estate.world(), "checkout", stand.watch.now)
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] not in before
    assert (await stand.act(gone))["first"] is False
    again = stand.issuer.sign(grant(gone, grant_id=grant_id(INCIDENT, PLAN, 1)))
    assert "not_found: pod" in await stand.refused(again, gone)


async def test_an_expired_grant_is_refused_even_when_it_was_used(stand: ExecutorStand) -> None:
    """Expiry comes first: nobody reads results with a grant of yesterday."""
    await stand.act(SCALE)
    past = datetime.now(UTC) - timedelta(hours=1)
    token = stand.issuer.sign(grant(SCALE, issued_at=past, expires_at=past + timedelta(minutes=10)))
    assert "grant_refused: the grant has expired" in await stand.refused(token, SCALE)


@pytest.mark.parametrize(
    ("tool", "change", "said"),
    [
        ("restart_deployment", {"namespace": "elsewhere"}, "not_found: namespace"),
        ("restart_deployment", {"deployment": "chekout"}, "not_found: deployment"),
        ("restart_deployment", {"deployment": "orders-db"}, "not_found: deployment"),
        ("restart_deployment", {"deployment": "a; rm -rf"}, "bad_input: deployment"),
        ("scale_deployment", {"replicas": -1}, "bad_input: replicas"),
        ("scale_deployment", {"replicas": 10**9}, "bad_input: replicas"),
        ("rollback_deployment", {"to_revision": 99}, "not_found: to_revision"),
        ("rollback_deployment", {"to_revision": 0}, "bad_input: to_revision"),
        ("restart_pod", {"pod": "checkout-none-here1"}, "not_found: pod"),
        ("run_job", {"job": "bash", "target": "orders-db"}, "bad_input: job"),
    ],
)
async def test_what_cannot_be_done_is_refused_naming_the_field(
    stand: ExecutorStand, tool: str, change: dict[str, Any], said: str
) -> None:
    """A dry run is as strict as the action, and its error names what is wrong."""
    base = {"namespace": "shop", "service": "checkout", "dry_run": True}
    deployment = {} if tool in ("restart_pod", "run_job") else {"deployment": "checkout"}
    assert said in await refusal(stand.server, tool, {**base, **deployment, **change})


async def test_two_calls_at_once_on_one_grant_are_one_effect(stand: ExecutorStand) -> None:
    """Whoever comes second finds the first one's result."""
    token = stand.issuer.sign(grant(SCALE))
    both = await asyncio.gather(*(stand.act(SCALE, token) for _ in range(4)))
    assert sorted(b["first"] for b in both) == [False, False, False, True]
    assert len(stand.estate.effects()) == 1


async def test_killed_at_any_moment_the_effect_is_made_exactly_once(stand: ExecutorStand) -> None:
    """Forty executors are killed anywhere in the act; each grant asked again has had one effect in all."""
    ids = [grant_id(INCIDENT, PLAN, n) for n in range(40)]
    tokens = [stand.issuer.sign(grant(scale_to(n), grant_id=name)) for n, name in enumerate(ids)]
    command = [sys.executable, "-m", "tests.tools.executor.acting", str(stand.folder), stand.public, *tokens]
    await (await asyncio.create_subprocess_exec(*command)).wait()
    survived = len(stand.estate.effects())
    assert 0 < survived < 40, "the killing should fall before the effect and after it"
    again = [await stand.act(scale_to(n), token) for n, token in enumerate(tokens)]
    assert sorted(e.grant_id for e in stand.estate.effects()) == sorted(ids)
    assert sum(not a["first"] for a in again) == survived
