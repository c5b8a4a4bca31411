"""The commands that look into the house: replay, records and tools, and what they refuse."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.records.store import RecordsStore
from tests.cli.conftest import Run
from tests.examples import incident

HISTORIES = Path(__file__).parents[1] / "histories"
AWAY = ("--temporal", "127.0.0.1:1")


def test_a_history_replays(run: Run) -> None:
    """One line a history; exit code 0 says that every decision would be taken again."""
    file = HISTORIES / "approved.json"
    shown = run("replay", file)
    assert shown.exit_code == 0
    assert f"replays {file}" in shown.stdout
    assert "1 of 1 replay" in shown.stdout


def test_a_history_that_differs_fails_with_what_differs(run: Run, tmp_path: Path) -> None:
    """Exit code 1, and as JSON for a gate."""
    changed = tmp_path / "changed.json"
    changed.write_text((HISTORIES / "approved.json").read_text().replace("record_incident", "record_otherwise"))
    shown = run("replay", changed, HISTORIES / "stopped.json", "--json")
    assert shown.exit_code == 1
    differs, replays = json.loads(shown.stdout)
    assert "record_otherwise" in differs["error"]
    assert replays["error"] == ""
    assert "1 of 2 replay" in run("replay", changed, HISTORIES / "stopped.json").stdout


def test_what_is_no_history_is_wrong_use(run: Run, tmp_path: Path) -> None:
    """The file is named, and the command that writes a right one."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{")
    empty = tmp_path / "empty.json"
    empty.write_text('{"events": []}')
    for words in ([wrong], [empty], [tmp_path / "missing.json"], []):
        assert run("replay", *words).exit_code == 2
    assert "temporal workflow show" in run("replay", wrong).stderr


@pytest.mark.parametrize(
    "words", [("replay", "--workflow-id", "x"), ("replay", "--query", "x = 1"), ("records", "rebuild")]
)
def test_a_temporal_that_is_away_is_said(run: Run, words: tuple[str, ...]) -> None:
    """Exit code 3, in one line."""
    said = run(*words, *AWAY)
    assert said.exit_code == 3
    assert said.stderr.startswith("holdfast: Temporal at 127.0.0.1:1 cannot be reached: connection refused")


async def test_what_temporal_refuses_is_said(run: Run, temporal: WorkflowEnvironment) -> None:
    """A query that is none, an incident that is none: exit code 1, no traceback."""
    address = temporal.client.service_client.config.target_host
    for words in (("--query", "this is no query ("), ("--workflow-id", "inc/no/such/incident")):
        said = await asyncio.to_thread(run, "replay", *words, "--temporal", address)
        assert said.exit_code == 1
        assert said.stderr.startswith(f"holdfast: Temporal at {address} says:")


async def test_a_query_that_finds_nothing_proves_nothing(run: Run, temporal: WorkflowEnvironment) -> None:
    """It is said, and a gate that asks for JSON fails as well."""
    address = temporal.client.service_client.config.target_host
    words = ("replay", "--query", "IncidentTenant = 'nobody-at-all'", "--temporal", address)
    for more in ((), ("--json",)):
        said = await asyncio.to_thread(run, *words, *more)
        assert said.exit_code == 1, said.output
        assert "nothing was found to replay" in said.stderr


# A command brings its own event loop, so asynchronous tests run it in a thread.
async def _keep(url: str) -> None:
    store = await RecordsStore.open(url)
    await store.upsert(incident(title="HighErrorRate on checkout"))
    await store.close()


async def test_records_are_listed_without_anything_running(run: Run, tmp_path: Path) -> None:
    """Straight from the database, with the same lines as the API's list."""
    url = f"sqlite+aiosqlite:///{tmp_path}/records.db"
    await _keep(url)
    shown = await asyncio.to_thread(run, "records", "list", "--database", url)
    assert "INC-1" in shown.stdout
    assert "HighErrorRate on checkout" in shown.stdout
    page: Any = json.loads((await asyncio.to_thread(run, "records", "list", "--database", url, "--json")).stdout)
    assert [line["number"] for line in page["incidents"]] == ["INC-1"]
    none = await asyncio.to_thread(run, "records", "list", "--database", url, "--service", "cart")
    assert (none.stdout, none.stderr) == ("", "no incidents match\n")


def test_records_that_are_not_there_are_not_made(run: Run, tmp_path: Path) -> None:
    """Reading changes nothing; a wrong address is named."""
    said = run("records", "list")
    assert said.exit_code == 1
    assert "no records in" in said.stderr
    assert run("records", "list", "--database", "no-url").exit_code == 3
    assert run("records", "list", "--database", "sqlite+aiosqlite:////proc/none/records.db").exit_code == 3


def test_every_tool_is_listed_with_what_it_may_do(run: Run) -> None:
    """Looks, tells or acts, by our own table."""
    shown = run("tools", "list")
    assert "looks  kubernetes.get_pods" in shown.stdout
    assert json.loads(run("tools", "list", "--json").stdout)["executor.restart_pod"] == "acts"


def test_a_tool_that_looks_is_called(run: Run) -> None:
    """On the embedded default's own estate, with nothing running."""
    shown = run("tools", "call", "kubernetes", "get_pods", "--arguments", '{"namespace": "shop"}')
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["pods"]


def test_each_call_has_a_key_of_its_own_unless_one_is_given(run: Run) -> None:
    """A tool that has its effect once for a key has it once a call; `--key` repeats one."""
    slack = ("tools", "call", "communication", "send_slack_message")
    message = ("--arguments", '{"channel": "#incidents", "text": "hello"}')
    first, second = run(*slack, *message), run(*slack, *message)
    assert [json.loads(r.stdout)["first"] for r in (first, second)] == [True, True]
    key = first.stderr.strip().removeprefix("idempotency key: ")
    again = run(*slack, *message, "--key", key)
    assert json.loads(again.stdout) == {**json.loads(first.stdout), "first": False}
    assert key in again.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("kubernetes", "get_pods", "--arguments", "{"), 2, "--arguments: no JSON"),
        (("kubernetes", "get_pods", "--arguments", "[1]"), 2, "--arguments: an object is needed"),
        (("kubernetes", "no_such_tool"), 1, "no_such_tool"),
        (("no_such_server", "get_pods"), 1, "no_such_server"),
        (("executor", "restart_pod"), 1, "grant"),
    ],
)
def test_a_call_that_cannot_be_is_said(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    """Wrong use, unknown names, and acting without leave."""
    result = run("tools", "call", *words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_a_server_that_cannot_be_is_not_served(run: Run, tmp_path: Path) -> None:
    """The names and transports there are; beyond loopback only with a token."""
    assert "choose stdio or http" in run("tools", "serve", "monitoring", "--transport", "pigeon").stderr
    nowhere = ("--transport", "http", "--host", "0.0.0.0")  # noqa: S104 # that is what is refused
    for words, said in ((("no_such_server",), "executor, kubernetes"), (("monitoring", *nowhere), "token")):
        # As a process: the command becomes the server, and would become the end of this one.
        command = [str(Path(sys.executable).with_name("holdfast")), "tools", "serve", *words]
        given = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
        result = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)
        assert said in result.stderr
        assert result.returncode == 1
