"""The commands that start things: up until it is told to stop, a demonstration kept or refused, the doctor."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.conftest import Run

HOLDFAST = str(Path(sys.executable).parent / "holdfast")


@contextmanager
def _started(*words: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")}
    environment |= {"HOME": str(home), "XDG_DATA_HOME": "", "COLUMNS": "200"}
    pipe = subprocess.PIPE
    with subprocess.Popen([HOLDFAST, *words], stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def _first(process: subprocess.Popen[str]) -> Any:
    """Return the JSON document that a command prints first."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read() if process.stderr else ""
    return json.loads("".join(lines))


async def test_up_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """In an empty home; other commands find it by themselves; a second one on the same data is refused."""
    with _started("up", "--json", home=tmp_path) as up:
        about = await asyncio.to_thread(_first, up)
        async with httpx2.AsyncClient() as http:
            assert (await http.get(about["api"] + "/readyz")).status_code == 200
        await asyncio.to_thread(_commands_find_it, tmp_path)
        up.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(up.wait, 30) == 0
    assert not (tmp_path / ".local/share/holdfast/stack.json").exists()


def _commands_find_it(home: Path) -> None:
    with _started("incidents", "list", "--json", home=home) as asked:
        assert json.loads(asked.communicate(timeout=30)[0])["incidents"] == []
    with _started("doctor", "--json", home=home) as asked:
        found = {f["name"]: f for f in json.loads(asked.communicate(timeout=30)[0])}
        assert all(f["fine"] for f in found.values()), found
        assert asked.returncode == 0
    with _started("up", home=home) as second:
        said = second.communicate(timeout=30)[1]
        assert second.returncode == 3
        assert "is in use by process" in said


def test_an_unknown_scenario_lists_those_there_are(run: Run) -> None:
    """Nothing is started for it."""
    said = run("demo", "--scenario", "no-such-story")
    assert said.exit_code == 2
    assert "choose from bad-deploy" in said.stderr


@pytest.mark.parametrize("words", [("up",), ("demo",)])
def test_a_folder_that_cannot_be_is_said(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    said = run(*words, "--data", tmp_path / "file")
    assert said.exit_code == 3
    assert "holdfast doctor" in said.stderr


def test_the_doctor_says_what_to_do(run: Run, tmp_path: Path) -> None:
    """A line each; exit code 1 when something is wrong, 0 when it is only not there yet."""
    fine = run("doctor")
    assert fine.exit_code == 0
    assert "ok    Python: 3." in fine.stdout
    assert "none  API: no stack runs here" in fine.stdout
    (tmp_path / "file").write_text("")
    wrong = run("doctor", "--data", tmp_path / "file")
    assert wrong.exit_code == 1
    assert "no    data folder" in wrong.stdout
    assert "→ choose another with --data" in wrong.stdout
