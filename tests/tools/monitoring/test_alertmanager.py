"""Alerts of ours stand in a real Alertmanager, one for each anomaly, and its failures get our words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx2
import pytest

from holdfast.tools.monitoring.real import build_real
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.tools.monitoring.stores import alertmanager
from tests.tools.stand import answer, refusal
from tests.vendors.misbehaving import Reply, misbehaving

ANOMALY = {"service": "checkout", "environment": "production", "metric": "error_ratio", "peak": 0.31}


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a real Alertmanager."""
    async with alertmanager(tmp_path_factory.mktemp("alertmanager")) as url:
        yield url


@asynccontextmanager
async def telling(url: str, **fields: Any) -> AsyncIterator[ToolServer]:
    section = {"alerts": {"url": url, "labels": {"team": "shop"}, "retries": 1, **fields}}
    async with build_real(section, ServerNeeds()).standing() as server:
        yield server


def raised(severity: str = "high", **fields: Any) -> dict[str, Any]:
    return {"anomaly": {**ANOMALY, **fields}, "severity": severity, "context": {"incident": "INC-7"}}


async def standing(url: str, alert_id: str) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient(base_url=url) as http:
        got = await http.get("/api/v2/alerts", params={"filter": f'holdfast_anomaly="{alert_id}"'})
        found: list[dict[str, Any]] = got.json()
        return found


async def test_an_alert_stands_with_its_labels_and_facts(place: str) -> None:
    """Routes see service, environment, severity and the section's own labels."""
    async with telling(place) as server:
        told = await answer(server, "create_alert", raised())
    assert told["first"] is True
    (one,) = await standing(place, told["alert_id"])
    wanted = {"alertname": "HoldfastAnomaly", "service": "checkout", "severity": "high", "team": "shop"}
    assert wanted.items() <= one["labels"].items()
    assert one["annotations"]["incident"] == "INC-7"
    lasts = datetime.fromisoformat(one["endsAt"]) - datetime.fromisoformat(one["startsAt"])
    assert lasts.total_seconds() == pytest.approx(3600, abs=1)


async def test_the_same_anomaly_twice_is_one_alert(place: str) -> None:
    """The second is not the first; another anomaly is another alert."""
    async with telling(place) as server:
        once = await answer(server, "create_alert", raised(peak=0.5))
        again = await answer(server, "create_alert", raised(peak=0.5))
        other = await answer(server, "create_alert", raised(peak=0.6))
    assert (once["first"], again["first"], other["first"]) == (True, False, True)
    assert once["alert_id"] == again["alert_id"] != other["alert_id"]
    assert len(await standing(place, once["alert_id"])) == 1


async def test_a_worse_severity_takes_the_former_ones_place(place: str) -> None:
    """Routes match on the severity, and still one alert stands."""
    async with telling(place) as server:
        once = await answer(server, "create_alert", raised("low", peak=0.7))
        await answer(server, "create_alert", raised("critical", peak=0.7))
    assert [one["labels"]["severity"] for one in await standing(place, once["alert_id"])] == ["critical"]


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(401), "forbidden"),
        (Reply(400, "bad labels"), "bad_input"),
        (Reply(500), "unavailable"),
        (Reply(200, {"not": "a list"}), "failed"),
        (Reply(200, "<html>"), "failed"),
    ],
)
async def test_a_place_that_fails_is_named(reply: Reply, word: str) -> None:
    """The report says that nobody was told, and why."""
    async with misbehaving() as away, telling(away.url) as server:
        away.script("*", reply)
        assert (await refusal(server, "create_alert", raised())).startswith(f"{word}: alertmanager")


async def test_without_a_place_nothing_is_raised() -> None:
    """The word says what to configure."""
    async with build_real({}, ServerNeeds()).standing() as server:
        assert "monitoring.alerts" in await refusal(server, "create_alert", raised())
