"""The guide to the command line: every command it shows is one that there is, with options that it has."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from holdfast.cli.main import app

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "cli.md").read_text()
SHOWN = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.S) for line in block.splitlines()]


def words_of(line: str) -> list[str]:
    """Return the words of a command, without its comment and what it is piped into."""
    words = shlex.split(line, comments=True)
    ends = [n for n, word in enumerate(words) if word in {"|", ">"}]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize("line", [line for line in SHOWN if "--help" not in line])
def test_a_shown_command_is_understood(line: str) -> None:
    """Its names, options and arguments are parsed, and nothing runs."""
    program, *rest = words_of(line)
    assert program == "holdfast"
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    command.make_context(line, rest)


def test_every_command_is_shown() -> None:
    """A command that the guide leaves out is one that nobody finds."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined] # the app is a group
    left_out = {"serve", "version"}  # for containers, and for everybody
    assert {words_of(line)[1] for line in SHOWN} == set(commands) - left_out
