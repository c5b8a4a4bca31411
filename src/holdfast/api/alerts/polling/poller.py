"""And the loop: every minute each Alertmanager is asked, and whatever goes wrong is logged and tried again later."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from holdfast.api.alerts import alertmanager
from holdfast.api.alerts.polling.asking import AlertmanagerApi, Listed, NotAnswered
from holdfast.api.alerts.polling.judging import Judgement, judge
from holdfast.api.alerts.polling.memory import Memory
from holdfast.api.callers.sources import Sender
from holdfast.api.callers.tracing import trace_id_of
from holdfast.api.house import House
from holdfast.api.problems import Problem
from holdfast.domain.alert import AlertStatus

log = structlog.get_logger()

LONGEST_WAIT = 600.0
"""Seconds to which the wait grows while an Alertmanager, or Temporal, is away."""

Deliver = Callable[[Sequence[alertmanager.Delivery]], Awaitable[None]]
"""Makes alerts durable; raises `Problem` when it cannot."""


class Poller:
    """Asks one Alertmanager, again and again."""

    def __init__(self, api: AlertmanagerApi, memory: Memory, deliver: Deliver) -> None:
        self._api = api
        self._memory = memory
        self._deliver = deliver
        self._seen = memory.load()

    async def run(self, every: float) -> None:
        """Ask every so many seconds until cancelled; after failures less and less often."""
        failures = 0
        while True:
            failures = 0 if await self._tried(failures) else failures + 1
            await asyncio.sleep(wait_after(failures, every))

    async def once(self) -> None:
        """Ask once, and hand over what is new or over; what could not be handed over is tried again next time.

        Raises:
            NotAnswered: the Alertmanager did not answer.
            Problem: the alerts could not be made durable.
            OSError: what was handed over could not be kept.
        """
        judgement = judge(self._seen, await self._api.ask())
        deliveries = self._deliveries(judgement)
        if deliveries:
            await self._deliver(deliveries)
            log.info(
                "alerts_polled",
                alertmanager=self._api.name,
                firing=len(judgement.firing),
                over=len(judgement.over),
            )
        changed = judgement.seen.handed.keys() != self._seen.handed.keys()
        self._seen = judgement.seen
        if changed:
            await asyncio.to_thread(self._memory.save, self._seen)

    async def _tried(self, failures: int) -> bool:
        try:
            await self.once()
        except (NotAnswered, Problem, OSError) as e:
            log.warning("alertmanager_not_polled", alertmanager=self._api.name, why=str(e), failures=failures + 1)
        except Exception:
            # Whatever an Alertmanager says, it must not cost the doors that others knock at.
            log.exception("alertmanager_poll_broke", alertmanager=self._api.name)
        else:
            return True
        return False

    def _deliveries(self, judgement: Judgement) -> list[alertmanager.Delivery]:
        now = datetime.now(UTC)
        return [
            *(self._delivery(a, AlertStatus.FIRING, None) for a in judgement.firing),
            *(self._delivery(a, AlertStatus.RESOLVED, now) for a in judgement.over),
        ]

    def _delivery(self, listed: Listed, status: AlertStatus, ends_at: datetime | None) -> alertmanager.Delivery:
        said = listed.model_dump(exclude={"status"})
        return alertmanager.Delivery.model_validate(
            {**said, "status": status, "endsAt": ends_at, "polled_from": self._api.name}
        )


def wait_after(failures: int, every: float) -> float:
    """Return the seconds to the next question: doubled with each failure up to `LONGEST_WAIT`, never below `every`."""
    return max(every, min(LONGEST_WAIT, every * 2.0 ** min(failures, 30)))


@asynccontextmanager
async def polling(house: House) -> AsyncIterator[None]:
    """Ask every configured Alertmanager for as long as the API runs."""
    folder = house.settings.data_dir / "polled"
    pollers = [
        Poller(AlertmanagerApi(name, polled), Memory(folder, name), _deliverer(house, polled.source))
        for name, polled in house.settings.alertmanagers.items()
    ]
    tasks = [asyncio.create_task(p.run(house.settings.alertmanager_poll_seconds)) for p in pollers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _deliverer(house: House, source: str) -> Deliver:
    anyone = house.settings.open_source
    sender = Sender(name="anyone", tenant=anyone.tenant) if anyone else house.sources.named(source)

    async def deliver(deliveries: Sequence[alertmanager.Delivery]) -> None:
        webhook = alertmanager.labelled(alertmanager.Webhook(alerts=list(deliveries)), sender.labels)
        trace_id = trace_id_of("")
        alerts = alertmanager.translate(webhook, house.rule, datetime.now(UTC), trace_id)
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            await house.intake.take(alerts, sender.tenant, trace_id)

    return deliver
