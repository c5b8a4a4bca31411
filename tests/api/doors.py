"""How tests knock: an application over given settings, payloads as Alertmanager writes them, and what Temporal kept."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from holdfast.api.app import create_app
from holdfast.api.settings import ApiSettings
from holdfast.workflows.messages import AlertBatch, IncidentStart

Json = dict[str, Any]
STARTED = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def embedded(folder: Path, address: str = "127.0.0.1:1", **fields: Any) -> ApiSettings:
    """Return settings of an embedded API whose records lie in `folder`; Temporal is away unless `address` says."""
    base: Json = {
        "embedded": True,
        "temporal_address": address,
        "database_url": f"sqlite+aiosqlite:///{folder}/records.db",
        "data_dir": folder,
    }
    return ApiSettings(**{**base, **fields})


@asynccontextmanager
async def knocking(settings: ApiSettings) -> AsyncIterator[httpx2.AsyncClient]:
    """Open the application and yield a client that speaks to it without a network."""
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://doors", timeout=30) as http,
    ):
        yield http


def at(env: WorkflowEnvironment) -> str:
    """Return the address of a test's Temporal server."""
    return env.client.service_client.config.target_host


async def until_true(check: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until `check` holds; fail when it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not check():
        assert asyncio.get_running_loop().time() < deadline, "it did not become true in time"
        await asyncio.sleep(0.02)


def delivery(service: str, **fields: Any) -> Json:
    """Return one firing alert as Alertmanager writes it."""
    base: Json = {
        "status": "firing",
        "labels": {"alertname": "HighErrorRate", "service": service, "env": "test", "severity": "page"},
        "annotations": {"summary": f"{service} fails"},
        "startsAt": STARTED.isoformat().replace("+00:00", "Z"),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up",
        "fingerprint": "00ff00ff00ff00ff",
    }
    return {**base, **fields}


def webhook(*alerts: Json, **fields: Any) -> Json:
    """Return a version 4 payload with these alerts."""
    base: Json = {
        "version": "4",
        "receiver": "holdfast",
        "status": "firing",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": list(alerts),
    }
    return {**base, **fields}


def fresh(prefix: str = "svc") -> str:
    """Return a service name no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


async def kept(client: Client, workflow_id: str) -> tuple[IncidentStart, list[AlertBatch]]:
    """Return what the newest run of a workflow was started with and every batch signalled to it, from its history."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    [start] = await pydantic_data_converter.decode(started.input.payloads, [IncidentStart])
    return start, [b for e in history.events for b in await _batches(e)]


async def _batches(event: HistoryEvent) -> list[AlertBatch]:
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        return []
    attributes = event.workflow_execution_signaled_event_attributes
    return list(await pydantic_data_converter.decode(attributes.input.payloads, [AlertBatch]))
