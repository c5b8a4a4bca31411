"""One program run to its end: started by exec and never by a shell, with its own environment, a limit and a clock."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no

LARGEST = 16 * 1024 * 1024
# Seconds an interrupted program may take to leave its locks and state in order before it is killed.
GRACE = 10.0


class Ran(Noun):
    """How it ended. `output` is its standard output."""

    code: int
    output: str


class Order(Noun):
    """What to run and where; `environment` is all that the program sees."""

    program: Path
    arguments: tuple[str, ...]
    folder: Path
    environment: dict[str, str]
    timeout: float


def plain_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return what a program needs to run at all, and `more`; none of our own secrets are among it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **more}


async def run(order: Order) -> Ran:
    """Run it, and return how it ended.

    Raises:
        ToolError: `not_configured` when it cannot be started, `timeout` when it was interrupted, `too_large`.
    """
    process = await _started(order)
    try:
        async with asyncio.timeout(order.timeout):
            output = await _read(process, order)
            return Ran(code=await process.wait(), output=output.decode(errors="replace"))
    except TimeoutError as e:
        raise no(Word.TIMEOUT, f"{order.program.name} {order.arguments[0]} took over {order.timeout:g} s") from e
    finally:
        await _ended(process)


async def _started(order: Order) -> asyncio.subprocess.Process:
    words: Sequence[str] = (str(order.program), *order.arguments)
    try:
        return await asyncio.create_subprocess_exec(
            *words,
            cwd=order.folder,
            env=order.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as e:
        raise no(Word.NOT_CONFIGURED, f"{order.program} in {order.folder}: {e.strerror}") from e


async def _read(process: asyncio.subprocess.Process, order: Order) -> bytes:
    found = bytearray()
    while process.stdout and (part := await process.stdout.read(65536)):
        found += part
        if len(found) > LARGEST:
            raise no(Word.TOO_LARGE, f"{order.program.name} {order.arguments[0]} wrote over {LARGEST} bytes")
    return bytes(found)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Interrupt what still runs, as a person's Ctrl-C would, and kill it when it does not leave."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
