"""Where an alert becomes durable: one server-side call starts its incident's workflow or joins the one that runs."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pydantic_core import to_json
from temporalio.client import Client
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from holdfast.api.problems import RETRY_AFTER, Problem, away
from holdfast.api.reading import ref_of
from holdfast.api.temporal import TemporalLink, reaching
from holdfast.domain.alert import Alert, worst
from holdfast.domain.incident import IncidentKey, IncidentSettings, IncidentStatus
from holdfast.domain.noun import Noun
from holdfast.workflows import names
from holdfast.workflows.messages import AlertBatch, IncidentStart

log = structlog.get_logger()

LARGEST_SIGNAL = 256 * 1024
"""Bytes of alerts in one signal: Temporal warns at 512 KiB, and a history should not grow in lumps."""

START_SECONDS = 5.0
AT_ONCE = 32
TASK_TIMEOUT = timedelta(seconds=5)


class Joined(Noun):
    """One incident that took alerts in."""

    workflow_id: str
    ref: str
    alerts: int


class Accepted(Noun):
    """What a sender is told once every alert is durable."""

    accepted: int
    incidents: tuple[Joined, ...]
    trace_id: str


class Intake:
    """Hands alerts to their incidents."""

    def __init__(self, temporal: TemporalLink, settings: IncidentSettings) -> None:
        self._temporal = temporal
        self._settings = settings
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def take(self, alerts: Sequence[Alert], tenant: str, trace_id: str) -> Accepted:
        """Make every alert durable, each with those of its own incident; all incidents concurrently.

        Raises:
            Problem: 503 when any incident did not take its alerts; the sender sends all again, which is
                harmless because each claim counts once.
        """
        client = await self._temporal.client()
        groups = grouped(alerts, tenant)
        hands = [self._hand_over(client, key, group, trace_id) for key, group in groups.items()]
        results = await asyncio.gather(*hands, return_exceptions=True)
        _raise_first(results, len(groups))
        joined = tuple(
            Joined(workflow_id=key.workflow_id, ref=ref_of(key.workflow_id), alerts=len(group))
            for key, group in groups.items()
        )
        log.info("alerts_accepted", tenant=tenant, alerts=len(alerts), incidents=[j.workflow_id for j in joined])
        return Accepted(accepted=len(alerts), incidents=joined, trace_id=trace_id)

    async def _hand_over(self, client: Client, key: IncidentKey, group: list[Alert], trace_id: str) -> None:
        async with self._at_once:
            for batch in batched(group):
                await self._signal_with_start(client, key, batch, trace_id)

    async def _signal_with_start(self, client: Client, key: IncidentKey, batch: AlertBatch, trace_id: str) -> None:
        severity = worst([a.severity for a in batch.alerts])
        try:
            async with reaching(START_SECONDS):
                await client.start_workflow(
                    names.INCIDENT_WORKFLOW,
                    IncidentStart(key=key, settings=self._settings, trace_id=trace_id),
                    id=key.workflow_id,
                    task_queue=names.INCIDENTS,
                    start_signal=names.SIGNAL_ALERTS,
                    start_signal_args=[batch],
                    task_timeout=TASK_TIMEOUT,
                    static_summary=f"{batch.alerts[0].name} on {key.service} in {key.environment}"[:200],
                    search_attributes=_search_attributes(key, batch, trace_id),
                    priority=Priority(priority_key=severity.rank, fairness_key=key.tenant),
                    rpc_timeout=timedelta(seconds=START_SECONDS),
                )
        except RPCError as e:  # NOT_FOUND here is the namespace
            raise away("Temporal", e.message[:200]) from e


def grouped(alerts: Iterable[Alert], tenant: str) -> dict[IncidentKey, list[Alert]]:
    """Return the alerts by the incident they belong to, in the order they came."""
    groups: dict[IncidentKey, list[Alert]] = {}
    for alert in alerts:
        key = IncidentKey(tenant=tenant, environment=alert.environment, service=alert.service)
        groups.setdefault(key, []).append(alert)
    return groups


def batched(alerts: Iterable[Alert], largest: int = LARGEST_SIGNAL) -> list[AlertBatch]:
    """Return the alerts in batches of at most `largest` bytes of JSON each, or of one alert."""
    batches: list[list[Alert]] = []
    size = largest
    for alert in alerts:
        bytes_ = len(to_json(alert))
        if size + bytes_ > largest:
            batches.append([])
            size = 0
        batches[-1].append(alert)
        size += bytes_
    return [AlertBatch(alerts=tuple(b)) for b in batches]


def _raise_first(results: Sequence[BaseException | None], incidents: int) -> None:
    failed = [r for r in results if r is not None]
    broken = next((f for f in failed if not isinstance(f, Problem)), None)
    if broken is not None:
        raise broken
    problems = sorted((f for f in failed if isinstance(f, Problem)), key=lambda p: p.status != 503)
    if problems:
        first = problems[0]
        detail = f"{len(failed)} of {incidents} incidents did not take their alerts. {first.detail}"
        raise Problem(first.status, detail, retry_after=first.retry_after or RETRY_AFTER) from first


def _search_attributes(key: IncidentKey, batch: AlertBatch, trace_id: str) -> TypedSearchAttributes:
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(names.TENANT, key.tenant),
        SearchAttributePair(names.ENVIRONMENT, key.environment),
        SearchAttributePair(names.SERVICES, [key.service]),
        SearchAttributePair(names.STATUS, IncidentStatus.OPEN.value),
        SearchAttributePair(names.SEVERITY, worst([a.severity for a in batch.alerts]).value),
        SearchAttributePair(names.TRACE_ID, trace_id),
        SearchAttributePair(names.AWAITING_APPROVAL, False),
        SearchAttributePair(names.ALERT_COUNT, len(batch.alerts)),
    ]
    return TypedSearchAttributes(pairs)
