"""The memory server: what it answers, what it refuses, and whom it shares its records with."""

from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

from holdfast.records.store import RecordsStore
from holdfast.tools.memory import server as memory
from tests.examples import AT, incident
from tests.tools.stand import answer, refusal

PAST: dict[str, Any] = {
    "workflow_id": "inc/acme/production/checkout",
    "run_id": "run-1",
    "number": "INC-7",
    "title": "HighErrorRate on checkout",
    "service": "checkout",
    "environment": "production",
    "alert": "HighErrorRate",
    "symptoms": ["12% of requests fail"],
    "cause": "bad_release",
    "action": "rollback_deployment",
    "worked": True,
    "closed_at": "2026-03-01T03:09:00Z",
}


@pytest.fixture
def server(url: str) -> MCPServer:
    """The server over them."""
    return memory.build(url)


async def test_the_tools_say_what_they_are(server: MCPServer) -> None:
    """One looks and one tells; neither destroys, and either may be asked again."""
    async with Client(server) as client:
        hints = {t.name: t.annotations for t in (await client.list_tools()).tools}
    assert hints.keys() == {"find_similar_incidents", "remember_incident"}
    looks, tells = hints["find_similar_incidents"], hints["remember_incident"]
    assert looks is not None
    assert tells is not None
    assert (looks.read_only_hint, looks.idempotent_hint) == (True, True)
    assert (tells.read_only_hint, tells.destructive_hint, tells.idempotent_hint) == (False, False, True)


async def test_what_is_remembered_is_found(server: MCPServer) -> None:
    """In the contract's shape; the same run twice is one memory."""
    assert await answer(server, "remember_incident", {"incident": PAST}) == {"remembered": True, "first": True}
    assert await answer(server, "remember_incident", {"incident": PAST}) == {"remembered": True, "first": False}
    (found,) = (await answer(server, "find_similar_incidents", {"service": "checkout"}))["incidents"]
    similarity, why, parts = found.pop("similarity"), found.pop("why"), found.pop("parts")
    assert why == "same service; its remedy worked"
    assert parts.keys() == {"service", "worked", "recency"}
    names = ("number", "title", "service", "cause", "action", "worked", "closed_at")
    assert found == {name: PAST[name] for name in names}
    assert 0 < similarity <= 1


async def test_an_incident_that_was_recorded_is_found_too(server: MCPServer, url: str) -> None:
    """The read model and the memory are one database."""
    store = await RecordsStore.open(url)
    await store.upsert(incident(ended_at=AT))
    await store.close()
    found = await answer(server, "find_similar_incidents", {"service": "checkout", "tenant": "acme"})
    assert [i["number"] for i in found["incidents"]] == ["INC-1"]
    others = await answer(server, "find_similar_incidents", {"service": "checkout", "tenant": "globex"})
    assert (others["incidents"], others["outcomes"], others["runbooks"]) == ([], [], [])


async def test_nothing_like_it_is_an_empty_answer(server: MCPServer) -> None:
    """Not an error."""
    nothing: dict[str, Any] = {"incidents": [], "outcomes": [], "runbooks": [], "notes": []}
    assert await answer(server, "find_similar_incidents", {"service": "checkout"}) == nothing


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("find_similar_incidents", {}, "service"),
        ("find_similar_incidents", {"service": "checkout", "limit": 0}, "limit"),
        ("find_similar_incidents", {"service": "checkout", "limit": 21}, "limit"),
        ("remember_incident", {"incident": {**PAST, "closed_at": "yesterday"}}, "incident.closed_at"),
        ("remember_incident", {"incident": {**PAST, "workflow_id": ""}}, "incident.workflow_id"),
        ("remember_incident", {"incident": {k: v for k, v in PAST.items() if k != "run_id"}}, "incident.run_id"),
    ],
)
async def test_a_wrong_argument_is_named(server: MCPServer, tool: str, arguments: dict[str, Any], field: str) -> None:
    """With the contract's word before it."""
    assert (await refusal(server, tool, arguments)).startswith(f"bad_input: {field}:")


async def test_records_that_cannot_be_opened_are_unavailable_until_they_can(tmp_path: Path) -> None:
    """Asking again may help, and does."""
    place = tmp_path / "place"
    place.write_text("a file where a folder should be")
    server = memory.build(f"sqlite+aiosqlite:///{place}/records.db")
    for tool, arguments in (
        ("find_similar_incidents", {"service": "checkout"}),
        ("remember_incident", {"incident": PAST}),
    ):
        assert (await refusal(server, tool, arguments)).startswith("unavailable: ")
    place.unlink()
    assert (await answer(server, "remember_incident", {"incident": PAST}))["first"]
