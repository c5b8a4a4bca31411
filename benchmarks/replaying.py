"""How fast recorded histories replay."""

import time
from pathlib import Path

from benchmarks.measure import Figure
from holdfast.workers.replay import read, replay

FILES = sorted(Path("tests/histories").glob("*.json"))


async def measure() -> list[Figure]:
    """Return histories a second, in one process."""
    histories = [(f.stem, read(f)) for f in FILES] * 3
    begun = time.monotonic()
    answers = await replay(histories)
    took = time.monotonic() - begun
    assert not any(a.error for a in answers)
    events = sum(a.events for a in answers)
    return [Figure(name="replay", value=len(answers) / took, unit="histories/s", note=f"{events / took:.0f} events/s")]
