"""Asking whoever sits at the terminal, without holding up anything else that goes on."""

import asyncio
import sys
from typing import Any

from rich.console import Console


async def ask(screen: Console, answered: "asyncio.Task[Any]") -> tuple[str, str]:
    """Return `approve` or `reject` and the name of who says so.

    Nothing when nobody sits here, or as soon as `answered` is done: somebody else was quicker.
    """
    if not sys.stdin.isatty():
        return "", ""
    said: str | None = ""
    while said is not None and said.lower() not in {"y", "yes", "n", "no"}:
        said = await _line(screen, "Approve this plan? [y/n] ", answered)
    who = await _line(screen, "Your name [me]: ", answered) if said else None
    if not said or who is None:
        return "", ""
    return "approve" if said.lower().startswith("y") else "reject", who or "me"


async def _line(screen: Console, question: str, answered: "asyncio.Task[Any]") -> str | None:
    """Return the next line that is typed; None at the end of input, or when `answered` is done first.

    The terminal hands over whole lines, so reading never blocks the loop; a thread that waits in `input()` would
    keep Ctrl-C from ending the program.
    """
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    screen.print(question, end="", markup=False, highlight=False)
    loop.add_reader(sys.stdin.fileno(), _take, typed)
    try:
        await asyncio.wait({typed, answered}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(sys.stdin.fileno())
    if not typed.done():
        screen.print("\nsomebody else answered", highlight=False)
        return None
    return typed.result().strip() if typed.result() else None


def _take(typed: "asyncio.Future[str]") -> None:
    if not typed.done():
        typed.set_result(sys.stdin.readline())
