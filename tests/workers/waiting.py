"""Waiting for something that gives no event: asked often, and not for ever."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path


async def until(holds: Callable[[], object], seconds: float = 15) -> None:
    """Return once `holds` says so; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        await asyncio.sleep(0.02)


async def until_async(holds: Callable[[], Awaitable[object]], seconds: float = 15) -> None:
    """Return once `holds` says so; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        await asyncio.sleep(0.05)


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
