"""The tools file: every wrong field is named, acting stands alone, and only used servers are connected to."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.activities.adapters.tools import McpToolCaller
from holdfast.activities.gateway import Reach
from holdfast.tools import registry
from holdfast.workers import toolbox
from tests.adapters import toolserver
from tests.tools.stand import needs


def written(folder: Path, servers: Any) -> Path:
    """Return a tools file that says this."""
    path = folder / "tools.yaml"
    path.write_text(servers if isinstance(servers, str) else yaml.safe_dump({"servers": servers}))
    return path


WRONG: dict[str, tuple[Any, str]] = {
    "an unknown transport": ({"m": {"transport": "carrier-pigeon"}}, "servers.m.transport"),
    "stdio without a command": ({"m": {"transport": "stdio"}}, "command: needed for transport stdio"),
    "http without an address": ({"m": {"transport": "http"}}, "url: needed for transport http"),
    "an unknown field": ({"m": {"look": ["x"]}}, "servers.m.look"),
    "no concurrency": ({"m": {"concurrency": 0}}, "servers.m.concurrency"),
    "acting and looking in one": ({"m": {"looks": ["a"], "acts": ["b"]}}, "acts: a server that acts may not"),
    "no servers": ("{}", "servers"),
    "no YAML": ("servers: [", "tools.yaml"),
    "an empty file": ("", "tools.yaml"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_tools_file_is_refused_naming_file_and_field(tmp_path: Path, case: str) -> None:
    """Nothing starts on a configuration that says something else than it means."""
    servers, said = WRONG[case]
    with pytest.raises(ValueError, match=r"tools\.yaml") as error:
        toolbox.load(written(tmp_path, servers))
    assert said in str(error.value)


def test_a_tools_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(ValueError, match=r"none\.yaml"):
        toolbox.load(tmp_path / "none.yaml")


def test_the_file_alone_says_what_a_tool_may_do(tmp_path: Path) -> None:
    """A tool it does not list is unknown, whatever its server offers."""
    box = toolbox.load(written(tmp_path, {"m": {"looks": ["echo"], "tells": ["fail"]}, "x": {"acts": ["go"]}}))
    assert box.reach == {"m.echo": Reach.LOOKS, "m.fail": Reach.TELLS, "x.go": Reach.ACTS}
    assert box.looks == {"m.echo"}


def test_only_servers_of_an_allowed_reach_are_connected_to() -> None:
    """A looking worker has no connection to the executor at all."""

    def never(name: str) -> Any:
        raise AssertionError(name)

    looking = toolbox.shipped().links(frozenset({Reach.LOOKS, Reach.TELLS}), never)
    acting = toolbox.shipped().links(frozenset({Reach.ACTS}), never)
    assert "executor" not in {link.name for link in looking}
    assert {link.name for link in acting} == {"executor"}


def test_a_token_is_read_from_its_file_or_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file itself holds no secret."""
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("A_TOKEN", "from-variable")
    http = {"transport": "http", "url": "http://t/mcp"}
    box = toolbox.load(
        written(tmp_path, {"a": {**http, "token_env": "A_TOKEN"}, "b": {**http, "token_file": str(tmp_path / "token")}})
    )
    assert (box.servers["a"].token, box.servers["b"].token) == ("from-variable", "from-file")


async def test_a_server_in_memory_and_one_as_a_child_answer_alike(tmp_path: Path) -> None:
    """Where a server runs is the file's choice, and nobody else notices."""
    command = [sys.executable, toolserver.__file__]
    servers = {
        "odd": {"transport": "stdio", "command": command, "looks": ["echo"]},
        "catalog": {"looks": ["get_runbook"]},
    }
    box = toolbox.load(written(tmp_path, servers))
    caller = McpToolCaller(box.links(frozenset({Reach.LOOKS}), lambda name: registry.build(name, needs(tmp_path))))
    try:
        assert await caller.call("odd", "echo", {"text": "hi"}, timeout=20, meta={}) == {"text": "hi"}
        found = await caller.call("catalog", "get_runbook", {"service": "cart", "alert": "x"}, timeout=20, meta={})
        assert found == {"runbook": None}
    finally:
        await caller.close()
