"""A real Docker engine on a socket of its own, in a network of its own, with one image made from busybox."""

import io
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException

NAME, TAG = "holdfast-test", "1"
IMAGE = f"{NAME}:{TAG}"
BUSYBOX = Path("/bin/busybox")
_SECOND = 1_000_000_000


@dataclass(frozen=True)
class DockerEngine:
    """Where it answers."""

    url: str

    def run(self, name: str, script: str, health: str = "") -> None:
        """Start a container that runs a script of busybox's shell; `health` is its health check's."""
        check = {"test": ["CMD", "/busybox", "sh", "-c", health], "interval": _SECOND, "retries": 1} if health else None
        with closing(self.client()) as client:
            client.containers.run(
                IMAGE, ["/busybox", "sh", "-c", script], name=name, detach=True, network_mode="none", healthcheck=check
            )

    def client(self) -> Any:
        """Return a client of the vendor's SDK; close it."""
        return docker.DockerClient(base_url=self.url)


@contextmanager
def running() -> Iterator[DockerEngine]:
    """Start an engine, and stop it with all that it holds."""
    missing = [p for p in ("dockerd", "ip", "nsenter") if shutil.which(p) is None]
    if missing or not BUSYBOX.exists():
        pytest.fail(f"a real Docker engine needs {missing or [str(BUSYBOX)]}; run make testbed")
    # A socket's path may have some hundred characters only, fewer than pytest's own folders leave.
    with tempfile.TemporaryDirectory(prefix="hf-docker-") as folder, _network(Path(folder).name) as network:
        process = subprocess.Popen(
            _command(Path(folder), network), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        engine = DockerEngine(f"unix://{folder}/docker.sock")
        try:
            _ready(engine, process)
            yield engine
        finally:
            _stopped(engine, process)


@contextmanager
def _network(name: str) -> Iterator[str]:
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def _command(folder: Path, network: str) -> list[str]:
    places = {"--data-root": "data", "--exec-root": "exec", "--pidfile": "pid"}
    options = [word for flag, name in places.items() for word in (flag, str(folder / name))]
    # Not `ip netns exec`: it hides the control groups.
    return ["nsenter", f"--net=/run/netns/{network}", "dockerd", *options, "-H", f"unix://{folder}/docker.sock"]


def _ready(engine: DockerEngine, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with closing(engine.client()) as client:
                client.api.import_image_from_data(_image(), repository=NAME, tag=TAG)
                return
        except DockerException:
            time.sleep(0.1)
    pytest.fail("the Docker engine did not start; it needs root and control groups")


def _image() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(BUSYBOX.resolve(), "busybox")
    return packed.getvalue()


def _stopped(engine: DockerEngine, process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with closing(engine.client()) as client:
            for container in client.containers.list(all=True):
                container.remove(force=True)
        process.terminate()
    process.wait(timeout=30)
