"""A real Prometheus and a real Alertmanager on loopback, watching one metric that a test turns on and off."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import yaml
from aiohttp import web

from tests.api.server import free_port

_PROGRAMS = ("prometheus", "prometheus-alertmanager")


@dataclass
class Exporter:
    """Serves one metric, as a service would."""

    service: str
    broken: bool = False
    port: int = 0

    async def metrics(self, _: web.Request) -> web.Response:
        """Answer a scrape."""
        return web.Response(text=f'shop_broken{{service="{self.service}"}} {int(self.broken)}\n')


@dataclass
class Monitors:
    """The two programs and what they watch."""

    exporter: Exporter
    alertmanager: str

    async def until_a_delivery_failed(self) -> None:
        """Wait until Alertmanager has seen the receiver refuse it, by its own account."""
        async with httpx2.AsyncClient(base_url=self.alertmanager) as http:
            for _ in range(300):
                with contextlib.suppress(httpx2.HTTPError):  # it is still starting
                    if _failed((await http.get("/metrics")).text):
                        return
                await asyncio.sleep(0.1)
        raise AssertionError("Alertmanager reports no failed delivery")


def _failed(metrics: str) -> bool:
    name = 'alertmanager_notification_requests_failed_total{integration="webhook"}'
    return any(float(line.split()[-1]) > 0 for line in metrics.splitlines() if line.startswith(name))


@asynccontextmanager
async def monitoring(folder: Path, service: str, webhook_url: str, token: str) -> AsyncIterator[Monitors]:
    """Run exporter, Prometheus and Alertmanager, which sends to `webhook_url` with a bearer token."""
    missing = [p for p in _PROGRAMS if shutil.which(p) is None]
    if missing:
        pytest.skip(f"needs the Debian packages {' '.join(_PROGRAMS)}; missing: {' '.join(missing)}")
    ports = {name: free_port() for name in _PROGRAMS}
    async with AsyncExitStack() as stack:
        exporter = Exporter(service)
        await stack.enter_async_context(_serving(exporter))
        alertmanager = f"127.0.0.1:{ports['prometheus-alertmanager']}"
        _write(folder / "alertmanager.yml", _alertmanager(webhook_url, token))
        _write(folder / "rules.yml", _RULES)
        _write(folder / "prometheus.yml", _prometheus(folder, exporter.port, alertmanager))
        for command in (
            ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/am",
             f"--web.listen-address={alertmanager}", "--cluster.listen-address="],
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{ports['prometheus']}"],
        ):  # fmt: skip
            stack.enter_context(_running(command, folder))
        yield Monitors(exporter, f"http://{alertmanager}")


@contextlib.contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    """Run a program until the test ends."""
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.kill()
            process.wait(10)


@asynccontextmanager
async def _serving(exporter: Exporter) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/metrics", exporter.metrics)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    exporter.port = runner.addresses[0][1]
    try:
        yield
    finally:
        await runner.cleanup()


_RULES = {
    "groups": [
        {
            "name": "shop",
            "interval": "1s",
            "rules": [
                {
                    "alert": "ShopBroken",
                    "expr": "shop_broken > 0",
                    "labels": {"severity": "critical", "env": "test"},
                    "annotations": {"summary": "{{ $labels.service }} is broken"},
                }
            ],
        }
    ]
}


def _prometheus(folder: Path, exporter_port: int, alertmanager: str) -> object:
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yml")],
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
    }


def _alertmanager(webhook_url: str, token: str) -> object:
    sender = {
        "url": webhook_url,
        "send_resolved": True,
        "http_config": {"authorization": {"type": "Bearer", "credentials": token}},
    }
    route = {
        "receiver": "holdfast",
        "group_by": ["alertname", "service"],
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1m",
    }
    return {"route": route, "receivers": [{"name": "holdfast", "webhook_configs": [sender]}]}


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content))
