"""Each fault is visible after its onset and not before, its remedy heals it, and another does not."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import ACTION, Action
from holdfast.domain.noun import canonical_json
from holdfast.tools.simulation import faults, scenarios
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.faults import Fault, SignalEffect
from holdfast.tools.simulation.hand import SimulatedHand
from holdfast.tools.simulation.signals import signal
from tests.tools.stand import Watch, grant

SICK = [n for n in faults.names() if faults.load(n).signals]
CURABLE = [n for n in faults.names() if faults.load(n).cures]


@pytest.fixture
def watch() -> Watch:
    """The time of the test."""
    return Watch()


@pytest.fixture
def estate(tmp_path: Path, watch: Watch) -> Estate:
    """A shop of this test's own."""
    return Estate.open(tmp_path / "estate.db", watch)


def strongest(fault: Fault) -> SignalEffect:
    """Return the effect by which the fault is told: errors where it has them, else the first."""
    own = [s for s in fault.signals if s.service == fault.service]
    return next((s for s in own if s.signal == "error_ratio"), own[0])


def level(estate: Estate, fault: Fault, start: float, end: float) -> float:
    """Return the median of the fault's strongest signal over a time."""
    effect = strongest(fault)
    times = np.arange(start, end, 1.0)
    return float(np.median(signal(estate.world(), effect.service, fault.environment, effect.signal, times)))


def cure_of(fault: Fault) -> Action:
    """Return the action that the fault's file says heals it."""
    cure = fault.cures[0]
    fields: dict[str, object] = {"kind": cure.kind, "service": cure.service, "namespace": "shop"}
    return ACTION.validate_python({**fields, "deployment": cure.service, "replicas": cure.min_replicas, **_back(cure)})


def _back(cure: faults.Cure) -> dict[str, int]:
    from holdfast.tools.simulation.topology import shop  # noqa: PLC0415 # beside its only use

    return {"to_revision": shop().services[cure.service].revision} if cure.kind == "rollback_deployment" else {}


def act(estate: Estate, action: Action, number: int = 0) -> None:
    """Perform an action as the executor would, once its grant was checked."""
    asyncio.run(SimulatedHand(estate).act(action, grant(action, grant_id=f"g{number}")))


@pytest.mark.parametrize("name", SICK)
def test_a_fault_shows_after_its_onset_and_not_before(estate: Estate, watch: Watch, name: str) -> None:
    """The signal leaves its normal level at the onset."""
    begun = estate.inject(name)
    before = level(estate, begun.fault, begun.onset - 600, begun.onset - 60)
    after = level(estate, begun.fault, watch.now - 30, watch.now)
    assert abs(after - before) > 0.3 * max(before, 0.05)


@pytest.mark.parametrize("name", CURABLE)
def test_the_right_action_heals(estate: Estate, watch: Watch, name: str) -> None:
    """Seconds after the cure the signal is where it was before the onset."""
    begun = estate.inject(name)
    before = level(estate, begun.fault, begun.onset - 600, begun.onset - 60)
    act(estate, cure_of(begun.fault))
    watch.now += 60
    assert level(estate, begun.fault, watch.now - 40, watch.now) == pytest.approx(before, rel=0.25, abs=0.01)


@pytest.mark.parametrize("name", CURABLE)
def test_the_wrong_action_heals_nothing(estate: Estate, watch: Watch, name: str) -> None:
    """The same action elsewhere, and another action here, leave the fault as it is."""
    begun = estate.inject(name)
    sick = level(estate, begun.fault, watch.now - 30, watch.now)
    cure = cure_of(begun.fault)
    act(estate, cure.model_copy(update={"deployment": "cart", "service": "cart", "to_revision": 18}), 1)
    other = "scale_deployment" if cure.kind != "scale_deployment" else "restart_deployment"
    act(estate, ACTION.validate_python({**cure.model_dump(), "kind": other, "replicas": 3}), 2)
    watch.now += 60
    assert level(estate, begun.fault, watch.now - 40, watch.now) == pytest.approx(sick, rel=0.3)


@pytest.mark.parametrize("name", ["bad-deploy", "first-fix-fails"])
def test_undoing_the_cure_brings_the_fault_back(estate: Estate, watch: Watch, name: str) -> None:
    """A world that forgets its own cause would hide a wrong way back."""
    begun = estate.inject(name)
    sick = level(estate, begun.fault, watch.now - 30, watch.now)
    cure = cure_of(begun.fault)
    back = asyncio.run(SimulatedHand(estate).try_dry(cure)).way_back
    assert back is not None
    act(estate, cure, 1)
    watch.now += 60
    act(estate, back, 2)
    watch.now += 120
    assert level(estate, begun.fault, watch.now - 30, watch.now) == pytest.approx(sick, rel=0.3)


@pytest.mark.parametrize("name", CURABLE)
def test_a_fault_injected_again_begins_anew(estate: Estate, watch: Watch, name: str) -> None:
    """What healed it the last time heals it no more, and bends neither replicas nor revision; the ledger stays."""
    begun = estate.inject(name)
    fresh = asyncio.run(SimulatedHand(estate).try_dry(cure_of(begun.fault))).before
    act(estate, cure_of(begun.fault), 1)
    watch.now += 60
    again = estate.inject(name)
    before = level(estate, again.fault, again.onset - 600, again.onset - 60)
    assert abs(level(estate, again.fault, watch.now - 30, watch.now) - before) > 0.3 * max(before, 0.05)
    assert asyncio.run(SimulatedHand(estate).try_dry(cure_of(begun.fault))).before == fresh
    act(estate, cure_of(begun.fault), 2)
    watch.now += 60
    assert level(estate, again.fault, watch.now - 40, watch.now) == pytest.approx(before, rel=0.25, abs=0.01)
    assert len(estate.effects()) == 2


def test_what_no_machine_can_heal_stays_broken(estate: Estate, watch: Watch) -> None:
    """A database that is down has no cure in the catalogue of actions."""
    begun = estate.inject("db-outage")
    with pytest.raises(ToolError, match="not_found: deployment"):
        act(estate, ACTION.validate_python(_restart("orders-db")))
    act(estate, ACTION.validate_python(_restart("checkout")))
    watch.now += 60
    assert level(estate, begun.fault, watch.now - 30, watch.now) > 0.3


def _restart(name: str) -> dict[str, str]:
    return {"kind": "restart_deployment", "service": name, "namespace": "shop", "deployment": name}


def test_a_false_alarm_bends_no_signal_of_its_service() -> None:
    """The scenario in which nothing is wrong has an alert and nothing else."""
    fault = faults.load("healthy-false-alarm")
    assert fault.alerts
    assert fault.cures == ()


def test_an_unknown_fault_is_refused_with_the_names_there_are(estate: Estate) -> None:
    """A misspelt scenario says what could be meant."""
    with pytest.raises(KeyError, match="bad-deploy"):
        estate.inject("bad-deplyo")


def test_a_mended_estate_is_well_and_remembers(estate: Estate, watch: Watch) -> None:
    """A play that nobody could end does not spoil the next; used grants stay used."""
    begun = estate.inject("db-outage")
    before = level(estate, begun.fault, begun.onset - 600, begun.onset - 60)
    act(estate, ACTION.validate_python(_restart("checkout")))
    estate.mend()
    assert level(estate, begun.fault, watch.now - 30, watch.now) == pytest.approx(before, rel=0.25, abs=0.01)
    assert len(estate.effects()) == 1


def test_a_cleared_estate_is_well_again(estate: Estate) -> None:
    """Nothing that happened is left."""
    estate.inject("bad-deploy")
    act(estate, cure_of(faults.load("bad-deploy")))
    estate.clear()
    world = estate.world()
    assert (world.faults, world.effects, estate.messages(), estate.refusals()) == ((), (), [], [])


def test_two_openings_of_one_file_see_the_same_world(estate: Estate) -> None:
    """The file is the only state: what one process does, another sees."""
    other = Estate.open(estate.path, estate.clock)
    assert other.world().faults == ()
    estate.inject("memory-leak")
    assert other.world() == estate.world()
    assert [f.fault.name for f in other.world().faults] == ["memory-leak"]


@pytest.mark.parametrize("name", scenarios.names())
def test_a_scenario_posts_what_alertmanager_would(name: str, watch: Watch) -> None:
    """The webhook is version 4, one alert for each the fault sends, with a stable fingerprint."""
    from datetime import UTC, datetime  # noqa: PLC0415 # beside its only use

    at = datetime.fromtimestamp(watch.now, UTC)
    first, again = scenarios.load(name).webhook(at), scenarios.load(name).webhook(at)
    assert canonical_json(first) == canonical_json(again)
    assert first["version"] == "4"
    alerts = first["alerts"]
    assert isinstance(alerts, list)
    assert len(alerts) == len(faults.load(name).alerts)
