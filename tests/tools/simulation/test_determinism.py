"""The same estate answers the same in every process: whoever looks again sees what was seen."""

import asyncio
import os
import sys
from pathlib import Path

from holdfast.tools.simulation.estate import Estate
from tests.tools.stand import NOON


async def answers(folder: Path, hash_seed: str) -> str:
    """Return what a process with this hash seed is answered by every looking tool."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.tools.simulation.looking",
        str(folder),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_processes_with_different_hash_seeds_are_answered_the_same(tmp_path: Path) -> None:
    """Neither hashing nor a random state of a process enters an answer."""
    estate = Estate.open(tmp_path / "estate.db", lambda: NOON)
    for name in ("bad-deploy", "oom-crash", "first-fix-fails"):
        estate.inject(name)
    one, two = await asyncio.gather(answers(tmp_path, "1"), answers(tmp_path, "4242"))
    assert len(one) > 2000
    assert one == two
