"""Bodies: huge, deep, slow, malformed, wrongly named; each is refused before it can hurt."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import Request
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.api.callers import body
from holdfast.api.problems import Problem
from tests.api.doors import delivery, webhook

DOOR = "/alerts/alertmanager"


async def test_a_body_over_the_limit_is_refused_by_its_declared_length(http: httpx2.AsyncClient) -> None:
    """413 before a byte is read."""
    answer = await http.post(DOOR, content=b"x" * 1_048_577, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["errors"] == [{"field": "body", "message": "too large"}]


async def test_a_body_over_the_limit_is_refused_though_it_declares_nothing(http: httpx2.AsyncClient) -> None:
    """A chunked body is counted as it comes and no further than the limit."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 65_536
            yield b"x" * 65_536

    answer = await http.post(DOOR, content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_a_deep_body_is_refused_unparsed(http: httpx2.AsyncClient) -> None:
    """400 that says how deep is too deep."""
    deep = b'{"a":' * 500 + b"1" + b"}" * 500
    answer = await http.post(DOOR, content=deep, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "32 levels" in answer.json()["detail"]


@pytest.mark.parametrize(
    "sent", [b"", b"{", b"nope", b'{"a": NaN}', b"\xff\xfe", b'{"a": "\\ud800"}', b'{"alerts": [}', b"[1,2"]
)
async def test_malformed_json_is_a_problem(http: httpx2.AsyncClient, sent: bytes) -> None:
    """400, never 500, whatever the bytes."""
    answer = await http.post(DOOR, content=sent, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize("said", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_only_what_says_it_is_json_is_read(http: httpx2.AsyncClient, said: str) -> None:
    """415; a browser's form from a strange page is refused by it too."""
    content = json.dumps(webhook(delivery("checkout"))).encode()
    answer = await http.post(DOOR, content=content, headers={"content-type": said})
    assert answer.status_code == 415


async def test_a_body_that_drips_is_given_up() -> None:
    """408: a sender that never finishes holds nothing for ever."""

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"{", "more_body": True}

    with pytest.raises(Problem) as refused:
        await body.read(Request({"type": "http", "headers": []}, receive), 1000, 0.05)
    assert refused.value.status == 408


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(v) for v in value), default=0)
    return 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\[]{}', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"[{\\', max_size=3), inner),
    max_leaves=25,
)


@settings(deadline=None)  # the machine may be busy
@given(_JSON, st.integers(min_value=1, max_value=6))
def test_the_scan_for_depth_agrees_with_a_parser(value: object, nesting: int) -> None:
    """Brackets inside strings do not count, escaped quotes do not end strings."""
    assert body.too_deep(json.dumps(value).encode(), nesting) is (_depth(value) > nesting)


@pytest.mark.parametrize("part", [b'"\\', b'\\"', b'"', b"[", b'["', b'"[\\"'])
def test_the_scan_for_depth_is_linear_on_hostile_bytes(part: bytes) -> None:
    """A mebibyte of quotes and backslashes takes no longer than one of anything else."""
    began = time.process_time()
    body.too_deep(b"[" * 40 + part * (1_048_576 // len(part)), 32)
    assert time.process_time() - began < 2
