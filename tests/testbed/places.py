"""Where the test bed's programs lie: a cache outside the repository, then the machine's own path."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubemark")


class NotInTestbedError(RuntimeError):
    """A program that a test needs is not here."""


def cache() -> Path:
    """Return the folder that `make testbed` fills; `HOLDFAST_TESTBED` names another."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "holdfast" / "testbed"
    return Path(os.environ.get("HOLDFAST_TESTBED", default))


def program(name: str) -> str:
    """Return the path of a program.

    Raises:
        NotInTestbedError: saying how to get it; a test that needs it fails, it is never skipped.
    """
    for found in (cache() / "kubernetes" / name, cache() / "node" / "node_modules" / ".bin" / name):
        if found.exists():
            return str(found)
    here = shutil.which(name)
    if here is None:
        raise NotInTestbedError(f"{name} is not here: run `make testbed`")
    return here


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Look ten times a second until `ready`.

    Raises:
        TimeoutError: naming what did not come about.
    """
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes], patience: float = 5) -> None:
    """End a process that we started: ask, then kill."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
