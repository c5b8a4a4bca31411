"""Datadog is asked in its own language, with both keys, at the pace it allows."""

from typing import Any

import pytest

from tests.tools.monitoring.real import fetched, refused
from tests.tools.monitoring.stores import START
from tests.tools.stand import NOON
from tests.vendors.datadog import KEYS, datadog

ASKED = 'service:error_ratio{environment="production",service="Checkout"}'
TEMPLATE = "sum:trace.http.errors{env:{environment},service:{service}} by {host}"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both keys lie in the environment."""
    monkeypatch.setenv("DD_API_KEY", KEYS["DD-API-KEY"])
    monkeypatch.setenv("DD_APP_KEY", KEYS["DD-APPLICATION-KEY"])


def at(url: str, **fields: Any) -> dict[str, Any]:
    headers = {"DD-API-KEY": {"env": "DD_API_KEY"}, "DD-APPLICATION-KEY": {"env": "DD_APP_KEY"}}
    signals = {"error_ratio": TEMPLATE}
    return {
        "kind": "datadog",
        "url": url,
        "auth": {"kind": "headers", "headers": headers},
        "signals": signals,
        **fields,
    }


async def test_a_signal_is_asked_by_its_template() -> None:
    """Milliseconds become seconds, tags become labels, a gap becomes null."""
    async with datadog() as server:
        found = await fetched(ASKED, at(server.url))
        asked = server.asked[0]
    assert asked["query"] == found["query"] == "sum:trace.http.errors{env:production,service:checkout} by {host}"
    assert (asked["from"], asked["to"]) == (str(int(START)), str(int(NOON)))
    assert found["series"][0]["points"] == [[START, 0.25], [NOON, None]]
    assert found["series"][1]["labels"] == {"metric": "trace.http.errors", "host": "b", "service": "checkout"}
    assert "/metric/explorer?exp_query=sum%3Atrace" in found["link"]


async def test_a_signal_without_a_template_is_not_sent() -> None:
    """Nothing at Datadog bears our names."""
    async with datadog() as server:
        said = await refused(ASKED.replace("error_ratio", "up_ratio"), at(server.url))
        assert not server.asked
    assert said.startswith("not_configured: signals.up_ratio")


async def test_nothing_found_is_an_answer() -> None:
    """No series, nothing cut."""
    async with datadog() as server:
        found = await fetched("avg:no.data{*}", at(server.url))
    assert (found["series"], found["cut"]) == ([], "")


async def test_datadogs_pace_is_kept() -> None:
    """A reset in no time is waited for; one in an hour goes back to the caller."""
    async with datadog() as server:
        server.limited, server.reset = 1, 0
        assert (await fetched(ASKED, at(server.url)))["series"]
        server.limited, server.reset = 9, 3600
        assert (await refused(ASKED, at(server.url))).startswith('rate_limited: datadog "main"')
        assert len(server.asked) == 3


@pytest.mark.parametrize(("query", "reason"), [("nonsense", "Error parsing query"), ("avg:too.long{*}", "timed out")])
async def test_a_refused_query_keeps_its_reason(query: str, reason: str) -> None:
    """Also when Datadog says it with a status of 200."""
    async with datadog() as server:
        said = await refused(query, at(server.url))
    assert said.startswith('bad_input: datadog "main"')
    assert reason in said


async def test_wrong_keys_are_named_and_not_shown() -> None:
    """The remedy is the least right."""
    async with datadog() as server:
        said = await refused(ASKED, at(server.url, auth={"kind": "none"}))
    assert said.startswith('forbidden: datadog "main": 403')
