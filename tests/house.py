"""The whole house in one test process: real worker, real tools over a simulated estate, real Temporal."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from holdfast.activities.adapters.grants import new_keys
from holdfast.domain.alert import Alert, AlertStatus, Severity
from holdfast.domain.incident import IncidentKey, IncidentSettings
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.scenarios import Scenario, load
from holdfast.workers.assembly import assemble
from holdfast.workers.settings import WorkerSettings
from holdfast.workflows import names
from holdfast.workflows.messages import AlertBatch, IncidentStart
from holdfast.workflows.options import TASK_TIMEOUT

QUICK = IncidentSettings(
    soak=timedelta(seconds=0.4),
    verify_every=timedelta(seconds=0.4),
    verify_looks=8,
    quiet=timedelta(0),
    late_alert=timedelta(seconds=1),
)


@dataclass
class Stand:
    """A running house and its estate."""

    client: Client
    estate: Estate
    settings: WorkerSettings

    def play(self, name: str) -> Scenario:
        """Begin a scenario's fault."""
        self.estate.inject(name)
        return load(name)


def settings_in(folder: Path, **fields: Any) -> WorkerSettings:
    """Return the settings of an embedded house in `folder`, with fresh keys."""
    private, public = new_keys()
    (folder / "grant.key").write_text(private)
    (folder / "grant.pub").write_text(public)
    base: dict[str, Any] = {
        "embedded": True,
        "database_url": f"sqlite+aiosqlite:///{folder}/records.db",
        "data_dir": folder,
        "estate": folder / "estate.db",
        "grant_private_key_file": folder / "grant.key",
        "grant_public_key_file": folder / "grant.pub",
    }
    return WorkerSettings(**{**base, **fields})


@contextlib.asynccontextmanager
async def standing(client: Client, folder: Path, **fields: Any) -> AsyncIterator[Stand]:
    """Run every worker of an embedded house."""
    settings = settings_in(folder, **fields)
    house = assemble(settings, client)
    async with contextlib.AsyncExitStack() as stack:
        for close in house.closers:
            stack.push_async_callback(close)
        for open_ in house.openers:
            await open_()
        for worker in house.workers:
            await stack.enter_async_context(worker)
        yield Stand(client, Estate.open(folder / "estate.db"), settings)


async def raise_alert(
    stand: Stand, scenario: Scenario, settings: IncidentSettings = QUICK, tenant: str = "acme"
) -> WorkflowHandle[Any, str]:
    """Open the scenario's incident as the door would."""
    key = IncidentKey(tenant=tenant, environment=scenario.environment, service=scenario.service)
    alerts = tuple(_alert(a, scenario) for a in scenario.fault.alerts)
    return await stand.client.start_workflow(
        names.INCIDENT_WORKFLOW,
        IncidentStart(key=key, settings=settings, trace_id="b" * 32),
        id=key.workflow_id,
        task_queue=names.INCIDENTS,
        task_timeout=TASK_TIMEOUT,
        start_signal=names.SIGNAL_ALERTS,
        start_signal_args=[AlertBatch(alerts=alerts)],
    )


def _alert(sent: Any, scenario: Scenario) -> Alert:
    labels = {"alertname": sent.name, "service": sent.service, "environment": scenario.environment}
    return Alert(
        source="alertmanager",
        fingerprint=f"{sent.name}-{sent.service}",
        status=AlertStatus.FIRING,
        name=sent.name,
        service=sent.service,
        environment=scenario.environment,
        severity=Severity.CRITICAL if sent.severity == "critical" else Severity.MEDIUM,
        summary=sent.summary,
        labels=labels,
        starts_at=datetime.now(UTC),
    )
