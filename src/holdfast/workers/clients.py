"""How the cellar reaches Temporal: one client, with the nouns' own converter."""

import asyncio

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from holdfast.workers.settings import WorkerSettings

log = structlog.get_logger()


async def connect(settings: WorkerSettings) -> Client:
    """Connect to Temporal, waiting for as long as it is away: a worker that starts first is no error."""
    delay = 0.1
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=pydantic_data_converter,
            )
        except (RuntimeError, RPCError) as e:
            log.warning("temporal_away", address=settings.temporal_address, error=str(e)[:200], next_try_seconds=delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)
