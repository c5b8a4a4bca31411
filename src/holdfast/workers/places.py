"""Where a stack lives: its folder, what a running one wrote about itself, and ports that no other stack takes.

Light enough for every command to import.
"""

import fcntl
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

ABOUT = "stack.json"
USUAL_PORTS = (8080, 7233, 8233)
"""API, Temporal, Temporal's Web UI."""

_claims: list[IO[str]] = []  # kept open until this process ends: a claim is a lock on a file


def default_data_dir() -> Path:
    """Return the data folder (XDG base directories); works with an empty HOME too."""
    base = os.environ.get("XDG_DATA_HOME") or (Path(os.environ.get("HOME") or Path.cwd()) / ".local" / "share")
    return Path(base) / "holdfast"


def read_stack(data_dir: Path) -> dict[str, str]:
    """Return what a running stack wrote about itself (`api`, `web_ui`, `temporal`, `pid`), or nothing."""
    try:
        parsed: dict[str, str] = json.loads((data_dir / ABOUT).read_text())
    except (OSError, ValueError):
        return {}
    return parsed


def claim_port(wanted: int = 0) -> int:
    """Return a free port on 127.0.0.1: `wanted` where possible, else one the system chooses.

    Two stacks that start in the same second would both find a port free, and the second one's worker would then
    serve the first one's incidents. A claim keeps other stacks off until this process ends.

    Raises:
        OSError: when there is none.
    """
    for port in [wanted] * bool(wanted) + [0] * 20:
        found = bindable(port)
        if found and _claimed(found):
            return found
    raise OSError("no free port on 127.0.0.1")


def bindable(port: int) -> int:
    """Return `port` when nobody listens on it, for 0 one that the system chooses, and 0 when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _claimed(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"holdfast-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = (folder / str(port)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _claims.append(file)
    return True
