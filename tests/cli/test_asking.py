"""Asking whoever sits at the terminal: a real one, with what people really type."""

import os
import pty
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, fcntl, sys, termios
from rich.console import Console
from holdfast.cli.asking import ask
if sys.stdin.isatty():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is a signal, as in a real session
async def main():
    done = asyncio.create_task(asyncio.sleep(float(sys.argv[1])))
    print("ANSWER", await ask(Console(no_color=True), done))
asyncio.run(main())
"""


def _asked(typed: list[str], quicker: float = 60) -> tuple[str, int]:
    """Answer each question on a real terminal with the next of `typed`; return what was shown and the exit code."""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-c", PROGRAM, str(quicker)]
    with subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as program:
        os.close(theirs)
        shown = _talk(ours, list(typed))
        code = program.wait(30)
    os.close(ours)
    return shown, code


def _talk(terminal: int, typed: list[str]) -> str:
    shown = ""
    while True:
        try:
            more = os.read(terminal, 4096).decode()
        except OSError:  # the other side of the terminal is closed
            return shown
        shown += more
        if typed and shown.endswith(("[y/n] ", "[me]: ")):
            os.write(terminal, typed.pop(0).encode())


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (["y\n", "alice\n"], "('approve', 'alice')"),
        (["n\n", "bob\n"], "('reject', 'bob')"),
        (["yes\n", "\n"], "('approve', 'me')"),
        (["perhaps\n", "\n", "NO\n", " eve \n"], "('reject', 'eve')"),
    ],
)
def test_the_answer_and_a_name(typed: list[str], answer: str) -> None:
    """Anything but yes or no is asked again; a name has a default."""
    shown, code = _asked(typed)
    assert f"ANSWER {answer}" in shown
    assert code == 0


def test_the_end_of_input_answers_nothing() -> None:
    """Ctrl-D is neither yes nor no."""
    shown, code = _asked(["\x04"])
    assert "ANSWER ('', '')" in shown
    assert code == 0


def test_somebody_elses_answer_ends_the_question() -> None:
    """A colleague was quicker; nobody has to press a key."""
    shown, code = _asked([], quicker=0.3)
    assert "somebody else answered" in shown
    assert "ANSWER ('', '')" in shown
    assert code == 0


def test_ctrl_c_ends_the_program_at_once() -> None:
    """No thread is left that waits for a line."""
    shown, code = _asked(["\x03"])
    assert "ANSWER" not in shown
    assert code != 0


def test_nobody_at_a_terminal_is_not_asked() -> None:
    """Input from a file or nothing: whoever votes does it elsewhere."""
    line = [sys.executable, "-c", PROGRAM, "60"]
    shown = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout == "ANSWER ('', '')\n"
