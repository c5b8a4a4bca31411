"""However a metric store fails, the answer is one word that names it, after as many tries as were configured."""

from typing import Any

import pytest

from tests.api.server import free_port
from tests.tools.monitoring.real import fetched, refused
from tests.tools.outside.certificate import self_signed
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving

MATRIX = {"status": "success", "data": {"resultType": "matrix", "result": []}}
KINDS: dict[str, dict[str, Any]] = {
    "prometheus": {},
    "grafana": {"data_source": "main-uid"},
    "datadog": {},
}
GOOD = {"prometheus": MATRIX, "grafana": MATRIX, "datadog": {"status": "ok", "series": []}}
FAULTS = [
    (Reply(400, {"message": "bad"}), "bad_input", 1),
    (Reply(401), "forbidden", 1),
    (Reply(403), "forbidden", 1),
    (Reply(404, {"message": "Data source not found"}), "not_found", 1),
    (Reply(409), "conflict", 1),
    (Reply(422), "bad_input", 1),
    (Reply(302, headers={"Location": "/login"}), "not_configured", 1),
    (Reply(429, headers={"Retry-After": "0"}), "rate_limited", 2),
    (Reply(429, headers={"Retry-After": "999"}), "rate_limited", 1),
    (Reply(500), "unavailable", 2),
    (Reply(200, "{", cut=True), "unavailable", 2),
    (Reply(200, "<html>", content_type="text/html"), "failed", 1),
    (Reply(200, "[]"), "failed", 1),
    (Reply(200, {"status": "ok", "data": {"result": [{"values": 1}]}, "series": [1]}), "failed", 1),
    (Reply(200, ""), "failed", 1),
    (Reply(200, "x" * 2000), "too_large", 1),
]


def section(kind: str, server: Misbehaving, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "url": server.url, "timeout": 10, "retries": 1, "largest": 1024, **KINDS[kind], **fields}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("reply", "word", "tries"), FAULTS)
async def test_a_fault_is_one_word(kind: str, reply: Reply, word: str, tries: int) -> None:
    """The store is named, and nothing is tried for ever."""
    async with misbehaving() as server:
        server.script("*", reply)
        said = await refused("avg:up{*}", section(kind, server))
    assert said.startswith(f'{word}: {kind} "main"')
    assert len(server.asked) == tries


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_that_recovers_is_answered(kind: str) -> None:
    """The second try is enough."""
    async with misbehaving() as server:
        server.script("*", Reply(503), Reply(200, GOOD[kind]))
        assert (await fetched("avg:up{*}", section(kind, server)))["series"] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hung_store_is_given_up(kind: str) -> None:
    """The time-out is the configuration's."""
    async with misbehaving() as server:
        server.script("*", Reply(hang=True))
        said = await refused("avg:up{*}", section(kind, server, timeout=0.3, retries=0))
    assert said == f'timeout: {kind} "main": no whole answer within 0.3 s'


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_that_is_away_is_named(kind: str) -> None:
    """Its host is in the error."""
    gone = Misbehaving(url=f"http://127.0.0.1:{free_port()}")
    said = await refused("avg:up{*}", section(kind, gone))
    assert said.startswith(f'unavailable: {kind} "main"')
    assert "127.0.0.1" in said


@pytest.mark.parametrize(
    ("status", "kind", "text", "word"),
    [
        (422, "execution", "query processing would load too many samples into memory", "too_large"),
        (422, "execution", "multiple matches for labels", "bad_input"),
        (503, "timeout", "query timed out in expression evaluation", "timeout"),
    ],
)
async def test_prometheus_type_of_error_says_more_than_its_status(status: int, kind: str, text: str, word: str) -> None:
    """Such a query is not sent again."""
    async with misbehaving() as server:
        server.script("*", Reply(status, {"status": "error", "errorType": kind, "error": text}))
        said = await refused("up", section("prometheus", server))
    assert said.startswith(f"{word}: ")
    assert text in said
    assert len(server.asked) == 1


async def test_prometheus_certificate_is_verified_until_its_authority_is_named(tmp_path: Any) -> None:
    """The library under us verifies as the rest of us does."""
    context, certificate = self_signed(tmp_path)
    async with misbehaving(context) as server:
        server.script("*", Reply(200, MATRIX))
        said = await refused("up", section("prometheus", server))
        assert said.startswith("forbidden: ")
        assert "tls.ca_file" in said
        trusting = section("prometheus", server, tls={"ca_file": str(certificate)})
        assert (await fetched("up", trusting))["series"] == []
