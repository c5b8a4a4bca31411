"""How hard one outside system may be asked: a bucket that fills by the minute, and waits a little before it says no."""

import asyncio
import time
from collections.abc import Callable

from holdfast.tools.errors import Word, later, no

BURST = 4  # at once may come the minute's requests divided by this
LONGEST_WAIT = 5.0  # seconds; the caller's own retries take over after that


class RateLimit:
    """At most `per_minute` requests a minute, in bursts of at most a quarter of that."""

    def __init__(self, name: str, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._rate = name, per_minute / 60
        self._most = max(1.0, per_minute / BURST)
        self._clock = clock
        self._tokens, self._at = self._most, clock()

    async def enter(self) -> None:
        """Wait for a turn.

        Raises:
            ToolError: `rate_limited`, when the turn would come too late.
        """
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        wait = (1 - self._tokens) / self._rate
        if wait > LONGEST_WAIT:
            raise no(Word.RATE_LIMITED, f"{self._name}: our own limit; {later(wait)}, or raise per_minute")
        self._tokens -= 1
        if wait > 0:
            await asyncio.sleep(wait)
