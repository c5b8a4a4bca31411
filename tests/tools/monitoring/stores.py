"""A real Prometheus with half an hour of history, and a real Alertmanager that tells nobody, both on loopback."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.api.server import free_port
from tests.tools.stand import NOON

START = NOON - 1800


@asynccontextmanager
async def prometheus(folder: Path) -> AsyncIterator[str]:
    """Run one over the history below, and yield its address."""
    _needs("prometheus", "promtool")
    (folder / "history.txt").write_text(history())
    await asyncio.to_thread(_fill, folder)
    (folder / "prometheus.yml").write_text("{}")
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
               "--storage.tsdb.retention.time=20y", f"--web.listen-address={address}"]  # fmt: skip
    with _running(command, folder):
        await _ready(f"http://{address}/-/ready")
        yield f"http://{address}"


@asynccontextmanager
async def alertmanager(folder: Path) -> AsyncIterator[str]:
    """Run one whose only receiver does nothing, and yield its address."""
    _needs("prometheus-alertmanager")
    (folder / "alertmanager.yml").write_text('{route: {receiver: "none"}, receivers: [{name: "none"}]}')
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/am",
               f"--web.listen-address={address}", "--cluster.listen-address="]  # fmt: skip
    with _running(command, folder):
        await _ready(f"http://{address}/-/ready")
        yield f"http://{address}"


def _fill(folder: Path) -> None:
    making = ["promtool", "tsdb", "create-blocks-from", "openmetrics", f"{folder}/history.txt", f"{folder}/tsdb"]
    subprocess.run(making, check=True, capture_output=True, timeout=60)


def history() -> str:
    """Return OpenMetrics: a recorded signal, a raw one of two services, sixty pods, and numbers that are none."""
    lines: list[str] = []
    for minute in range(31):
        at = START + 60 * minute
        lines.append(f'service:error_ratio{{environment="production",service="checkout"}} {minute / 100} {at:.0f}')
    lines += [f'http_errors{{app="{s}",stage="production"}} 7 {NOON:.0f}' for s in ("cart", r"od\"d\\one")]
    lines += [f'pod_up{{pod="pod-{n:02d}"}} 1 {NOON:.0f}' for n in range(60)]
    lines += [f'odd{{kind="{kind}"}} {kind} {NOON:.0f}' for kind in ("NaN", "+Inf", "-Inf", "1.5")]
    return "\n".join([*lines, "# EOF", ""])


def _needs(*programs: str) -> None:
    missing = [p for p in programs if shutil.which(p) is None]
    if missing:
        pytest.skip(f"needs the Debian packages prometheus and prometheus-alertmanager; missing: {' '.join(missing)}")


async def _ready(url: str) -> None:
    async with httpx2.AsyncClient() as http:
        for _ in range(300):
            with contextlib.suppress(httpx2.HTTPError):  # it is still starting
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise AssertionError(f"{url} is not ready after 30 s")


@contextlib.contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.kill()
            process.wait(10)
