"""One outside system asked within its limits, again where that is safe, every failure given its word."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2

from holdfast.tools.errors import Word, no
from holdfast.tools.outside.answers import LONGEST_PAUSE, REPEATED, Reading, Refused, backoff, by_status, pause, refusal
from holdfast.tools.outside.endpoint import Endpoint
from holdfast.tools.outside.limits import RateLimit

Got = TypeVar("Got")
_NEVER_ARRIVED: tuple[type[Exception], ...] = (httpx2.ConnectError, httpx2.ConnectTimeout)
_NOT_TAKEN = 429  # a request that was turned away at the door did nothing


class Attempts:
    """The tries of one request, whichever library sends it. `name` begins every error, such as `prometheus "main"`.

    `never_arrived` is what another library than httpx2 raises for a request that cannot have been sent.
    """

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        reading: Reading = by_status,
        never_arrived: tuple[type[Exception], ...] = (),
    ) -> None:
        self.name, self.endpoint = name, endpoint
        self._never_arrived = (*_NEVER_ARRIVED, *never_arrived)
        self._limit = RateLimit(name, endpoint.per_minute)
        self._reading = reading

    async def run(self, send: Callable[[], Awaitable[Got]], *, repeatable: bool = True) -> Got:
        """Send until it succeeds, is refused for good, or was tried often enough.

        `send` raises `Refused` for an answer that is no success, and any OSError, TimeoutError or httpx2.HTTPError
        for one that never came. What is not `repeatable` is sent again only when it cannot have arrived.

        Raises:
            ToolError: of the closed list, naming this system and the remedy.
        """
        for attempt in range(self.endpoint.retries + 1):
            last = attempt == self.endpoint.retries
            await self._limit.enter()
            try:
                async with asyncio.timeout(self.endpoint.timeout):
                    return await send()
            except Refused as e:
                again = not last and (repeatable or e.answer.status == _NOT_TAKEN)
                wait = self._after_refusal(e, attempt, again=again)
            except (TimeoutError, httpx2.HTTPError, OSError) as e:
                if last or not (repeatable or isinstance(e, self._never_arrived)):
                    raise self._lost(e) from e
                wait = backoff(attempt)
            await asyncio.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _after_refusal(self, refused: Refused, attempt: int, *, again: bool) -> float:
        """Return how many seconds to wait before the next try, or raise when there is to be none."""
        answer = refused.answer
        read = self._reading(answer)
        wait = pause(answer, attempt)
        if read or not again or answer.status not in REPEATED or wait > LONGEST_PAUSE:
            raise refusal(self.name, answer, read) from refused
        return wait

    def _lost(self, error: Exception) -> Exception:
        if "timeout" in type(error).__name__.lower():
            return no(Word.TIMEOUT, f"{self.name}: no whole answer within {self.endpoint.timeout:g} s")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return no(Word.FORBIDDEN, f"{self.name}: its certificate is not trusted; name its authority in tls.ca_file")
        where = httpx2.URL(self.endpoint.url).host
        return no(Word.UNAVAILABLE, f"{self.name}: cannot be reached ({type(error).__name__}); is {where} up?")
