"""A real Docker engine is looked at, and acted on once for a grant, whatever happens in between."""

import sqlite3
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from holdfast.domain.action import RestartContainer
from holdfast.tools import registry
from holdfast.tools.executor.ledger import Ledger
from holdfast.tools.infrastructure.containers import Containers
from holdfast.tools.infrastructure.engine import Engine
from holdfast.tools.infrastructure.section import DockerHost
from holdfast.tools.needs import ServerNeeds
from tests.tools.infrastructure.acting import Acting
from tests.tools.stand import answer, grant, refusal
from tests.vendors.docker_engine import DockerEngine

pytestmark = pytest.mark.real


@pytest.fixture
def name() -> str:
    """A container's name that no other test has."""
    return f"shop-{uuid4().hex[:8]}"


def section(engine: DockerEngine, **fields: Any) -> dict[str, Any]:
    """Return a section over the engine."""
    host = {"url": engine.url, "stop_seconds": 0, "containers": ["shop-*"], **fields}
    return {"docker": {"local": host}}


def restart(name: str) -> RestartContainer:
    """Return the action on a container."""
    return RestartContainer(service="checkout", container=name)


async def status(engine: DockerEngine, tmp_path: Path, name: str) -> dict[str, Any]:
    """Ask the looking server, which has no key."""
    needs = ServerNeeds(systems={"infrastructure-looks": section(engine)}, state=tmp_path)
    looks = registry.build("infrastructure-looks", needs)
    return await answer(looks, "docker_container_status", {"container": name})


async def test_a_running_container_is_told_in_the_contracts_words(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """Its state, its image and since when."""
    docker_engine.run(name, "sleep 600")
    found = await status(docker_engine, tmp_path, name)
    told = {k: found[k] for k in ("host", "container", "status", "running", "restarts", "oom_killed", "health")}
    assert told == {
        "host": "local",
        "container": name,
        "status": "running",
        "running": True,
        "restarts": 0,
        "oom_killed": False,
        "health": "",
    }
    assert found["image"] == "holdfast-test:1"
    assert found["started_at"].startswith("20")


async def test_a_container_that_ended_says_how(docker_engine: DockerEngine, tmp_path: Path, name: str) -> None:
    """The exit code is the process's own."""
    docker_engine.run(name, "exit 3")
    while (found := await status(docker_engine, tmp_path, name))["running"]:
        pass
    assert (found["status"], found["exit_code"]) == ("exited", 3)


async def test_a_container_that_is_not_there_is_named(docker_engine: DockerEngine, tmp_path: Path) -> None:
    """The error says which, and where it was looked for."""
    needs = ServerNeeds(systems={"infrastructure-looks": section(docker_engine)}, state=tmp_path)
    looks = registry.build("infrastructure-looks", needs)
    assert await refusal(looks, "docker_container_status", {"container": "shop-none"}) == (
        "not_found: no container 'shop-none' on docker host 'local'"
    )
    said = await refusal(looks, "docker_container_status", {"container": "x", "host": "mars"})
    assert said == "not_configured: host: 'mars'; docker hosts there are: local"


async def test_a_dry_run_tells_the_state_and_restarts_nothing(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """It needs no grant."""
    docker_engine.run(name, "sleep 600")
    acting = Acting(tmp_path, section(docker_engine))
    async with acting.standing() as server:
        dry = await acting.act(server, restart(name), dry_run=True, grant="")
    assert (dry["done"], dry["dry_run"], dry["before"]["status"]) == (False, True, "running")
    assert dry["no_way_back"]
    assert (await status(docker_engine, tmp_path, name))["started_at"] == dry["before"]["started_at"]


async def test_one_grant_restarts_once(docker_engine: DockerEngine, tmp_path: Path, name: str) -> None:
    """The same grant again answers the first result, also to a server started anew."""
    docker_engine.run(name, "sleep 600")
    acting = Acting(tmp_path, section(docker_engine))
    async with acting.standing() as server:
        first = await acting.act(server, restart(name))
    async with acting.standing() as server:
        again = await acting.act(server, restart(name))
    assert (first["done"], first["first"], first["observed"]["well"]) == (True, True, True)
    assert first["observed"]["started_at"] > first["before"]["started_at"]
    assert again == {**first, "first": False}
    assert (await status(docker_engine, tmp_path, name))["started_at"] == first["observed"]["started_at"]


async def test_a_server_killed_between_the_effect_and_its_answer_restarts_nothing_again(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """It left its intention in the ledger and a container that was started since: that is the effect."""
    docker_engine.run(name, "sleep 600")
    acting, action = Acting(tmp_path, section(docker_engine)), restart(name)
    engine = Engine("local", DockerHost(url=docker_engine.url, stop_seconds=0, containers=("shop-*",)))
    ledger = Ledger(tmp_path / "infrastructure.db")
    await ledger.start()
    ledger.intend(action, grant(action), (await Containers({"local": engine}).try_dry(action)).model_dump(mode="json"))
    restarted = await engine.restart(name)
    await ledger.close()
    async with acting.standing() as server:
        told = await acting.act(server, action)
    assert (told["done"], told["first"], told["observed"]["started_at"]) == (True, False, restarted["started_at"])


async def test_a_server_killed_before_the_effect_has_it_when_asked_again(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """An intention alone is no effect."""
    docker_engine.run(name, "sleep 600")
    acting, action = Acting(tmp_path, section(docker_engine)), restart(name)
    engine = Engine("local", DockerHost(url=docker_engine.url, containers=("shop-*",)))
    ledger = Ledger(tmp_path / "infrastructure.db")
    await ledger.start()
    dry = (await Containers({"local": engine}).try_dry(action)).model_dump(mode="json")
    ledger.intend(action, grant(action), dry)
    await ledger.close()
    async with acting.standing() as server:
        told = await acting.act(server, action)
    assert told["first"]
    assert told["observed"]["started_at"] > dry["before"]["started_at"]


async def test_a_container_that_is_sick_after_its_restart_is_not_called_well(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """Its own health check is asked until it knows."""
    docker_engine.run(name, "sleep 600", health="exit 1")
    acting = Acting(tmp_path, section(docker_engine))
    async with acting.standing() as server:
        told = await acting.act(server, restart(name))
    assert (told["observed"]["running"], told["observed"]["health"], told["observed"]["well"]) == (
        True,
        "unhealthy",
        False,
    )


async def test_a_container_that_the_section_does_not_name_is_not_restarted(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """A valid grant does not widen what this server may touch."""
    docker_engine.run(name, "sleep 600")
    acting = Acting(tmp_path, section(docker_engine, containers=["billing-*"]))
    async with acting.standing() as server:
        said = await acting.refused(server, restart(name))
    assert said == f"forbidden: {name} on local: only billing-* may be restarted (containers)"


async def test_without_a_grant_nothing_is_restarted_and_the_refusal_is_written_down(
    docker_engine: DockerEngine, tmp_path: Path, name: str
) -> None:
    """The ledger keeps who asked for what."""
    docker_engine.run(name, "sleep 600")
    before = await status(docker_engine, tmp_path, name)
    acting = Acting(tmp_path, section(docker_engine))
    async with acting.standing() as server:
        said = await acting.refused(server, restart(name), grant="")
    assert said == "grant_refused: a grant is missing"
    assert await status(docker_engine, tmp_path, name) == before
    with sqlite3.connect(tmp_path / "infrastructure.db") as db:
        assert db.execute("SELECT tool, reason FROM refusals").fetchall() == [
            ("restart_container", "a grant is missing")
        ]


async def test_two_servers_never_act_on_one_ledger(tmp_path: Path) -> None:
    """The second one does not start, and says why."""
    ledger, second = Ledger(tmp_path / "l.db"), Ledger(tmp_path / "l.db")
    await ledger.start()
    with pytest.raises(ValueError, match="one infrastructure server alone"):
        await second.start()
    await ledger.close()
    await second.start()
    await second.close()
