"""How the front desk speaks: results on standard output, everything else on standard error, one way to fail."""

import json
import os
import re
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

# C0 and C1 without tab and newline, and the marks that turn the direction of text around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Into a pipe or a file nothing is folded to the eighty columns of a terminal that is not there.
PIPED_COLUMNS = 200
_width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_COLUMNS

out = Console(soft_wrap=False, width=_width)
err = Console(stderr=True)

# Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 something that is needed cannot be reached.
NO, WRONG, AWAY = 1, 2, 3


def fail(what: str, *, do: str = "", code: int = NO) -> NoReturn:
    """Say what went wrong and what to do about it, and exit."""
    err.print(f"[bold red]holdfast:[/] {_plain(what)}", highlight=False, soft_wrap=True)
    if do:
        err.print(f"  → {_plain(do)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """Print one JSON document to standard output, and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def tame(text: str) -> str:
    """Return text without the control characters by which a log line could steer a terminal."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _plain(text: str) -> str:
    return tame(text).replace("[", "\\[")
