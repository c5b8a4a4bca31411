"""Opens the doors: `python -m holdfast.api` serves until SIGTERM, or until the process that started it is gone."""

import asyncio
import os
import sys

import structlog
import uvicorn
from pydantic import ValidationError

from holdfast.api.app import create_app
from holdfast.api.settings import ApiSettings

LOOK_EVERY = 0.5
GRACE_SECONDS = 10

log = structlog.get_logger()


def main() -> int:
    """Serve; return 2 when the settings are refused, 1 when the address cannot be had, else 0."""
    _log_as_json()
    try:
        settings = ApiSettings()
    except ValidationError as e:
        for wrong in e.errors():
            where = "_".join(str(part) for part in wrong["loc"]).upper()
            text = str(wrong["msg"]).removeprefix("Value error, ")
            sys.stderr.write(f"HOLDFAST_{where}: {text}\n" if where else f"{text}\n")
        return 2
    return asyncio.run(_serve(settings))


async def _serve(settings: ApiSettings) -> int:
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    watch = asyncio.create_task(_follow(settings.parent_pid, server))
    log.info("doors_open", host=settings.host, port=settings.port, temporal=settings.temporal_address)
    await server.serve()
    watch.cancel()
    return 0 if server.started else 1


async def _follow(parent_pid: int, server: uvicorn.Server) -> None:
    """Ask the server to end when the parent is gone; 0 follows nobody."""
    while parent_pid and os.getppid() == parent_pid:  # noqa: ASYNC110 # nothing signals a parent's death
        await asyncio.sleep(LOOK_EVERY)
    if parent_pid:
        log.info("parent_gone", parent_pid=parent_pid)
        server.should_exit = True


def _log_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


if __name__ == "__main__":
    sys.exit(main())
