"""The whole front desk: help that a newcomer can follow, quickly, and one way to say the version."""

import os
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command

from holdfast.cli.main import app
from tests.cli.conftest import Run

HOLDFAST = str(Path(sys.executable).parent / "holdfast")


def _commands() -> list[list[str]]:
    """Return every command's words."""
    found: list[list[str]] = []
    for name, command in sorted(get_command(app).commands.items()):  # type: ignore[attr-defined] # a group has commands
        inner = getattr(command, "commands", {})
        found += [[name, sub] for sub in sorted(inner)] or [[name]]
    return found


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_says_what_it_does_with_an_example(run: Run, words: list[str]) -> None:
    """A sentence first; whoever does not know the words yet can copy a line."""
    shown = run(*words, "--help")
    assert shown.exit_code == 0
    said = " ".join(shown.stdout.split())
    assert re.search(r"[A-Z][^.]{10,}[.:;]", said)
    if words != ["version"]:
        assert f"Example: holdfast {' '.join(words)}" in said


def test_the_promised_commands_are_there() -> None:
    """What the documents name."""
    promised = "up demo doctor approve reject modify acknowledge take-over stop close report replay version"
    words = {" ".join(w) for w in _commands()}
    assert set(promised.split()) <= words
    pairs = {"alert send", "incidents list", "incidents show", "incidents watch", "policy lint", "policy test"}
    assert pairs <= words
    assert {"policy explain", "records rebuild", "records list", "tools list", "tools call", "tools serve"} <= words


def test_help_names_the_exit_codes_and_where_to_begin(run: Run) -> None:
    """Scripts rely on them."""
    said = " ".join(run("--help").stdout.split())
    assert "Exit codes: 0 done; 1 the answer is no; 2 wrong use; 3 something that is needed cannot be reached" in said
    assert "holdfast demo" in said


def test_nothing_asked_for_is_help(run: Run) -> None:
    """A bare word is answered with what may follow."""
    assert "Commands" in run().stdout
    assert "rebuild" in run("records").stdout


def test_the_version_is_the_distributions(run: Run) -> None:
    """One line, for scripts."""
    assert run("version").stdout == f"{version('holdfast')}\n"


def test_a_wrong_word_is_wrong_use(run: Run) -> None:
    """Exit code 2, and the words there are."""
    result = run("incident")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_help_is_quick_and_light() -> None:
    """Heavy libraries are imported by the commands that need them; compared with Python's own start."""
    program = "import sys, holdfast.cli.main; print(*sorted(m for m in sys.modules if '.' not in m))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"temporalio", "httpx2", "pydantic", "mcp", "sqlalchemy", "numpy"} & set(shown.stdout.split())
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import typer, rich.console"], check=True)
    bare = time.perf_counter() - began
    began = time.perf_counter()
    subprocess.run([HOLDFAST, "--help"], check=True, stdout=subprocess.DEVNULL)
    assert time.perf_counter() - began < 5 * bare


@pytest.mark.parametrize("columns", ["20", "60", "300"])
def test_terminals_of_any_width_will_do(columns: str) -> None:
    """Narrow ones fold; without colour there is no escape sequence."""
    environment = {**os.environ, "COLUMNS": columns, "NO_COLOR": "1", "TERM": "dumb"}
    shown = subprocess.run([HOLDFAST, "--help"], capture_output=True, text=True, check=True, env=environment)
    assert "\x1b" not in shown.stdout
    assert "demo" in shown.stdout
