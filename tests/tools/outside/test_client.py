"""An outside system that fails is answered with one word, its name and the remedy, and nothing is tried for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.outside.client import OutsideClient, Question
from holdfast.tools.outside.endpoint import Auth, Endpoint, Tls
from holdfast.tools.outside.secret import Secret
from tests.api.server import free_port
from tests.tools.outside.certificate import self_signed
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving

GET = Question(path="/it")
POST = Question.posting("/it", {"a": 1})


@asynccontextmanager
async def asking(url: str, **fields: Any) -> AsyncIterator[OutsideClient]:
    client = OutsideClient('store "main"', Endpoint(url=url, **{"timeout": 10, **fields}))
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def store() -> AsyncIterator[Misbehaving]:
    """A server that answers as scripted."""
    async with misbehaving() as server:
        yield server


async def refused(url: str, question: Question = GET, **fields: Any) -> str:
    async with asking(url, **fields) as client:
        with pytest.raises(ToolError) as caught:
            await client.fetch(question)
    assert 'store "main": ' in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(400, {"error": "no such unit"}), "bad_input: * no such unit"),
        (Reply(401), "forbidden: * check the credentials"),
        (Reply(403), "forbidden: * least rights"),
        (Reply(404), "not_found: * no such thing"),
        (Reply(409), "conflict: * changed meanwhile"),
        (Reply(413), "too_large: * too large"),
        (Reply(422), "bad_input: * refuses the values"),
        (Reply(302, headers={"Location": "/login"}), "not_configured: * it redirects"),
        (Reply(500), "unavailable: * it fails"),
        (Reply(429), "rate_limited: * asks to wait"),
        (Reply(429, headers={"Retry-After": "600"}), "rate_limited: * Retry-After 600 s"),
        (Reply(200, "<html>Log in</html>", content_type="text/html"), "failed: * no JSON but text/html"),
        (Reply(200, ""), "failed: * no JSON"),
        (Reply(200, '{"half": ', cut=True), "unavailable: * cannot be reached"),
        (Reply(200, "x" * 5000), "too_large: * larger than 4096 bytes"),
    ],
)
async def test_every_failure_is_one_word_with_the_system_and_the_remedy(
    store: Misbehaving, reply: Reply, words: str
) -> None:
    """A person who reads the report knows who failed and what to do."""
    store.script("/it", reply)
    said = await refused(store.url, largest=4096, retries=1)
    word, _, remedy = words.partition("* ")
    assert said.startswith(word)
    assert remedy in said


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
async def test_a_passing_failure_is_tried_again(store: Misbehaving, status: int) -> None:
    """The second try succeeds and nobody notices."""
    store.script("/it", Reply(status, headers={"Retry-After": "0"}), Reply(200, {"fine": True}))
    async with asking(store.url) as client:
        assert await client.fetch(GET) == {"fine": True}
    assert len(store.asked) == 2


async def test_what_fails_for_good_is_asked_as_often_as_configured(store: Misbehaving) -> None:
    """Two further tries, then the word."""
    store.script("/it", Reply(503, headers={"Retry-After": "0"}))
    await refused(store.url, retries=2)
    assert len(store.asked) == 3


@pytest.mark.parametrize("reply", [Reply(503), Reply(200, "{", cut=True)])
async def test_what_changes_something_is_not_sent_twice(store: Misbehaving, reply: Reply) -> None:
    """It may have had its effect before the answer was lost."""
    store.script("/it", reply)
    await refused(store.url, POST)
    assert len(store.asked) == 1


async def test_what_changes_something_is_sent_again_when_it_was_turned_away(store: Misbehaving) -> None:
    """429 says that nothing was done."""
    store.script("/it", Reply(429, headers={"Retry-After": "0"}), Reply(200, {"fine": True}))
    async with asking(store.url) as client:
        assert await client.fetch(POST) == {"fine": True}


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "3600"}, {"X-RateLimit-Reset": "3600"}, {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}],
)
async def test_a_long_wait_goes_back_to_the_caller(store: Misbehaving, headers: dict[str, str]) -> None:
    """A worker is not held for an hour."""
    store.script("/it", Reply(429, headers=headers))
    assert (await refused(store.url)).startswith("rate_limited: ")
    assert len(store.asked) == 1


async def test_a_hung_system_is_given_up_after_the_timeout(store: Misbehaving) -> None:
    """The whole request counts, not each read."""
    store.script("/it", Reply(hang=True))
    said = await refused(store.url, timeout=0.2, retries=0)
    assert said == 'timeout: store "main": no whole answer within 0.2 s'


async def test_a_system_that_is_away_is_named_with_its_host() -> None:
    """Nobody listens there."""
    said = await refused(f"http://127.0.0.1:{free_port()}", retries=1)
    assert said.startswith("unavailable: ")
    assert "is 127.0.0.1 up?" in said


async def test_a_certificate_of_no_known_authority_is_refused_until_it_is_named(tmp_path: Path) -> None:
    """Verification cannot be turned off; the authority can be named."""
    context, certificate = self_signed(tmp_path)
    async with misbehaving(context) as server:
        server.script("/it", Reply(200, {"fine": True}))
        said = await refused(server.url, retries=0)
        assert said.startswith("forbidden: ")
        assert "tls.ca_file" in said
        async with asking(server.url, tls=Tls(ca_file=certificate)) as client:
            assert await client.fetch(GET) == {"fine": True}


async def test_a_renewed_token_is_used_at_once(store: Misbehaving, tmp_path: Path) -> None:
    """A mounted secret changes under us; the next request bears the new one."""
    place = tmp_path / "token"
    place.write_text("old\n")
    store.script("/it", Reply(401), Reply(200, {}))
    auth = Auth(kind="bearer", token=Secret(file=place))
    async with asking(store.url, auth=auth) as client:
        with pytest.raises(ToolError, match=r"^forbidden: "):
            await client.fetch(GET)
        place.write_text("new\n")
        await client.fetch(GET)
    assert [a.headers["authorization"] for a in store.asked] == ["Bearer old", "Bearer new"]


async def test_a_missing_secret_names_its_place(store: Misbehaving, tmp_path: Path) -> None:
    """Nothing is sent without it."""
    auth = Auth(kind="bearer", token=Secret(file=tmp_path / "nowhere"))
    said = await refused(store.url, auth=auth)
    assert said.startswith("not_configured: ")
    assert "nowhere" in said
    assert not store.asked


async def test_a_secret_that_is_echoed_stays_out_of_the_error(store: Misbehaving, tmp_path: Path) -> None:
    """A careless system repeats our header in its error page."""
    place = tmp_path / "token"
    place.write_text("s3cr3t-token")
    store.script("/it", Reply(403, "denied for Bearer s3cr3t-token"))
    said = await refused(store.url, auth=Auth(kind="bearer", token=Secret(file=place)))
    assert "s3cr3t-token" not in said
    assert "denied for" in said


async def test_parameters_arrive_whole(store: Misbehaving) -> None:
    """Quotes, braces and signs survive the way."""
    store.script("/it", Reply(200, {}))
    async with asking(store.url) as client:
        await client.fetch(Question(path="/it", params=(("query", 'up{a="b & c"} + 1'),)))
    assert store.asked[0].params == {"query": 'up{a="b & c"} + 1'}


async def test_more_than_our_own_limit_is_refused_before_it_is_sent(store: Misbehaving) -> None:
    """Our own limit protects a shared store."""
    store.script("/it", Reply(200, {}))
    async with asking(store.url, per_minute=4) as client:
        await client.fetch(GET)
        with pytest.raises(ToolError, match=r"^rate_limited: .*per_minute"):
            await client.fetch(GET)
    assert len(store.asked) == 1
