"""How the front desk speaks: results on standard output, everything else on standard error, one way to fail."""

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

out = Console(soft_wrap=False)
err = Console(stderr=True)

# Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 something that is needed cannot be reached.
NO, WRONG, AWAY = 1, 2, 3


def fail(what: str, *, do: str = "", code: int = NO) -> NoReturn:
    """Say what went wrong and what to do about it, and exit."""
    err.print(f"[bold red]holdfast:[/] {_plain(what)}", highlight=False)
    if do:
        err.print(f"  → {_plain(do)}", highlight=False)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """Print one JSON document to standard output, and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
