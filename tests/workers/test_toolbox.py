"""The tools file: every wrong field is named, acting stands alone, and only used servers are connected to."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.activities.adapters.tools import McpToolCaller
from holdfast.activities.gateway import Reach
from holdfast.tools import registry
from holdfast.workers import toolbox, toollinks
from tests.adapters import toolserver
from tests.tools.stand import needs


def written(folder: Path, servers: Any) -> Path:
    """Return a tools file that says this."""
    path = folder / "tools.yaml"
    path.write_text(servers if isinstance(servers, str) else yaml.safe_dump({"servers": servers}))
    return path


def asking(box: toolbox.Toolbox, folder: Path) -> McpToolCaller:
    """Return a caller of everything that looks."""
    return McpToolCaller(
        toollinks.links(box, frozenset({Reach.LOOKS}), lambda name: registry.build(name, needs(folder)))
    )


WRONG: dict[str, tuple[Any, str]] = {
    "an unknown transport": ({"m": {"transport": "carrier-pigeon"}}, "servers.m.transport"),
    "stdio without a command": ({"m": {"transport": "stdio"}}, "command: needed for transport stdio"),
    "http without an address": ({"m": {"transport": "http"}}, "url: needed for transport http"),
    "an unknown field": ({"m": {"look": ["x"]}}, "servers.m.look"),
    "no concurrency": ({"m": {"concurrency": 0}}, "servers.m.concurrency"),
    "acting and looking in one": ({"m": {"looks": ["a"], "acts": ["b"]}}, "acts: a server that acts may not"),
    "one tool in two entries": (
        {"m": {"looks": ["a"]}, "n": {"server": "m", "looks": ["a"]}},
        "m.a: is offered by two entries",
    ),
    "a mapping for what acts": ({"m": {"acts": ["a"], "tools": {"a": {"tool": "b"}}}}, "tools: only looks and tells"),
    "a mapping for what is not offered": ({"m": {"looks": ["a"], "tools": {"b": {"tool": "c"}}}}, "tools.b: is mapped"),
    "a mapping that is no CEL": (
        {"m": {"looks": ["a"], "tools": {"a": {"tool": "b", "result": {"x": "("}}}}},
        "result.x",
    ),
    "a mapping file that is not there": ({"m": {"looks": ["a"], "mapping": "none.yaml"}}, "none.yaml"),
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

    looking = toollinks.links(toolbox.shipped(), frozenset({Reach.LOOKS, Reach.TELLS}), never)
    acting = toollinks.links(toolbox.shipped(), frozenset({Reach.ACTS}), never)
    assert "executor" not in {link.name for link in looking}
    assert {link.name for link in acting} == {"executor"}


def test_a_token_is_read_from_its_file_or_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file itself holds no secret."""
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("A_TOKEN", "from-variable")
    http = {"transport": "http", "url": "https://t/mcp"}
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
    caller = asking(box, tmp_path)
    try:
        assert await caller.call("odd", "echo", {"text": "hi"}, timeout=20, meta={}) == {"text": "hi"}
        found = await caller.call("catalog", "get_runbook", {"service": "cart", "alert": "x"}, timeout=20, meta={})
        assert found["runbook"] is None
    finally:
        await caller.close()


def test_what_cannot_be_simulated_is_shipped_only_when_it_is_configured() -> None:
    """A stack without Docker or Terraform never offers their tools, to nobody."""
    plain, more = toolbox.shipped(), toolbox.shipped(["infrastructure-looks"])
    assert not [tool for tool in plain.reach if tool.startswith("infrastructure.")]
    assert more.looks - plain.looks == {"infrastructure.docker_container_status", "infrastructure.terraform_plan"}


def test_a_looking_worker_has_no_connection_to_the_half_that_acts() -> None:
    """One name to the story, two processes and two sets of credentials."""

    def never(name: str) -> Any:
        raise AssertionError(name)

    box = toolbox.shipped(registry.REAL_ONLY)
    (looking,) = (k for k in toollinks.links(box, frozenset({Reach.LOOKS}), never) if k.name == "infrastructure")
    (acting,) = (k for k in toollinks.links(box, frozenset({Reach.ACTS}), never) if k.name == "infrastructure")
    assert looking.tools == {"docker_container_status", "terraform_plan"}
    assert acting.tools == {"restart_docker_container", "terraform_apply"}


async def test_a_foreign_tool_and_one_of_ours_answer_under_one_name(tmp_path: Path) -> None:
    """The mapping lies in a file of its own, of which the entry takes what it offers."""
    (tmp_path / "theirs.yaml").write_text(
        yaml.safe_dump(
            {
                "tools": {
                    "get_dependencies": {
                        "tool": "echo",
                        "arguments": {"text": "args.service"},
                        "result": {"service": "answer.text", "dependencies": "[]", "dependents": "[]"},
                    },
                    "never_asked": {"tool": "crash"},
                }
            }
        )
    )
    foreign = {"server": "catalog", "transport": "stdio", "command": [sys.executable, toolserver.__file__]}
    servers = {
        "theirs": {**foreign, "looks": ["get_dependencies"], "mapping": "theirs.yaml"},
        "catalog": {"looks": ["get_runbook"]},
    }
    box = toolbox.load(written(tmp_path, servers))
    assert box.looks == {"catalog.get_dependencies", "catalog.get_runbook"}
    caller = asking(box, tmp_path)
    try:
        found = await caller.call("catalog", "get_dependencies", {"service": "cart"}, timeout=20, meta={})
        assert found == {"service": "cart", "dependencies": [], "dependents": []}
        ours = await caller.call("catalog", "get_runbook", {"service": "cart", "alert": "x"}, timeout=20, meta={})
        assert ours["runbook"] is None
    finally:
        await caller.close()


async def test_a_foreign_child_sees_no_variable_that_was_not_named_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our tokens are not its business; one of our own servers as a child is configured by them."""
    monkeypatch.setenv("HOLDFAST_SECRET", "ours")
    monkeypatch.setenv("PROMETHEUS_TOKEN", "theirs")
    child = {"transport": "stdio", "command": [sys.executable, toolserver.__file__], "looks": ["environment"]}
    named = {"inherits": ["PROMETHEUS_TOKEN"], "environment": {"PROMETHEUS_URL": "http://p"}}
    foreign = {**child, **named, "tools": {"environment": {"tool": "environment"}}}
    box = toolbox.load(written(tmp_path, {"ours": child, "theirs": foreign}))
    caller = asking(box, tmp_path)
    try:
        ours, theirs = [
            set((await caller.call(server, "environment", {}, timeout=20, meta={}))["names"])  # type: ignore[arg-type] # a list of names
            for server in ("ours", "theirs")
        ]
    finally:
        await caller.close()
    assert "HOLDFAST_SECRET" in ours
    assert {"PROMETHEUS_TOKEN", "PROMETHEUS_URL", "PATH"} <= theirs
    assert "HOLDFAST_SECRET" not in theirs
