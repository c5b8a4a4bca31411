"""Which servers there are: every tool of the contract, and a key only for the one that acts."""

import re
from pathlib import Path

import pytest
from mcp import Client

from holdfast.activities.adapters.grants import new_keys
from holdfast.tools import registry
from holdfast.workers.toolbox import SHIPPED
from tests.tools.stand import needs

CONTRACT = (Path(__file__).parents[2] / "docs" / "tool-contracts.md").read_text()


@pytest.mark.parametrize("name", registry.NAMES)
async def test_a_server_offers_exactly_the_tools_of_the_contract(tmp_path: Path, name: str) -> None:
    """The code, the shipped table of what each may do, and the document agree."""
    given = needs(tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path}/r.db", grant_public_key=new_keys()[1])
    async with Client(registry.build(name, given)) as client:
        offered = {tool.name for tool in (await client.list_tools()).tools}
    assert offered == {tool for tools in SHIPPED[name].values() for tool in tools}
    row = next(line for line in CONTRACT.splitlines() if line.startswith(f"| {name} |"))
    assert offered == set(re.findall(r"`(\w+)`", row))


@pytest.mark.parametrize("name", registry.NAMES)
async def test_a_servers_annotations_say_what_our_table_says(tmp_path: Path, name: str) -> None:
    """Looking tools are read-only, acting tools destructive; nothing in between is unmarked."""
    given = needs(tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path}/r.db", grant_public_key=new_keys()[1])
    async with Client(registry.build(name, given)) as client:
        for tool in (await client.list_tools()).tools:
            assert tool.annotations is not None
            assert tool.description
            assert tool.annotations.read_only_hint is (tool.name in SHIPPED[name].get("looks", []))
            assert bool(tool.annotations.destructive_hint) is (name == "executor")


def test_an_executor_without_the_key_is_not_built(tmp_path: Path) -> None:
    """It could check no grant, and so would have to obey or refuse everything."""
    with pytest.raises(ValueError, match="grant_public_key"):
        registry.build("executor", needs(tmp_path))


def test_an_unknown_server_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    """A misspelt name says what could be meant."""
    with pytest.raises(KeyError, match="monitoring"):
        registry.build("monitorin", needs(tmp_path))
