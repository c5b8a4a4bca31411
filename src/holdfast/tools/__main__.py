"""A tool server as a process of its own: `python -m holdfast.tools NAME`; what `holdfast tools serve` becomes."""

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Any

from holdfast.tools.lean import keep_out


def main() -> None:
    """Serve one tool server until stopped; what is missing is named without a traceback."""
    keep_out()
    told = _arguments()
    _log_as_json()
    from holdfast.tools import registry, serving  # noqa: PLC0415 # after what is kept out
    from holdfast.tools.settings import ToolServerSettings  # noqa: PLC0415 # as above

    try:
        server = registry.build(told.name, ToolServerSettings().needs())
        if told.transport == "stdio":
            serving.serve_stdio(server)
            return
        token = os.environ.get("HOLDFAST_TOOL_TOKEN", "")
        place = serving.Place(
            host=told.host, port=told.port, token=token, allowed_hosts=tuple(told.allow_host),
            certificate=told.tls_cert, key=told.tls_key,
        )  # fmt: skip
        serving.serve_http(server, place)
    except (KeyError, ValueError, OSError) as e:
        said = e.args[0] if isinstance(e, KeyError) and e.args else e
        sys.exit(f"holdfast tools serve {told.name}: {' '.join(str(said).split())[:400]}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="holdfast tools serve")
    parser.add_argument("name")
    parser.add_argument("--transport", choices=("stdio", "http"), default="stdio")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--allow-host", action="append", default=[])
    return parser.parse_args()


def _log_as_json() -> None:
    """One JSON line an event on standard error; libraries speak up from warnings on."""
    import structlog  # noqa: PLC0415 # after rich was kept out

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[*shared, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    lines = logging.StreamHandler(sys.stderr)
    renderer = structlog.processors.JSONRenderer()
    lines.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])


if __name__ == "__main__":
    main()
