"""A job's newest output. A kubelet counts its limit from the start of the tail, so it would leave out the very end."""

from collections.abc import Awaitable, Callable

KEPT = 16_384  # bytes that are answered
READ = 262_144  # bytes that are read, to find them
_TAILS = (200, 20, 2)  # lines; fewer when the lines are long

# Return at most `lines` of the newest lines, of these at most the first `most` bytes (`tailLines` and `limitBytes`).
Tail = Callable[[int, int], Awaitable[str]]


async def newest(tail: Tail) -> str:
    """Return the end of a log, and say where something of it is missing."""
    for lines in _TAILS:
        found = (await tail(lines, READ)).encode()
        if len(found) < READ:
            return _end(found)
    return f"{_end(found)}\n(cut: its newest lines are longer than {READ} bytes, and their end is missing)"


def _end(found: bytes) -> str:
    if len(found) <= KEPT:
        return found.decode()
    return f"(cut: the last {KEPT} bytes)\n{found[-KEPT:].decode(errors='ignore')}"
