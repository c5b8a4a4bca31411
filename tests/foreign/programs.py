"""The foreign servers and a Prometheus as processes of a test's own, on free ports, stopped by whoever started them."""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.testbed.places import cache, end, program, wait_until


def place(name: str) -> str:
    """Return a program's path: in an environment of its own inside the test bed, or anywhere the test bed looks."""
    own = sorted(cache().glob(f"*/bin/{name}"))
    return str(own[0]) if own else program(name)


@contextmanager
def running(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    """Run a program until left; it is ready when it listens."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={**os.environ, "TZ": "UTC"})
        try:
            wait_until(lambda: _listens(port) or process.poll() is not None, command[0])
            assert process.poll() is None, Path(log.name).read_text()[-2000:]
            yield
        finally:
            end(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def kubernetes_mcp_server(kubeconfig: Path, port: int) -> list[str]:
    """Return the command: it reads only, and listens on loopback alone."""
    looks = ["--read-only", "--disable-multi-cluster", "--toolsets", "core", "--list-output", "yaml"]
    where = ["--port", str(port), "--bind-address", "127.0.0.1", "--kubeconfig", str(kubeconfig)]
    return [place("kubernetes-mcp-server"), *looks, *where]
