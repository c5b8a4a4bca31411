"""A worker's life: settings come from the environment, alerts are walked until SIGTERM ends it gracefully."""

import asyncio
import contextlib
import logging
import os
import signal
import sys

import structlog
from pydantic import ValidationError

from holdfast.tools.settling import settle_soon
from holdfast.workers.assembly import House, assemble
from holdfast.workers.clients import connect
from holdfast.workers.settings import WorkerSettings

log = structlog.get_logger()


async def run(settings: WorkerSettings) -> None:
    """Work until SIGTERM, SIGINT or the end of the parent; what is in hand is finished or given back."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    watching = asyncio.create_task(_watch_parent(settings.parent_pid, stop))
    connecting = asyncio.create_task(connect(settings))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if connecting.done():
        await _work(assemble(settings, connecting.result()), stop)
    for task in (watching, connecting, stopping):
        task.cancel()


async def _work(house: House, stop: asyncio.Event) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for close in house.closers:
            stack.push_async_callback(close)
        for open_ in house.openers:
            await open_()
        for worker in house.workers:
            await stack.enter_async_context(worker)
        settle_soon()
        log.info("working", queues=[w.task_queue for w in house.workers], pid=os.getpid())
        await stop.wait()
        log.info("stopping")


async def _watch_parent(parent_pid: int, stop: asyncio.Event) -> None:
    """End when the supervisor is gone: a worker nobody supervises would never be replaced."""
    while parent_pid:
        if os.getppid() != parent_pid:
            stop.set()
            return
        await asyncio.sleep(0.5)


def main() -> None:
    """Read the settings and work; a setting that is wrong is named, without a traceback."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    try:
        asyncio.run(run(WorkerSettings()))
    except (ValidationError, ValueError) as e:
        text = e.errors()[0]["msg"] if isinstance(e, ValidationError) else str(e)
        sys.exit(f"holdfast worker: {text}")
