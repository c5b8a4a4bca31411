"""Which servers there are: every tool of the contract, and a key only for the one that acts."""

import re
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from holdfast.activities.adapters.grants import new_keys
from holdfast.tools import registry
from holdfast.tools.toolserver import ToolServer
from holdfast.workers.toolbox import SHIPPED
from tests.tools.stand import needs

CONTRACT = (Path(__file__).parents[2] / "docs" / "tool-contracts.md").read_text()

REACHES = ("looks", "tells", "acts")
# The least a server needs that has no simulated form.
SECTIONS: dict[str, dict[str, Any]] = {
    "code": {"github": {}},
    "code-looks": {"github": {}},
    "infrastructure": {"docker": {"local": {}}},
    "infrastructure-looks": {"docker": {"local": {}}},
}


def built(tmp_path: Path, name: str) -> ToolServer:
    """Return the server, simulated where it can be."""
    database = f"sqlite+aiosqlite:///{tmp_path}/r.db"
    systems = {name: SECTIONS[name]} if name in registry.REAL_ONLY else {}
    given = needs(
        tmp_path, database_url=database, grant_public_key=new_keys()[1], systems=systems, state=tmp_path / "state"
    )
    return registry.build(name, given)


@pytest.mark.parametrize("name", registry.NAMES)
async def test_a_server_offers_exactly_the_tools_of_the_contract(tmp_path: Path, name: str) -> None:
    """The code, the shipped table of what each may do, and the document agree."""
    async with Client(built(tmp_path, name)) as client:
        offered = {tool.name for tool in (await client.list_tools()).tools}
    assert offered == {tool for reach in REACHES for tool in SHIPPED[name].get(reach, [])}
    row = next(line for line in CONTRACT.splitlines() if line.startswith(f"| {name} |"))
    assert offered == set(re.findall(r"`(\w+)`", row))


@pytest.mark.parametrize("name", registry.NAMES)
async def test_a_servers_annotations_say_what_our_table_says(tmp_path: Path, name: str) -> None:
    """Looking tools are read-only, acting tools destructive; nothing in between is unmarked."""
    async with Client(built(tmp_path, name)) as client:
        for tool in (await client.list_tools()).tools:
            assert tool.annotations is not None
            assert tool.description
            assert tool.annotations.read_only_hint is (tool.name in SHIPPED[name].get("looks", []))
            assert bool(tool.annotations.destructive_hint) is (tool.name in SHIPPED[name].get("acts", []))


def test_an_executor_without_the_key_is_not_built(tmp_path: Path) -> None:
    """It could check no grant, and so would have to obey or refuse everything."""
    with pytest.raises(ValueError, match="grant_public_key"):
        registry.build("executor", needs(tmp_path))


def test_an_unknown_server_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    """A misspelt name says what could be meant."""
    with pytest.raises(KeyError, match="monitoring"):
        registry.build("monitorin", needs(tmp_path))


@pytest.mark.parametrize("name", registry.REAL_ONLY)
def test_a_server_without_a_simulated_form_asks_for_its_section(tmp_path: Path, name: str) -> None:
    """It never pretends."""
    with pytest.raises(ValueError, match=f"{name}: has no simulated form"):
        registry.build(name, needs(tmp_path))


def test_the_acting_infrastructure_server_needs_the_key_and_the_looking_one_does_not(tmp_path: Path) -> None:
    """Each is built with what it uses alone."""
    given = needs(tmp_path, systems=SECTIONS, state=tmp_path / "state")
    assert registry.build("infrastructure-looks", given).name == "holdfast-infrastructure-looks"
    with pytest.raises(ValueError, match="grant_public_key"):
        registry.build("infrastructure", given)
