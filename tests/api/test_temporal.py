"""Temporal away at start, killed or frozen in the middle: senders are told, nothing accepted is lost, all recovers."""

import asyncio
import time
from pathlib import Path

import httpx2
from temporalio.client import Client

from tests.api.doors import delivery, embedded, fresh, kept, knocking, webhook
from tests.api.server import mortal_server

DOOR = "/alerts/alertmanager"


async def _send(http: httpx2.AsyncClient, service: str) -> httpx2.Response:
    return await http.post(DOOR, json=webhook(delivery(service)))


async def _until_accepted(http: httpx2.AsyncClient, service: str) -> int:
    """Send as Alertmanager does, again and again; return how often it took."""
    deadline = time.monotonic() + 30
    times = 1
    while (answer := await _send(http, service)).status_code != 202:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, answer.text
        times += 1
        await asyncio.sleep(0.1)
    return times


async def test_the_doors_open_while_temporal_is_away(away: httpx2.AsyncClient) -> None:
    """The API lives, says what it lacks, and asks senders to come again at once instead of making them wait."""
    assert (await away.get("/healthz")).status_code == 200
    ready = await away.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["errors"][0]["field"] == "temporal"
    began = time.monotonic()
    answers = await asyncio.gather(*(_send(away, "checkout") for _ in range(20)))
    assert {a.status_code for a in answers} == {503}
    assert {a.headers["retry-after"] for a in answers} == {"2"}
    assert time.monotonic() - began < 5
    assert "Temporal is away" in answers[0].json()["detail"]


async def test_an_alert_refused_while_temporal_was_away_is_taken_when_it_is_back(tmp_path: Path) -> None:
    """The same process recovers by itself: away at start, there, killed, there again; no 202 is ever broken."""
    async with mortal_server(tmp_path) as server, knocking(embedded(tmp_path, server.address)) as http:
        early, late = fresh("early"), fresh("late")
        assert (await _send(http, early)).status_code == 503
        await server.start()
        await _until_accepted(http, early)
        assert (await http.get("/readyz")).status_code == 200
        server.kill()
        assert (await _send(http, late)).status_code == 503
        client = await server.start()
        await _until_accepted(http, late)
        assert await _kept_count(client, early) == 1
        assert await _kept_count(client, late) >= 1


async def test_nothing_accepted_is_lost_when_temporal_is_killed_under_load(tmp_path: Path) -> None:
    """Every service whose webhook was answered 202 before, during or after the kill is in a history afterwards."""
    accepted: list[str] = []
    enough = asyncio.Event()

    async def keep_sending(http: httpx2.AsyncClient) -> None:
        while not enough.is_set():
            service = fresh()
            await _until_accepted(http, service)
            accepted.append(service)

    async with mortal_server(tmp_path) as server, knocking(embedded(tmp_path, server.address)) as http:
        await server.start()
        senders = [asyncio.create_task(keep_sending(http)) for _ in range(8)]
        await _until_longer(accepted, 30)
        server.kill()
        client = await server.start()
        await _until_longer(accepted, len(accepted) + 30)
        enough.set()
        await asyncio.gather(*senders)
        counts = [await _kept_count(client, s) for s in accepted]
    assert min(counts) >= 1


async def _until_longer(accepted: list[str], length: int) -> None:
    deadline = time.monotonic() + 30
    while len(accepted) < length:
        assert time.monotonic() < deadline, f"{len(accepted)} of {length} accepted"
        await asyncio.sleep(0.01)


async def test_a_frozen_temporal_is_given_up_in_time(tmp_path: Path) -> None:
    """A server that keeps its port open and says nothing costs a sender seconds, not minutes; then it is taken."""
    async with mortal_server(tmp_path) as server, knocking(embedded(tmp_path, server.address)) as http:
        await server.start()
        service = fresh()
        await _send(http, fresh())
        server.freeze()
        began = time.monotonic()
        answer = await _send(http, service)
        took = time.monotonic() - began
        server.thaw()
        assert answer.status_code == 503
        assert took < 8
        await _until_accepted(http, service)


async def _kept_count(client: Client, service: str) -> int:
    return len((await kept(client, f"inc/default/test/{service}"))[1])
