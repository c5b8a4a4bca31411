"""The cluster, looked at: shapes of the contract, and clear refusals for what is not there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer

from holdfast.analysis.cluster.rules.routing import unmatched_services, unserved_ports
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.readings.changes import read_rollouts
from holdfast.analysis.readings.pods import read_events, read_pods
from holdfast.analysis.readings.surroundings import (
    read_deployments,
    read_ingresses,
    read_nodes,
    read_services,
    read_storage,
)
from holdfast.tools.kubernetes import server as kubernetes
from holdfast.tools.kubernetes.clusters import Clusters
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.kubernetes import SimulatedCluster
from holdfast.tools.simulation.logs import lines
from tests.tools.stand import Watch, answer, refusal

SHOP = {"namespace": "shop"}


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """A shop in which recommendations is killed for memory."""
    made = Estate.open(tmp_path / "estate.db", Watch())
    made.inject("oom-crash")
    return made


@pytest.fixture
def server(estate: Estate) -> MCPServer:
    """The server over it."""
    return kubernetes.build(Clusters(SimulatedCluster(estate)))


async def test_a_killed_pod_says_why(server: MCPServer) -> None:
    """Reason, last reason, exit code and restarts are those of a crash loop after OOM."""
    found = await answer(server, "get_pods", {**SHOP, "selector": "deployment=recommendations"})
    sick = found["pods"][0]
    assert (sick["reason"], sick["last_reason"], sick["exit_code"]) == ("CrashLoopBackOff", "OOMKilled", 137)
    assert sick["restarts"] > 0
    assert len(read_pods(found)) == 2


async def test_a_well_pod_is_ready_and_without_reasons(server: MCPServer) -> None:
    """What the fault does not touch is as it always is."""
    found = await answer(server, "get_pods", {**SHOP, "selector": "deployment=cart"})
    assert {(p["ready"], p["reason"], p["restarts"]) for p in found["pods"]} == {(True, "", 0)}


async def test_one_pod_comes_with_its_events(server: MCPServer) -> None:
    """Only its own events, oldest first."""
    pods = await answer(server, "get_pods", {**SHOP, "selector": "deployment=recommendations"})
    found = await answer(server, "describe_pod", {**SHOP, "pod": pods["pods"][0]["name"]})
    assert {e["reason"] for e in found["events"]} == {"OOMKilling", "BackOff"}
    assert found["conditions"] == [{"type": "Ready", "status": "False", "reason": "CrashLoopBackOff"}]
    assert found["labels"] == {"deployment": "recommendations"}
    times = [e["time"] for e in found["events"]]
    assert times == sorted(times)


async def test_events_are_of_the_time_asked_for(server: MCPServer) -> None:
    """`since` leaves out what is older, and what a ranker reads is what was said."""
    every = await answer(server, "get_events", SHOP)
    last = every["events"][-1]["time"]
    newest = await answer(server, "get_events", {**SHOP, "since": last})
    assert len(newest["events"]) < len(every["events"])
    assert any(e.warning for e in read_events(every))


async def test_too_many_events_are_cut_to_the_newest(estate: Estate, server: MCPServer) -> None:
    """A fault that lasts for days does not make an answer of thousands."""
    estate.inject("oom-crash", estate.clock() - 10 * 86400)
    since = datetime.fromtimestamp(estate.clock() - 11 * 86400, UTC).isoformat()
    found = await answer(server, "get_events", {**SHOP, "since": since})
    assert len(found["events"]) == 500
    assert found["cut"].startswith("the newest 500 of 11")
    assert found["events"][-1] == (await answer(server, "get_events", SHOP))["events"][-1]


async def test_a_pods_logs_are_its_own(estate: Estate, server: MCPServer) -> None:
    """Log lines name pods that run, and a pod's logs are those that name it."""
    pods = (await answer(server, "get_pods", {**SHOP, "selector": "deployment=cart"}))["pods"]
    now = estate.clock()
    written = lines(estate.world(), "cart", "production", (now - 3600, now))
    assert {line.pod for line in written} == {p["name"] for p in pods}
    found = await answer(server, "get_logs", {**SHOP, "pod": pods[1]["name"], "tail": 1000})
    assert len(found["lines"]) == sum(line.pod == pods[1]["name"] for line in written) > 0


async def test_logs_are_the_newest_lines_and_say_when_they_are_cut(server: MCPServer) -> None:
    """Asked for five lines, five come, with a word that there are more."""
    pods = await answer(server, "get_pods", {**SHOP, "selector": "deployment=cart"})
    found = await answer(server, "get_logs", {**SHOP, "pod": pods["pods"][0]["name"], "tail": 5})
    assert len(found["lines"]) == 5
    assert found["cut"] == "the newest 5 lines"


async def test_a_release_is_in_the_rollout_history(estate: Estate, server: MCPServer) -> None:
    """The revision that a fault brought runs now, and the one before it is kept."""
    estate.inject("bad-deploy")
    rollouts = read_rollouts(await answer(server, "rollout_history", {**SHOP, "deployment": "checkout"}))
    assert (rollouts.current, rollouts.previous and rollouts.previous.number) == (7, 6)
    assert rollouts.running is not None
    assert rollouts.running.commit == "9f2c41d7ab03"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_pods", {"namespace": "elsewhere"}, "not_found: no namespace"),
        ("get_pods", {"selector": "deployment"}, "bad_input: selector"),
        ("describe_pod", {"pod": "none"}, "not_found: no pod"),
        ("get_events", {"since": "yesterday"}, "bad_input: since"),
        ("get_logs", {"pod": "none"}, "not_found: no pod"),
        ("get_logs", {"pod": "none", "tail": 0}, "bad_input: tail"),
        ("rollout_history", {"deployment": "orders-db"}, "not_found: no deployment"),
    ],
)
async def test_what_is_not_there_is_refused_naming_it(
    server: MCPServer, tool: str, arguments: dict[str, Any], said: str
) -> None:
    """The first word is of the closed list and the rest names what is missing or wrong."""
    assert said in await refusal(server, tool, {**SHOP, **arguments})


async def test_the_last_container_is_asked_for_only_where_there_was_one(server: MCPServer) -> None:
    """A pod that never ended has no previous logs."""
    pods = await answer(server, "get_pods", {**SHOP, "selector": "deployment=cart"})
    asked = {**SHOP, "pod": pods["pods"][0]["name"], "previous": True}
    assert "not_found: pod" in await refusal(server, "get_logs", asked)


async def test_what_stands_around_a_well_shop_is_read_and_no_fault_of_the_cluster(server: MCPServer) -> None:
    """The simulated answers are shaped as the real ones, and the service leads to the port that is served."""
    deployments = read_deployments(await answer(server, "get_deployments", SHOP))
    services = read_services(await answer(server, "get_services", SHOP))
    state = ClusterState(namespace="shop", manifests=(*deployments, *services))
    assert {w.name for w in state.behind("cart")} == {"cart"}
    assert not list(unserved_ports(state)) + list(unmatched_services(state))
    assert {n.ready for n in read_nodes(await answer(server, "get_nodes", {}))} == {True}
    assert read_storage(await answer(server, "get_claims", SHOP)).claims == ()
    assert read_ingresses(await answer(server, "get_ingresses", SHOP)) == ()
