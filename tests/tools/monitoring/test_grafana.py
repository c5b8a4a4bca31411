"""A real Prometheus behind Grafana's proxy, as documented, answers as it does when it is asked itself."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.tools.monitoring.real import fetched, refused
from tests.vendors.grafana import TOKEN, UID, grafana

RECORDED = 'service:error_ratio{environment="production",service="checkout"}'


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service account's token lies in the environment."""
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)


def at(url: str, **fields: Any) -> dict[str, Any]:
    auth = {"kind": "bearer", "token": {"env": "GRAFANA_TOKEN"}}
    return {"kind": "grafana", "url": url, "data_source": UID, "auth": auth, **fields}


async def test_a_query_passes_through_grafana(prometheus_url: str) -> None:
    """The series of the data source, and a link into Explore over the same range."""
    async with grafana(prometheus_url) as server:
        found = await fetched(RECORDED, at(server.url))
    assert len(found["series"][0]["points"]) == 31
    pane = json.loads(parse_qs(urlsplit(found["link"]).query)["panes"][0])["a"]
    assert (pane["datasource"], pane["queries"][0]["expr"]) == (UID, RECORDED)


async def test_a_signal_is_translated_for_what_lies_behind(prometheus_url: str) -> None:
    """The language is PromQL."""
    signals = {"error_ratio": 'http_errors{app="{service}"}'}
    async with grafana(prometheus_url) as server:
        found = await fetched(RECORDED.replace("checkout", "cart"), at(server.url, signals=signals))
    assert found["query"] == 'http_errors{app="cart"}'
    assert found["series"][0]["points"][-1][1] == 7


async def test_what_the_data_source_refuses_keeps_its_reason(prometheus_url: str) -> None:
    """Prometheus' parser speaks through Grafana."""
    async with grafana(prometheus_url) as server:
        said = await refused("sum(", at(server.url))
    assert said.startswith('bad_input: grafana "main"')
    assert "parse error" in said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"auth": {"kind": "none"}}, 'forbidden: grafana "main": 401'),
        ({"org": 2}, 'forbidden: grafana "main": 403'),
        ({"data_source": "gone"}, 'not_found: grafana "main": 404'),
    ],
)
async def test_grafanas_own_no_is_its_word(prometheus_url: str, fields: dict[str, Any], words: str) -> None:
    """Who we are, where we may look, and what there is."""
    async with grafana(prometheus_url) as server:
        assert (await refused(RECORDED, at(server.url, **fields))).startswith(words)
