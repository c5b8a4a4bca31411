"""The faulty application: a small shop's checkout that is measured well and misbehaves on demand.

`python -m deploy.example.app --port 9100`; then `curl -X PUT localhost:9100/faults -d '{"error_ratio": 0.4}'`.
"""

import argparse
import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import Gauge, make_asgi_app

from deploy.example.deployment import Deployment
from deploy.example.faults import Faults, Leak
from deploy.example.telemetry import duration_histogram

USERS_PER_SECOND = 20
ROUTE = "/checkout"


class Shop:
    """The application's state: its faults, its leak, its clock."""

    def __init__(self, service: str) -> None:
        self.faults = Faults.of_environment(os.environ)
        self._leak = Leak()
        self._duration = duration_histogram(service)
        self._leaked = Gauge("example_leaked_bytes", "Memory kept and never given back.")
        self._leaked.set_function(lambda: self._leak.bytes)

    def play(self, faults: Faults) -> None:
        """Misbehave like this from now on."""
        self.faults = faults

    async def serve(self) -> int:
        """Serve one request, well or not; return its status."""
        begun = time.perf_counter()
        await asyncio.sleep(0.004 + self.faults.latency_seconds)
        status = 500 if self.faults.fails() else 200
        attributes: dict[str, str | int] = {
            "http.request.method": "GET",
            "http.route": ROUTE,
            "http.response.status_code": status,
        }
        self._duration.record(time.perf_counter() - begun, attributes)
        return status

    async def live(self) -> None:
        """Leak, a little every second."""
        while True:
            await asyncio.sleep(1)
            self._leak.grow(self.faults, 1)


def create_app(shop: Shop, address: str, deployment: Deployment | None = None) -> FastAPI:
    """Return the application; it is used by a steady stream of users of its own."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(shop.live()), asyncio.create_task(_use(address))]
        if deployment is not None:
            tasks.append(asyncio.create_task(deployment.follow(shop.play)))
        yield
        for task in tasks:
            task.cancel()

    app = FastAPI(title="checkout", lifespan=lifespan)
    app.mount("/metrics", make_asgi_app())

    @app.get(ROUTE)
    async def checkout() -> Response:
        return Response(status_code=await shop.serve())

    @app.get("/faults")
    async def faults() -> Faults:
        return shop.faults

    @app.put("/faults")
    async def misbehave(wanted: Faults) -> Faults:
        shop.play(wanted)
        return shop.faults

    return app


async def _use(address: str) -> None:
    """Ask for the checkout, so many times a second, for ever."""
    async with httpx2.AsyncClient(base_url=address, timeout=40) as http:
        asked: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(1 / USERS_PER_SECOND)
            task = asyncio.create_task(_ask(http))
            asked.add(task)
            task.add_done_callback(asked.discard)


async def _ask(http: httpx2.AsyncClient) -> None:
    with contextlib.suppress(httpx2.HTTPError):
        await http.get(ROUTE)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--service", default="checkout")
    parser.add_argument("--kubeconfig", type=Path, help="play the Deployment of the service's name in --namespace")
    parser.add_argument("--namespace", default="shop")
    told = parser.parse_args()
    played = Deployment(told.kubeconfig, told.namespace, told.service) if told.kubeconfig else None
    app = create_app(Shop(told.service), f"http://127.0.0.1:{told.port}", played)
    uvicorn.run(app, host="127.0.0.1", port=told.port, log_level="warning")


if __name__ == "__main__":
    main()
