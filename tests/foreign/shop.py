"""The simulated shop's signals in a real Prometheus: two hours behind it as blocks, and what is now by scraping."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import yaml

from holdfast.tools.monitoring.queries import metric_query
from holdfast.tools.simulation.cluster import stamp
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.monitoring import SimulatedMonitoring
from holdfast.tools.simulation.signals import signal
from holdfast.tools.simulation.topology import SIGNALS
from tests.foreign.programs import place, running
from tests.testbed.places import free_port

BEHIND, STEP = 7200, 15


@contextmanager
def prometheus(estate: Estate, services: tuple[str, ...], folder: Path) -> Iterator[str]:
    """Run a Prometheus that knows these services; yield its address."""
    port = free_port()
    (folder / "history.txt").write_text(_history(estate, services))
    command = ["tsdb", "create-blocks-from", "openmetrics", str(folder / "history.txt"), str(folder / "data")]
    subprocess.run([place("promtool"), *command], check=True, capture_output=True)
    with _exporter(estate, services) as target:
        config = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
            "scrape_configs": [{"job_name": "shop", "honor_labels": True, "static_configs": [{"targets": [target]}]}],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        options = {
            "--config.file": folder / "prometheus.yml",
            "--storage.tsdb.path": folder / "data",
            "--web.listen-address": f"127.0.0.1:{port}",
        }
        with running([place("prometheus"), *(f"{k}={v}" for k, v in options.items())], folder, port):
            yield f"http://127.0.0.1:{port}"


def _history(estate: Estate, services: tuple[str, ...]) -> str:
    """Return the past in OpenMetrics; its own labels only, so that past and present are one series."""
    end = int(time.time()) - STEP
    lines = []
    for name in SIGNALS:
        lines.append(f"# TYPE service:{name} gauge")
        for service in services:
            text = f'service:{name}{{environment="production",service="{service}"}}'
            query = metric_query(text, stamp(end - BEHIND), stamp(end), STEP)
            (series,) = asyncio.run(SimulatedMonitoring(estate).metrics(query)).series
            lines += [f"{_labelled(name, service)} {value} {at}" for at, value in series.points]
    return "\n".join([*lines, "# EOF\n"])


def _now(estate: Estate, services: tuple[str, ...]) -> str:
    at = np.array([time.time()])
    world = estate.world()
    rows = [f"{_labelled(name, s)} {signal(world, s, 'production', name, at)[0]}" for name in SIGNALS for s in services]
    return "\n".join(rows) + "\n"


def _labelled(name: str, service: str) -> str:
    return f'service:{name}{{environment="production",service="{service}",job="shop",instance="shop"}}'


@contextmanager
def _exporter(estate: Estate, services: tuple[str, ...]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = Estate.open(estate.path)  # one connection a thread
            text = _now(own, services).encode()
            own.close()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class names it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
