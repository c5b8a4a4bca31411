"""A minute's memory of what outside systems answered, so that the same question in one incident is asked once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Cache(Generic[Answer]):
    """Answers by question, for `seconds`; equal questions asked together are asked once. Failures are not kept."""

    def __init__(self, seconds: float = 60, most: int = 64, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._kept: OrderedDict[str, tuple[float, asyncio.Task[Answer]]] = OrderedDict()

    async def get(self, question: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the kept answer, or ask; one caller's cancellation does not take the answer from the others."""
        self._forget_old()
        if question not in self._kept:
            task = asyncio.ensure_future(_asked(ask))
            self._kept[question] = (self._clock() + self._seconds, task)
            # Also a failure nobody waits for any more is dropped, not kept for the next caller.
            task.add_done_callback(lambda done: self._drop_failure(question, done))
        return await asyncio.shield(self._kept[question][1])

    def _forget_old(self) -> None:
        now = self._clock()
        for question in [q for q, (until, _) in self._kept.items() if until <= now]:
            del self._kept[question]
        while len(self._kept) >= self._most:
            self._kept.popitem(last=False)

    def _drop_failure(self, question: str, task: asyncio.Task[Answer]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if failed and question in self._kept and self._kept[question][1] is task:
            del self._kept[question]


async def _asked(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    return await ask()
