"""Looking at commits, and what GitHub's ways to say no become."""

import time
from typing import Any

import pytest

from holdfast.tools.code.real import build_looks_real
from holdfast.tools.needs import ServerNeeds
from tests.tools.code.acting import Acting
from tests.tools.stand import answer, refusal
from tests.vendors.github import REPOSITORY, GitHub
from tests.vendors.misbehaving import Reply, misbehaving

ASKED = {"repository": REPOSITORY}


async def test_commits_are_listed_newest_first(forge: GitHub, acting: Acting) -> None:
    """In the contract's shape; a path and a limit are obeyed."""
    wrong = forge.commit("Make it wrong\n\nlong story", {"checkout.py": "wrong\n"})
    forge.commit("Something else", {"kept.txt": "newer\n"})
    async with acting.standing("code-looks") as server:
        every = await answer(server, "list_commits", ASKED)
        some = await answer(server, "list_commits", {**ASKED, "path": "checkout.py", "limit": 1})
    assert [c["message"] for c in every["commits"]] == ["Something else", "Make it wrong", "First light"]
    (one,) = some["commits"]
    assert one.keys() == {"commit", "at", "author", "message", "url"}
    assert (one["commit"], one["message"], some["cut"]) == (wrong, "Make it wrong", "")


async def test_more_than_the_limit_is_said() -> None:
    """By the link to the next page."""
    next_page = {"Link": '<https://api.github.com/x?page=2>; rel="next"'}
    async with misbehaving() as server:
        server.script("*", Reply(body=[], headers=next_page))
        found = await _asked_of(server.url)
    assert found["cut"].startswith("the newest 20")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-03-01T09:00:00"}, "until"),
        ({"repository": "checkout"}, "repository"),
        ({"repository": "../user"}, "repository"),
        ({"repository": "shop/checkout/git"}, "repository"),
    ],
)
async def test_a_wrong_argument_is_named(forge: GitHub, acting: Acting, fields: dict[str, Any], field: str) -> None:
    """And GitHub is not asked."""
    async with acting.standing("code-looks") as server:
        assert (await refusal(server, "list_commits", {**ASKED, **fields})).startswith(f"bad_input: {field}:")
    assert forge.asked == []


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (403, {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(time.time()) + 900)}, "hourly"),
        (429, {"x_ratelimit_remaining": "0"}, "hourly"),
        (403, {"retry_after": "60"}, "Retry-After 60"),
        (403, {}, "secondary"),
        (429, {}, "secondary"),
        (429, {"retry_after": "60"}, "Retry-After 60"),
    ],
)
async def test_either_rate_limit_is_rate_limited(
    forge: GitHub, acting: Acting, status: int, headers: dict[str, str], why: str
) -> None:
    """Primary and secondary, with 403 as with 429; a long wait is left to the caller."""
    forge.answer_next(status, {"message": "You have exceeded a rate limit."}, **headers)
    async with acting.standing("code-looks") as server:
        said = await refusal(server, "list_commits", ASKED)
    assert said.startswith(f"rate_limited: github: {status}")
    assert why in said
    assert len(forge.asked) == 1


async def test_a_short_wait_is_waited(forge: GitHub, acting: Acting) -> None:
    """And the question asked again."""
    forge.answer_next(429, {"message": "secondary rate limit"}, retry_after="0")
    async with acting.standing("code-looks") as server:
        assert len((await answer(server, "list_commits", ASKED))["commits"]) == 1


@pytest.mark.parametrize(
    ("replies", "word"),
    [
        ([Reply(401, {"message": "Bad credentials"})], "forbidden"),
        ([Reply(403, {"message": "Resource not accessible by integration"})], "forbidden"),
        ([Reply(404, {"message": "Not Found"})], "not_found"),
        ([Reply(422, {"message": "Validation Failed"})], "bad_input"),
        ([Reply(500)], "unavailable"),
        ([Reply(hang=True)], "timeout"),
        ([Reply(body="[", cut=True)], "unavailable"),
        ([Reply(body="<html>", content_type="text/html")], "failed"),
        ([Reply(body={"not": "a list"})], "failed"),
        ([Reply(body=[{"sha": "x"}])], "failed"),
        ([Reply(302, headers={"Location": "https://login.example.org"})], "not_configured"),
    ],
)
async def test_every_fault_has_its_word(replies: list[Reply], word: str) -> None:
    """Each names GitHub."""
    async with misbehaving() as server:
        server.script("*", *replies)
        said = await _refused_by(server.url)
    assert said.startswith(f"{word}: github: ")


async def test_an_empty_repository_has_no_commits() -> None:
    """GitHub says so with 409."""
    async with misbehaving() as server:
        server.script("*", Reply(409, {"message": "Git Repository is empty."}))
        assert (await _asked_of(server.url))["commits"] == []


async def test_a_trouble_that_passes_is_not_seen() -> None:
    """500 once, then well."""
    async with misbehaving() as server:
        server.script("*", Reply(500), Reply(body=[]))
        assert (await _asked_of(server.url))["commits"] == []


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({}, "code-looks.github"),
        ({"github": {"url": "api.github.com"}}, "code-looks.github.url"),
        ({"github": {"repository": ["shop/*"]}}, "code-looks.github.repository"),
    ],
)
def test_a_wrong_section_names_its_field(section: dict[str, Any], field: str) -> None:
    """Before the server stands; a misspelt one too."""
    with pytest.raises(ValueError, match=field):
        build_looks_real(section, ServerNeeds())


def _section(url: str) -> dict[str, Any]:
    return {"github": {"url": url, "timeout": 0.5, "retries": 1}}


async def _asked_of(url: str) -> dict[str, Any]:
    async with build_looks_real(_section(url), ServerNeeds()).standing() as server:
        return await answer(server, "list_commits", ASKED)


async def _refused_by(url: str) -> str:
    async with build_looks_real(_section(url), ServerNeeds()).standing() as server:
        return await refusal(server, "list_commits", ASKED)
