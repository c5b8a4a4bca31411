"""Opens the doors: `python -m holdfast.api` serves until SIGTERM, or until the process that started it is gone."""

import asyncio
import os
import signal
import sys

import structlog
import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError

from holdfast.api.settings import ApiSettings

LOOK_EVERY = 0.5
GRACE_SECONDS = 10
# Longer than the minute that load balancers and webhook senders keep an idle connection: who closes first loses
# no request.
KEPT_SECONDS = 75

log = structlog.get_logger()


def main() -> int:
    """Serve; return 2 when the settings are refused, 0 when told to end. A taken port ends the process with 3."""
    try:
        settings = ApiSettings()
    except (ValidationError, SettingsError) as e:
        sys.stderr.write("".join(f"{line}\n" for line in refusals(e)))
        return 2
    _log_as_json()
    return asyncio.run(_serve(settings))


def refusals(error: ValidationError | SettingsError) -> list[str]:
    """Return one line for each setting that is wrong, by the name it has in the environment."""
    if isinstance(error, SettingsError):
        return [f"{error}: {error.__cause__}"]
    return [_refusal(list(e["loc"]), str(e["msg"]).removeprefix("Value error, ")) for e in error.errors()]


def _refusal(where: list[int | str], text: str) -> str:
    if not where:
        return text
    rest = "".join(f".{part}" for part in where[1:])
    return f"HOLDFAST_{str(where[0]).upper()}{rest}: {text}"


async def _serve(settings: ApiSettings) -> int:
    from holdfast.api.app import create_app  # noqa: PLC0415 # a wrong setting is refused before the heavy imports

    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEPT_SECONDS,
    )
    server = uvicorn.Server(config)
    # uvicorn ends gracefully and then raises the signal again; being told to end is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    watch = asyncio.create_task(_follow(settings.parent_pid, server))
    log.info("doors_open", host=settings.host, port=settings.port, temporal=settings.temporal_address)
    await server.serve()
    watch.cancel()
    return 0


async def _follow(parent_pid: int, server: uvicorn.Server) -> None:
    """Ask the server to end when the parent is gone; 0 follows nobody."""
    while parent_pid and os.getppid() == parent_pid:  # nothing signals a parent's death
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
