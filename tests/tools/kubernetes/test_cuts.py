"""What was left out of an answer is said in it: of every list that was cut, and in words that are true."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.tools import registry
from holdfast.tools.kubernetes.reading.history import event_row
from holdfast.tools.toolserver import ToolServer
from tests.tools.kubernetes.test_faults import EMPTY, section
from tests.tools.stand import answer, needs
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving

CORE, APPS = "/api/v1/namespaces/shop", "/apis/apps/v1/namespaces/shop"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
SHOP = {"namespace": "shop"}
NOW = datetime.now(UTC).replace(microsecond=0)
POD = {"metadata": {"name": "cart-1"}, "spec": {"containers": [{"name": "cart"}]}}


@pytest.fixture
async def api() -> AsyncIterator[Misbehaving]:
    """An API server that does as it is told."""
    async with misbehaving() as made:
        made.script("*", EMPTY)
        yield made


@asynccontextmanager
async def looking(api: Misbehaving, folder: Path) -> AsyncIterator[ToolServer]:
    """Stand over it."""
    async with registry.build("kubernetes", needs(folder, systems=section(folder, api.url))).standing() as server:
        yield server


def page(items: list[dict[str, Any]], more: str = "") -> Reply:
    """Return one page of a list."""
    return Reply(body={"kind": "List", "metadata": {"continue": more} if more else {}, "items": items})


def events(first: int, count: int) -> list[dict[str, Any]]:
    """Return events, each a second newer than the one before."""
    return [
        {"metadata": {"name": f"e{n}"}, "lastTimestamp": (NOW - timedelta(seconds=12_000 - n)).isoformat()}
        for n in range(first, first + count)
    ]


async def told(api: Misbehaving, folder: Path) -> dict[str, Any]:
    """Ask for the events of the last day."""
    async with looking(api, folder) as server:
        return await answer(server, "get_events", {**SHOP, "since": (NOW - timedelta(days=1)).isoformat()})


async def test_the_newest_events_are_on_the_last_page_and_are_told(api: Misbehaving, tmp_path: Path) -> None:
    """The API lists by name, so that every page is read before the newest are chosen."""
    api.script(f"{CORE}/events", page(events(0, 1000), "a"), page(events(1000, 1000), "b"), page(events(2000, 300)))
    found = await told(api, tmp_path)
    assert found["events"][-1]["time"] == (NOW - timedelta(seconds=12_000 - 2299)).isoformat()
    assert found["cut"] == "the newest 500 of 2300 events"


async def test_events_that_were_not_read_may_be_newer(api: Misbehaving, tmp_path: Path) -> None:
    """Both is said: that of those that were read some are shown, and that there are more."""
    api.script(f"{CORE}/events", *[page(events(1000 * n, 1000), "more") for n in range(10)])
    found = await told(api, tmp_path)
    assert len([a for a in api.asked if a.path.endswith("/events")]) == 10
    assert found["cut"] == (
        "the newest 500 of 10000 events; read: the first 10000; there are more, perhaps newer, for they come by name"
    )


async def test_a_pods_events_and_the_sets_above_it_say_when_they_are_cut(api: Misbehaving, tmp_path: Path) -> None:
    """Without its replica set a pod has no deployment."""
    api.script(f"{CORE}/pods/cart-1", Reply(body=POD))
    api.script(f"{CORE}/events", page(events(0, 1000), "more"))
    api.script(f"{APPS}/replicasets", page([{"metadata": {"name": "x"}}] * 250, "more"))
    async with looking(api, tmp_path) as server:
        found = await answer(server, "describe_pod", {**SHOP, "pod": "cart-1"})
    events_cut, sets_cut = found["cut"].split("; replica sets: ")
    assert (events_cut, sets_cut) == (
        "events: the first 10000; there are more",
        "the first 2000; there are more",
    )


async def test_pods_say_that_both_lists_were_cut(api: Misbehaving, tmp_path: Path) -> None:
    """Neither note hides the other."""
    api.script(f"{CORE}/pods", page([POD] * 250, "more"))
    api.script(f"{APPS}/replicasets", page([{"metadata": {"name": "x"}}] * 250, "more"))
    async with looking(api, tmp_path) as server:
        found = await answer(server, "get_pods", SHOP)
    more = "the first 2000; there are more"
    assert found["cut"] == f"pods: {more}; replica sets: {more}"


async def test_a_rollout_history_says_when_revisions_may_be_missing(api: Misbehaving, tmp_path: Path) -> None:
    """An empty `cut` means it is whole."""
    api.script(f"{APPS}/deployments/cart", Reply(body={"metadata": {"name": "cart"}}))
    async with looking(api, tmp_path) as server:
        whole = await answer(server, "rollout_history", {**SHOP, "deployment": "cart"})
        api.script(f"{APPS}/replicasets", page([{"metadata": {"name": "x"}}] * 250, "more"))
        found = await answer(server, "rollout_history", {**SHOP, "deployment": "cart"})
    assert (whole["cut"], found["cut"]) == ("", "replica sets: the first 2000; there are more")


async def test_a_service_with_many_endpoints_is_named(api: Misbehaving, tmp_path: Path) -> None:
    """All are counted, the first hundred shown."""
    endpoints = [{"addresses": [f"10.0.0.{n}"], "conditions": {}} for n in range(130)]
    piece = {"metadata": {"labels": {"kubernetes.io/service-name": "cart"}}, "endpoints": endpoints}
    api.script(f"{CORE}/services", page([{"metadata": {"name": "cart"}, "spec": {}}]))
    api.script(SLICES, page([piece]))
    async with looking(api, tmp_path) as server:
        found = await answer(server, "get_services", SHOP)
    (service,) = found["services"]
    assert (service["ready_endpoints"], len(service["endpoints"])) == (130, 100)
    assert found["cut"] == "cart: the first 100 of 130 endpoints"


def test_a_long_message_says_how_much_longer_it_is() -> None:
    """A short one is as it was."""
    long, short = (event_row({"message": "x" * n})["message"] for n in (1007, 1000))
    assert long == f"{'x' * 1000}… (7 characters more)"
    assert short == "x" * 1000
