"""The catalogue: which service an alert speaks of, what it stands on, and what was written for its trouble."""

import pytest
from mcp.server.mcpserver import MCPServer

from holdfast.domain.service import Runbook, Service
from holdfast.tools.catalog import server as catalog
from holdfast.tools.simulation.catalogue import SimulatedCatalogue
from holdfast.tools.simulation.topology import shop
from tests.tools.stand import answer


@pytest.fixture
def server() -> MCPServer:
    """The catalogue of the shop."""
    return catalog.build(SimulatedCatalogue(shop()))


@pytest.mark.parametrize("label", ["service", "app", "deployment", "job"])
async def test_an_alert_is_mapped_by_whichever_label_names_a_service(server: MCPServer, label: str) -> None:
    """Monitors call the same thing by different names."""
    found = Service.model_validate(
        (await answer(server, "map_alert_to_service", {"labels": {label: "cart"}}))["service"]
    )
    assert (found.name, found.known, found.deployment) == ("cart", True, "cart")


async def test_an_alert_nobody_knows_says_what_its_labels_say(server: MCPServer) -> None:
    """An unknown service is an answer, not an error."""
    labels = {"service": "mystery", "environment": "staging"}
    found = Service.model_validate((await answer(server, "map_alert_to_service", {"labels": labels}))["service"])
    assert (found.name, found.environment, found.known) == ("mystery", "staging", False)


async def test_dependencies_go_both_ways(server: MCPServer) -> None:
    """What it calls as whole services, who calls it as names."""
    found = await answer(server, "get_dependencies", {"service": "payments"})
    assert [d["name"] for d in found["dependencies"]] == ["card-gateway", "orders-db"]
    assert "checkout" in found["dependents"]


async def test_a_runbook_fits_its_alert_or_there_is_none(server: MCPServer) -> None:
    """The runbook for an alert is found; for one nobody wrote about the answer is null."""
    asked = {"service": "recommendations", "alert": "ContainerOOMKilled"}
    book = Runbook.model_validate((await answer(server, "get_runbook", asked))["runbook"])
    assert "restart_deployment" in book.actions
    assert (await answer(server, "get_runbook", {"service": "cart", "alert": "Unheard"}))["runbook"] is None
