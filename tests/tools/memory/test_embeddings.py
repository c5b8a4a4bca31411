"""An endpoint for embeddings on loopback: asked once for each text, and believed only when its answer makes sense."""

from typing import Any

import pytest
from aiohttp import web

from holdfast.tools.memory.embeddings import Embedder, Embeddings
from holdfast.tools.memory.recalling import EmbeddingsError
from tests.tools.memory.test_real import served
from tests.tools.memory.test_server import PAST
from tests.tools.stand import answer
from tests.vendors.serving import Handler, serving


def _row(index: int, text: str) -> dict[str, Any]:
    return {"index": index, "embedding": [float(len(text)), 1.0]}


def endpoint(asked: list[list[str]]) -> Handler:
    """Return an endpoint whose vectors are the texts' lengths, in any order."""

    async def answered(request: web.Request) -> web.Response:
        body = await request.json()
        assert body["model"] == "small"
        asked.append(body["input"])
        return web.json_response({"data": [_row(n, t) for n, t in enumerate(body["input"])][::-1]})

    return answered


def embedder(url: str, **fields: Any) -> Embedder:
    return Embedder(Embeddings(url=f"{url}/v1", model="small", retries=0, **fields))


async def test_each_text_is_asked_for_once_and_kept() -> None:
    """In order, whatever order the endpoint answers in."""
    asked: list[list[str]] = []
    async with serving(("POST", "/v1/embeddings", endpoint(asked))) as url:
        found = embedder(url)
        assert await found.embed(["a", "bbb", "a"]) == [(1, 1), (3, 1), (1, 1)]
        assert await found.embed(["bbb", "cc"]) == [(3, 1), (2, 1)]
        await found.close()
    assert asked == [["a", "bbb"], ["cc"]]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "data: expected a list"),
        ({"data": []}, "expected 1 vectors, got 0"),
        ({"data": [{"index": 0, "embedding": []}]}, "data.embedding"),
        ({"data": [{"index": 7, "embedding": [1.0]}]}, "expected 1 vectors"),
    ],
)
async def test_nonsense_is_named(body: dict[str, Any], why: str) -> None:
    """And no vector is invented."""

    async def nonsense(request: web.Request) -> web.Response:
        return web.json_response(body)

    async with serving(("POST", "/v1/embeddings", nonsense)) as url:
        found = embedder(url)
        with pytest.raises(EmbeddingsError, match=why):
            await found.embed(["a"])
        await found.close()


async def test_the_memory_says_what_it_could_not_compare(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an endpoint the parts hold a meaning; when it fails, a note says so and the words decide."""
    monkeypatch.setenv("TEST_RECORDS_URL", sqlite_url)
    async with serving(("POST", "/v1/embeddings", endpoint([]))) as url:
        for path, parts, noted in (("v1", {"meaning"}, False), ("v2", set(), True)):
            section = {"url": f"{url}/{path}", "model": "small", "retries": 0}
            async with served(
                {"database_url": {"env": "TEST_RECORDS_URL"}, "embeddings": section}
            ).standing() as server:
                await answer(server, "remember_incident", {"incident": PAST})
                found = await answer(server, "find_similar_incidents", {"service": "checkout", "text": "requests fail"})
            assert found["incidents"][0]["parts"].keys() & {"meaning"} == parts
            assert bool(found["notes"]) is noted
