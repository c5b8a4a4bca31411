"""And how often they may come: a bucket of tokens for each source and each person."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from holdfast.api.problems import Problem

MOST_CALLERS = 10_000


class Rates:
    """One bucket a caller, filled at `per_second` up to `burst`; callers long unseen are forgotten."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Take one token from `caller`'s bucket.

        Raises:
            Problem: 429 with `Retry-After` when it is empty.
        """
        now = self._clock()
        tokens, at = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._per_second)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - tokens) / self._per_second)
            raise Problem(429, f"more than {self._per_second:g} requests a second", retry_after=max(1, wait))
