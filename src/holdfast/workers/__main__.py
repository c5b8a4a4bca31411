"""A worker process: `python -m holdfast.workers`."""

import sys


def main() -> None:
    """Work until SIGTERM."""
    # structlog and the MCP SDK bring rich wherever it is installed; a process that logs JSON lines saves 4 MB.
    sys.modules["rich"] = None  # type: ignore[assignment] # the documented way to make an import fail
    from holdfast.workers.process import main as work  # noqa: PLC0415 # after the line above

    work()


if __name__ == "__main__":
    main()
