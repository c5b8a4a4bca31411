"""Tool servers from the command line: what there is, and one call as the worker would make it."""

from pathlib import Path

import pytest

from holdfast.activities.errors import ToolError
from holdfast.tools import registry
from holdfast.workers.settings import WorkerSettings
from holdfast.workers.toolserver import call, reaches


@pytest.fixture(autouse=True)
def _embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDFAST_EMBEDDED", "true")
    monkeypatch.setenv("HOLDFAST_ESTATE", str(tmp_path / "estate.db"))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/records.db")


def test_every_tool_says_what_it_may_do() -> None:
    """By our own table, never by the server's word."""
    found = reaches()
    assert found["kubernetes.get_pods"] == "looks"
    assert found["communication.send_slack_message"] == "tells"
    assert found["executor.restart_pod"] == "acts"


async def test_a_tool_that_looks_answers() -> None:
    """Over the simulated estate."""
    answer = await call("kubernetes", "get_pods", {"namespace": "shop"})
    assert answer["namespace"] == "shop"
    assert answer["pods"]


async def test_a_server_that_is_not_there_is_a_tool_error() -> None:
    """Named, so that a typing mistake is seen."""
    with pytest.raises(ToolError, match="nope"):
        await call("nope", "get_pods", {})


def test_a_simulated_tool_server_needs_an_estate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The missing setting is named."""
    monkeypatch.delenv("HOLDFAST_ESTATE")
    with pytest.raises(ValueError, match="HOLDFAST_ESTATE"):
        registry.build("kubernetes", WorkerSettings().needs())


def test_a_systems_file_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A typing mistake in the configuration says where it is."""
    file = tmp_path / "systems.yaml"
    file.write_text("monitoring: [1]")
    monkeypatch.setenv("HOLDFAST_SYSTEMS_FILE", str(file))
    with pytest.raises(ValueError, match=r"systems\.yaml: a mapping of server names"):
        WorkerSettings().needs()
