"""Polling, with a real Prometheus and a real Alertmanager whose webhooks are all lost; and with one that is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiohttp import web
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from holdfast.api.alerts.alertmanager import Delivery, Webhook, translate
from holdfast.api.alerts.labels import LabelRule
from holdfast.api.alerts.polling.asking import AlertmanagerApi, NotAnswered
from holdfast.api.alerts.polling.judging import Seen
from holdfast.api.alerts.polling.memory import Memory
from holdfast.api.alerts.polling.poller import LONGEST_WAIT, Poller, wait_after
from holdfast.api.problems import Problem
from holdfast.api.senders import PolledAlertmanager
from holdfast.domain.alert import Alert, AlertStatus
from tests.api.alerts.monitors import Monitors, monitoring
from tests.api.alerts.polling.answers import ONE, TOKEN, UP, answering
from tests.api.alerts.polling.test_judging import listed
from tests.api.doors import at, embedded, fresh, kept, knocking, until_true
from tests.api.server import free_port


class Desk:
    """Takes what a poller delivers, or is away."""

    def __init__(self) -> None:
        self.heard: list[Delivery] = []
        self.away = False

    async def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Remember it."""
        if self.away:
            raise Problem(503, "Temporal is away")
        self.heard += deliveries

    def statuses(self) -> list[AlertStatus]:
        """Return the status of everything delivered."""
        return [d.status for d in self.heard]


@asynccontextmanager
async def _lost(folder: Path, service: str) -> AsyncIterator[Monitors]:
    """Run the monitors with a webhook that leads nowhere."""
    nowhere = f"http://127.0.0.1:{free_port()}/alerts/alertmanager"
    async with monitoring(folder, service, nowhere, "unheard") as monitors:
        yield monitors


def _poller(folder: Path, url: str, desk: Desk, **fields: Any) -> Poller:
    polled = PolledAlertmanager.model_validate({"url": url, **fields})
    return Poller(AlertmanagerApi("main", polled), Memory(folder / "polled", "main"), desk.deliver)


async def _ask_until(poller: Poller, desk: Desk, statuses: list[AlertStatus]) -> None:
    for _ in range(300):
        with contextlib.suppress(NotAnswered):  # it is still starting
            await poller.once()
        if desk.statuses() == statuses:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{desk.statuses()} instead of {statuses}")


async def _silence(alertmanager: str, service: str) -> None:
    now = datetime.now(UTC)
    silence = {
        "matchers": [{"name": "service", "value": service, "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "a test",
        "comment": "quiet",
    }
    async with httpx2.AsyncClient() as http:
        (await http.post(f"{alertmanager}/api/v2/silences", json=silence)).raise_for_status()


async def test_what_the_webhook_lost_is_found_silenced_and_ended(tmp_path: Path) -> None:
    """A real alert is handed over once; a silence says nothing; once it is gone, it is over; a new process knows it."""
    service, desk = fresh("shop"), Desk()
    async with _lost(tmp_path, service) as monitors:
        monitors.exporter.broken = True
        poller = _poller(tmp_path, monitors.alertmanager, desk, receiver="holdfast")
        await _ask_until(poller, desk, [AlertStatus.FIRING])
        other = Desk()
        elsewhere = _poller(tmp_path / "other", monitors.alertmanager, other, receiver="nobody")
        await _silence(monitors.alertmanager, service)
        again = _poller(tmp_path, monitors.alertmanager, desk)
        for _ in range(10):
            await again.once()
            await elsewhere.once()
        assert (desk.statuses(), other.statuses()) == ([AlertStatus.FIRING], [])
        monitors.exporter.broken = False
        await _ask_until(again, desk, [AlertStatus.FIRING, AlertStatus.RESOLVED])
    firing, resolved = desk.heard
    assert firing.labels["service"] == service
    assert (firing.fingerprint, firing.startsAt) == (resolved.fingerprint, resolved.startsAt)
    assert (firing.endsAt, (firing.model_extra or {})["polled_from"]) == (None, "main")
    assert resolved.endsAt is not None


@asynccontextmanager
async def _receiver() -> AsyncIterator[tuple[str, list[Webhook]]]:
    """Take a real Alertmanager's webhooks."""
    heard: list[Webhook] = []

    async def take(request: web.Request) -> web.Response:
        heard.append(Webhook.model_validate_json(await request.read()))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", heard
    finally:
        await runner.cleanup()


async def test_what_is_polled_is_the_very_claim_of_the_webhook(tmp_path: Path) -> None:
    """The real Alertmanager gives both the same fingerprint and start, so that hearing it twice counts once."""
    desk = Desk()
    async with (
        _receiver() as (url, heard),
        monitoring(tmp_path, fresh("shop"), url, "unused") as monitors,
    ):
        monitors.exporter.broken = True
        await _ask_until(_poller(tmp_path, monitors.alertmanager, desk), desk, [AlertStatus.FIRING])
        await until_true(lambda: bool(heard), 30)
    by_webhook = translate(heard[0], LabelRule(), datetime.now(UTC), "t")
    by_asking = translate(Webhook(alerts=desk.heard), LabelRule(), datetime.now(UTC), "t")
    assert [a.alert_id for a in by_webhook] == [a.alert_id for a in by_asking]


async def test_the_api_polls_by_itself(still: WorkflowEnvironment, tmp_path: Path) -> None:
    """With the setting made, the incident opens and hears its end though no webhook ever arrived."""
    service = fresh("shop")
    workflow_id = f"inc/acme/test/{service}"
    async with _lost(tmp_path, service) as monitors:
        settings = embedded(
            tmp_path,
            at(still),
            sources={"am": {"tenant": "acme", "secret": "0123456789abcdef", "labels": {"team": "blue"}}},
            alertmanagers={"main": {"url": monitors.alertmanager, "source": "am"}},
            alertmanager_poll_seconds=0.2,
        )
        async with knocking(settings):
            monitors.exporter.broken = True
            [firing] = await _until(still, workflow_id, AlertStatus.FIRING)
            monitors.exporter.broken = False
            resolved = (await _until(still, workflow_id, AlertStatus.RESOLVED))[-1]
    assert (firing.name, firing.environment, firing.labels["team"]) == ("ShopBroken", "test", "blue")
    assert len(firing.trace_id) == 32
    assert resolved.supersedes(firing)


async def _until(env: WorkflowEnvironment, workflow_id: str, status: AlertStatus) -> list[Alert]:
    for _ in range(300):
        with contextlib.suppress(RPCError):  # it is not there yet
            _, batches = await kept(env.client, workflow_id)
            alerts = [a for b in batches for a in b.alerts]
            if any(a.status is status for a in alerts):
                return alerts
        await asyncio.sleep(0.1)
    raise AssertionError(f"no {status} alert reached {workflow_id}")


async def test_what_could_not_be_made_durable_is_tried_again(tmp_path: Path) -> None:
    """The memory changes only after the alert is safe; then a new process does not send it again."""
    desk = Desk()
    async with answering({"status": UP, "alerts": ONE}) as url:
        poller = _poller(tmp_path, url, desk, secret=TOKEN)
        await poller.once()
        desk.away = True
        with pytest.raises(Problem):
            await poller.once()
        desk.away = False
        await poller.once()
        again = _poller(tmp_path, url, desk, secret=TOKEN)
        await again.once()
        await again.once()
    assert desk.statuses() == [AlertStatus.FIRING]


async def test_nothing_that_goes_wrong_stops_the_loop(tmp_path: Path) -> None:
    """An Alertmanager that is away, then answers nonsense, then a desk that breaks: in the end the alert arrives."""
    answers = {"status": web.Response(status=503), "alerts": web.Response(body=b"nonsense")}
    broke: list[int] = []
    desk = Desk()

    async def breaks_once(deliveries: Sequence[Delivery]) -> None:
        if not broke:
            broke.append(1)
            raise RuntimeError("a mistake of ours")
        await desk.deliver(deliveries)

    asked: list[str] = []
    async with answering(answers, asked) as url:
        polled = PolledAlertmanager.model_validate({"url": url, "secret": TOKEN})
        poller = Poller(AlertmanagerApi("main", polled), Memory(tmp_path, "main"), breaks_once)
        loop = asyncio.create_task(poller.run(0.005))
        await until_true(lambda: len(asked) >= 2)
        answers["status"] = UP
        await until_true(lambda: asked.count("alerts") >= 2)
        answers["alerts"] = ONE
        await until_true(lambda: bool(desk.heard), 30)
        assert broke
        assert not loop.done()
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


def test_the_wait_doubles_up_to_a_bound() -> None:
    """Ten minutes at most, and a longer interval is kept."""
    assert [wait_after(n, 60) for n in range(6)] == [60, 120, 240, 480, LONGEST_WAIT, LONGEST_WAIT]
    assert wait_after(10_000, 60) == LONGEST_WAIT
    assert wait_after(3, 900) == 900


def test_a_memory_that_cannot_be_read_is_an_empty_one(tmp_path: Path) -> None:
    """A torn or foreign file costs a second delivery, never the API."""
    memory = Memory(tmp_path / "polled", "main")
    assert memory.load() == Seen()
    kept_seen = Seen(handed={listed().key: listed()}, waiting=frozenset({"x"}), steady=9)
    memory.save(kept_seen)
    assert memory.load() == Seen(handed={listed().key: listed()})
    (tmp_path / "polled" / "main.json").write_text('{"handed": 7')
    assert memory.load() == Seen()
    assert [p.name for p in (tmp_path / "polled").iterdir()] == ["main.json"]
