"""Limits, the minute's memory, secrets and addresses: each alone, with a clock that a test sets."""

import asyncio
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from holdfast.tools.outside.cache import Cache
from holdfast.tools.outside.client import tls_context
from holdfast.tools.outside.endpoint import Auth, Endpoint, Tls
from holdfast.tools.outside.limits import RateLimit
from holdfast.tools.outside.secret import MissingSecretError, Secret
from tests.tools.stand import Watch


async def test_a_burst_is_a_quarter_of_the_minute_and_fills_with_time() -> None:
    """Forty a minute: ten at once; after a minute ten again."""
    watch = Watch()
    limit = RateLimit("store", 4, watch)
    await limit.enter()
    with pytest.raises(ToolError, match=r"^rate_limited: store: "):
        await limit.enter()
    watch.now += 60
    await limit.enter()


async def test_the_same_question_is_asked_once_within_its_minute() -> None:
    """Also when two ask together."""
    watch, asked = Watch(), []

    async def ask() -> int:
        asked.append(watch.now)
        return len(asked)

    cache: Cache[int] = Cache(60, clock=watch)
    assert list(await asyncio.gather(cache.get("q", ask), cache.get("q", ask))) == [1, 1]
    watch.now += 59
    assert await cache.get("q", ask) == 1
    watch.now += 2
    assert await cache.get("q", ask) == 2


async def test_a_failure_is_not_kept_even_when_its_caller_left() -> None:
    """The next caller asks anew."""
    cache: Cache[str] = Cache()
    gate = asyncio.Event()

    async def fail() -> str:
        await gate.wait()
        raise ToolError("unavailable: away")

    async def answer() -> str:
        return "here"

    caller = asyncio.create_task(cache.get("q", fail))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    gate.set()
    for _ in range(3):  # the failing question ends within the loop's next turns
        await asyncio.sleep(0)
    assert await cache.get("q", answer) == "here"


async def test_the_memory_is_bounded() -> None:
    """The oldest question is forgotten first."""
    cache: Cache[int] = Cache(most=2)
    asked: list[str] = []

    async def get(question: str) -> None:
        async def ask() -> int:
            asked.append(question)
            return 0

        await cache.get(question, ask)

    for question in ("a", "b", "c", "a"):
        await get(question)
    assert asked == ["a", "b", "c", "a"]


def test_a_secret_lies_in_one_place(tmp_path: Path) -> None:
    """Neither or both is a mistake in the file."""
    for fields in ({}, {"env": "X", "file": tmp_path}):
        with pytest.raises(ValidationError, match="exactly one"):
            Secret(**fields)


def test_a_secret_is_read_without_its_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Editors and mounts add one."""
    monkeypatch.setenv("STORE_TOKEN", "abc\n")
    (tmp_path / "t").write_text("abc\n")
    assert Secret(env="STORE_TOKEN").read() == Secret(file=tmp_path / "t").read() == "abc"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_a_place_without_a_secret_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, or no text."""
    place = tmp_path / "token"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(MissingSecretError, match="token"):
        Secret(file=place).read()


@pytest.mark.parametrize("url", ["prometheus:9090", "file:///etc/passwd", "https://user:secret@host"])
def test_an_address_is_of_the_web_and_holds_no_password(url: str) -> None:
    """What the file says about the address is all there is to it."""
    with pytest.raises(ValidationError):
        Endpoint(url=url)


def test_credentials_are_whole_or_refused() -> None:
    """A bearer needs its token, a user the password."""
    with pytest.raises(ValidationError, match="token: needed"):
        Auth(kind="bearer")
    with pytest.raises(ValidationError, match="password: needed"):
        Auth(kind="basic", user="x")


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The file's name is in the error."""
    with pytest.raises(ToolError, match=r"^not_configured: tls: .*ca\.pem"):
        tls_context(Tls(ca_file=tmp_path / "ca.pem"))
