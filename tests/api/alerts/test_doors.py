"""The whole way in, with nothing pretended: a real rule fires and resolves, and one workflow has heard both."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from temporalio.client import Client
from temporalio.service import RPCError

from holdfast.api.app import create_app
from holdfast.api.settings import ApiSettings
from holdfast.domain.alert import Alert, AlertStatus, Severity
from tests.api.alerts.monitors import monitoring
from tests.api.doors import embedded, fresh, kept
from tests.api.server import free_port, mortal_server

TOKEN = "secret-of-alertmanager"


@asynccontextmanager
async def _listening(settings: ApiSettings) -> AsyncIterator[str]:
    """Serve the API on a real port."""
    config = uvicorn.Config(create_app(settings), host=settings.host, port=settings.port, log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield f"http://{settings.host}:{settings.port}"
    finally:
        server.should_exit = True
        await serving


async def _until_kept(client: Client, workflow_id: str, status: AlertStatus) -> list[Alert]:
    for _ in range(300):
        with contextlib.suppress(RPCError):  # it is not there yet
            _, batches = await kept(client, workflow_id)
            alerts = [a for b in batches for a in b.alerts]
            if any(a.status is status for a in alerts):
                return alerts
        await asyncio.sleep(0.1)
    raise AssertionError(f"no {status} alert reached {workflow_id}")


async def test_a_real_alertmanager_fires_and_resolves_into_one_incident(tmp_path: Path) -> None:
    """Prometheus fires while Temporal is away: Alertmanager is refused, sends again, and nothing is lost.

    Then the rule resolves, and the same run of the same workflow hears that too.
    """
    service = fresh("shop")
    workflow_id = f"inc/acme/test/{service}"
    async with mortal_server(tmp_path) as temporal:
        sources = {"alertmanager": {"tenant": "acme", "secret": TOKEN}}
        settings = embedded(tmp_path, temporal.address, sources=sources, port=free_port())
        async with (
            _listening(settings) as url,
            monitoring(tmp_path, service, f"{url}/alerts/alertmanager", TOKEN) as monitors,
        ):
            monitors.exporter.broken = True
            await monitors.until_a_delivery_failed()
            client = await temporal.start()
            [firing, *_] = await _until_kept(client, workflow_id, AlertStatus.FIRING)
            first = await client.get_workflow_handle(workflow_id).describe()
            monitors.exporter.broken = False
            resolved = (await _until_kept(client, workflow_id, AlertStatus.RESOLVED))[-1]
            last = await client.get_workflow_handle(workflow_id).describe()
    assert (firing.name, firing.service, firing.environment) == ("ShopBroken", service, "test")
    assert (firing.severity, firing.summary) == (Severity.CRITICAL, f"{service} is broken")
    assert firing.extra["receiver"] == "holdfast"
    assert firing.ends_at is None
    assert resolved.fingerprint == firing.fingerprint
    assert resolved.supersedes(firing)
    assert resolved.ends_at is not None
    assert first.run_id == last.run_id
