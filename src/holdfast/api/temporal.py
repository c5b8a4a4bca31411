"""How the doors reach Temporal: late, again and again, and with a problem instead of an exception when it is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RetryConfig, RPCError, RPCStatusCode

from holdfast.api.problems import RETRY_AFTER, Problem, away

CONNECT_SECONDS = 2.0
BETWEEN_ATTEMPTS = 0.3
"""Seconds in which callers share the answer of the last failed attempt to connect."""

_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.UNKNOWN,
    }
)

# Longer waits are the sender's: it was told when to come back, and it keeps what it has until then.
_RETRIES = RetryConfig(max_elapsed_time_millis=1500, max_retries=4)


class TemporalLink:
    """One client, connected when first needed; once connected it reconnects by itself."""

    def __init__(self, address: str, namespace: str) -> None:
        self._address = address
        self._namespace = namespace
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._failed: tuple[float, str] = (float("-inf"), "")

    async def client(self) -> Client:
        """Return the client.

        Raises:
            Problem: 503 when Temporal is away.
        """
        if self._client is None:
            async with self._connecting:
                self._client = self._client or await self._connect()
        return self._client

    async def why_not_ready(self) -> str:
        """Return why Temporal cannot be used now, or an empty string."""
        try:
            client = await self.client()
            async with reaching(CONNECT_SECONDS):
                await client.count_workflows("WorkflowType = ''", rpc_timeout=timedelta(seconds=CONNECT_SECONDS))
        except Problem as e:
            return e.detail
        return ""

    async def _connect(self) -> Client:
        at, why = self._failed
        if time.monotonic() - at < BETWEEN_ATTEMPTS:
            raise away("Temporal", why)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await Client.connect(
                    self._address,
                    namespace=self._namespace,
                    data_converter=pydantic_data_converter,
                    retry_config=_RETRIES,
                )
        except (RuntimeError, RPCError, TimeoutError) as e:  # a refused connection is a bare RuntimeError
            why = (
                f"{self._address} does not answer"
                if isinstance(e, TimeoutError)
                else f"no connection to {self._address}"
            )
            self._failed = (time.monotonic(), why)
            raise away("Temporal", why) from e


@asynccontextmanager
async def reaching(seconds: float) -> AsyncIterator[None]:
    """Turn what breaks between us and Temporal into a problem; NOT_FOUND is left to the caller."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as e:
        raise away("Temporal", f"no answer within {seconds:g} s") from e
    except RPCError as e:
        if e.status is RPCStatusCode.NOT_FOUND:
            raise
        raise _problem(e) from e


def _problem(error: RPCError) -> Problem:
    said = error.message[:300]
    if error.status is RPCStatusCode.INVALID_ARGUMENT and "size exceeds" in said:
        return Problem(413, f"larger than Temporal takes: {said}")
    why = f"{error.status.name.lower()}: {said}"
    if error.status in _AWAY:
        return away("Temporal", why)
    detail = f"Temporal does not take it ({why}). Send it again once that is mended."
    return Problem(503, detail, retry_after=RETRY_AFTER)
