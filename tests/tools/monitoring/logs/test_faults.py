"""A log store that fails is answered with one word, its name and the remedy, and is not asked for ever."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from tests.api.server import free_port
from tests.tools.monitoring.logs.stands import asking, source, standing
from tests.tools.stand import NOON
from tests.vendors.elasticsearch import elasticsearch
from tests.vendors.loki import loki
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving
from tests.vendors.splunk import splunk
from tests.vendors.victorialogs import victorialogs

HTTP = ("elasticsearch", "loki", "splunk", "victorialogs")
EMPTY: dict[str, Any] = {
    "elasticsearch": {"hits": {"total": {"value": 0, "relation": "eq"}, "hits": []}},
    "loki": {"status": "success", "data": {"resultType": "streams", "result": []}},
    "splunk": {"preview": False, "lastrow": True},
    "victorialogs": "",
}
kinds = pytest.mark.parametrize("kind", HTTP)


@pytest.fixture
async def store() -> AsyncIterator[Misbehaving]:
    """A server that answers as scripted."""
    async with misbehaving() as server:
        yield server


async def refused(kind: str, url: str, **fields: Any) -> str:
    made = source(kind, url, **fields)
    with pytest.raises(ToolError) as caught:
        await made.logs(asking())
    await made.close()
    assert f'{kind} "main": ' in str(caught.value)
    return str(caught.value)


@kinds
@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(400, "parse error"), "bad_input"),
        (Reply(401), "forbidden"),
        (Reply(403), "forbidden"),
        (Reply(404), "not_found"),
        (Reply(429, headers={"Retry-After": "600"}), "rate_limited"),
        (Reply(500), "unavailable"),
        (Reply(302, headers={"Location": "/login"}), "not_configured"),
        (Reply(200, "<html>Log in</html>", content_type="text/html"), "failed"),
        (Reply(200, '{"half": ', cut=True), "unavailable"),
        (Reply(200, [[]]), "failed"),
        (Reply(200, {"_time": "yesterday", "result": {"_time": "x"}, "data": {"resultType": "matrix"}}), "failed"),
    ],
)
async def test_a_failure_is_one_word(store: Misbehaving, kind: str, reply: Reply, word: str) -> None:
    """Also an answer that is well-formed and of another shape: no stack trace, no empty answer in its place."""
    store.script("*", reply)
    assert (await refused(kind, store.url, retries=0)).startswith(f"{word}: ")


@kinds
async def test_a_store_that_stumbles_once_is_asked_again(store: Misbehaving, kind: str) -> None:
    """A search only reads, and so may be sent twice; a service without lines has none."""
    store.script("*", Reply(500), Reply(200, EMPTY[kind]))
    made = source(kind, store.url)
    assert (await made.logs(asking())).lines == []
    await made.close()
    assert len(store.asked) == 2


@kinds
async def test_a_store_that_hangs_or_is_away_costs_one_time_out(store: Misbehaving, kind: str) -> None:
    """The incident goes on without it."""
    store.script("*", Reply(hang=True))
    assert (await refused(kind, store.url, timeout=0.3, retries=0)).startswith("timeout: ")
    away = f"http://127.0.0.1:{free_port()}"
    assert (await refused(kind, away, retries=0)).startswith("unavailable: ")


@kinds
async def test_a_failure_is_not_remembered(store: Misbehaving, kind: str) -> None:
    """The next question after a failure reaches the store."""
    store.script("*", Reply(403), Reply(200, EMPTY[kind]))
    made = source(kind, store.url)
    with pytest.raises(ToolError):
        await made.logs(asking())
    assert (await made.logs(asking())).lines == []
    await made.close()


async def test_a_renewed_token_is_used_at_once(tmp_path: Path) -> None:
    """Splunk's token expires; the file gets a new one; the next question is answered. No token is ever told."""
    token = tmp_path / "token"
    token.write_text("expired-token-1")
    auth = {"kind": "bearer", "token": {"file": str(token)}}
    async with splunk("fresh-token-2") as server:
        made = source("splunk", server.url, auth=auth)
        with pytest.raises(ToolError, match=r"forbidden: .* check the credentials") as caught:
            await made.logs(asking())
        assert "expired-token" not in str(caught.value)
        token.write_text("fresh-token-2\n")
        assert (await made.logs(asking())).lines == []
        await made.close()


async def test_loki_and_victorialogs_serve_a_tenant() -> None:
    """Another tenant's lines are another's: Loki refuses, VictoriaLogs has none."""
    async with loki("acme") as one, victorialogs() as other:
        other.write(NOON - 9, "hello", ("12", "3"), **{"service.name": "checkout", "environment": "production"})
        assert (await refused("loki", one.url)).startswith("forbidden: ")
        ours = source("loki", one.url, tenant="acme")
        assert (await ours.logs(asking())).lines == []
        known = source("victorialogs", other.url, tenant="12:3")
        assert [line.message for line in (await known.logs(asking())).lines] == ["hello"]
        await ours.close()
        await known.close()


async def test_elasticsearch_takes_an_api_key_and_says_what_it_could_not_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A part of the shards is a part of the lines; a mistyped index is no silent service."""
    monkeypatch.setenv("ES_KEY", "aWQ6c2VjcmV0")
    auth = {"kind": "bearer", "scheme": "ApiKey", "token": {"env": "ES_KEY"}}
    async with elasticsearch("aWQ6c2VjcmV0") as server:
        assert "index_not_found" in await refused("elasticsearch", server.url, auth=auth)
        server.write("logs-checkout", NOON - 9, "hi", service={"name": "checkout", "environment": "production"})
        server.failed_shards = 2
        made = source("elasticsearch", server.url, auth=auth, index="logs-{service}")
        found = await made.logs(asking())
        await made.close()
    assert (found.cut, found.total, server.asked[-1][0]) == ("2 shards did not answer", 1, "logs-checkout")


async def test_splunk_warnings_are_notes_and_its_errors_are_failures() -> None:
    """An export answers 200 before it has searched; what it says later counts."""
    async with standing("splunk") as stand:
        stand.vendor.messages = [{"type": "WARN", "text": "indexer 3 is down"}]
        assert (await stand.source.logs(asking())).cut == "indexer 3 is down"
        stand.vendor.messages = [{"type": "FATAL", "text": "disk quota reached"}]
        with pytest.raises(ToolError, match='failed: splunk "main": disk quota reached'):
            await stand.source.logs(asking(limit=3))


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("AccessDeniedException", "forbidden"),
        ("UnrecognizedClientException", "forbidden"),
        ("ExpiredTokenException", "forbidden"),
        ("ResourceNotFoundException", "not_found"),
        ("MalformedQueryException", "bad_input"),
        ("LimitExceededException", "rate_limited"),
    ],
)
async def test_cloudwatch_says_everything_with_400_and_is_understood(code: str, word: str) -> None:
    """The code speaks, not the status."""
    async with standing("cloudwatch_logs", retries=0) as stand:
        stand.vendor.refuse = [(code, "said by AWS")]
        with pytest.raises(ToolError, match=f'^{word}: cloudwatch_logs "main": .*said by AWS'):
            await stand.source.logs(asking())


async def test_cloudwatch_is_asked_again_after_throttling() -> None:
    """Once is enough."""
    async with standing("cloudwatch_logs") as stand:
        stand.vendor.refuse = [("ThrottlingException", "Rate exceeded")]
        assert (await stand.source.logs(asking())).lines == []


async def test_a_cloudwatch_query_that_takes_too_long_is_stopped() -> None:
    """It costs by what it reads."""
    async with standing("cloudwatch_logs", wait=0.3) as stand:
        stand.vendor.running = 1000
        with pytest.raises(ToolError, match=r"timeout: .* ask for a shorter range"):
            await stand.source.logs(asking())
        assert stand.vendor.called[-1][0] == "StopQuery"


async def test_a_cloudwatch_query_that_fails_there_is_a_failure() -> None:
    """It is no empty answer."""
    async with standing("cloudwatch_logs") as stand:
        stand.vendor.status = "Failed"
        with pytest.raises(ToolError, match=r"failed: .* its query ended as Failed"):
            await stand.source.logs(asking())
