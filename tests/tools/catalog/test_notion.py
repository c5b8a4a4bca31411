"""Runbooks from Notion: which row fits, its page as Markdown, and what Notion's ways to say no become."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.catalog.checkout import made, served
from tests.tools.stand import answer, refusal
from tests.vendors.misbehaving import Reply, misbehaving
from tests.vendors.notion import SOURCE, TOKEN, Notion, block, notion, row, text

ASKED = {"service": "checkout", "alert": "HighErrorRate"}


@pytest.fixture
async def wiki(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notion]:
    """A Notion with one runbook, written with the types of property that people use."""
    monkeypatch.setenv("TEST_NOTION_TOKEN", TOKEN)
    async with notion() as server:
        service = {"type": "select", "select": {"name": "checkout"}}
        alert = {"type": "rich_text", "rich_text": [text("High"), text("Error*")]}
        evidence = {"type": "multi_select", "multi_select": [{"name": "error_ratio"}, {"name": "request_rate"}]}
        actions = {"type": "rich_text", "rich_text": [text("rollback_deployment, restart_deployment")]}
        properties: dict[str, Any] = {"Service": service, "Alert": alert, "Evidence": evidence, "Actions": actions}
        server.rows = [row("1a2b-3c", "Errors after a release", **properties)]
        server.pages["1a2b-3c"] = [block("paragraph", "Look at the newest release.")]
        yield server


def section(url: str, **fields: Any) -> dict[str, Any]:
    """Return the source of a server."""
    auth = {"kind": "bearer", "token": {"env": "TEST_NOTION_TOKEN"}}
    place = {} if "database" in fields else {"data_source": SOURCE}
    return {"kind": "notion", "url": url, "auth": auth, "timeout": 0.5, "retries": 1, **place, **fields}


async def book(source: dict[str, Any], asked: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what the catalogue answers."""
    async with served({"sources": [source]}).standing() as server:
        return await answer(server, "get_runbook", asked or ASKED)


async def test_a_row_is_a_runbook_and_its_page_the_text(wiki: Notion) -> None:
    """Whichever types its properties have; the page is cited."""
    found = await book(section(wiki.url))
    assert found["runbook"] == {
        "runbook_id": "notion-1a2b3c",
        "title": "Errors after a release",
        "service": "checkout",
        "alert": "HighError*",
        "body": "Look at the newest release.",
        "evidence": ["error_ratio", "request_rate"],
        "actions": ["rollback_deployment", "restart_deployment"],
    }
    assert found["sources"] == ["notion https://www.notion.so/1a2b-3c"]
    assert {version for _, version in wiki.asked} == {"2025-09-03"}


async def test_an_older_database_is_asked_in_its_own_version(wiki: Notion) -> None:
    """With properties called otherwise."""
    wiki.rows[0]["properties"]["For"] = wiki.rows[0]["properties"].pop("Service")
    found = await book(section(wiki.url, database=SOURCE, properties={"service": "For"}))
    assert found["runbook"]["service"] == "checkout"
    assert wiki.asked[0] == (f"POST /v1/databases/{SOURCE}/query", "2022-06-28")


async def test_pages_of_rows_and_of_blocks_follow_each_other(wiki: Notion) -> None:
    """By their cursors; what lies in the bin is no runbook."""
    wiki.page_size = 2
    wiki.rows = [{**row(f"p{n}", "other"), "in_trash": True} for n in range(4)] + wiki.rows
    wiki.pages["1a2b-3c"] = [block("paragraph", str(n)) for n in range(5)]
    assert (await book(section(wiki.url)))["runbook"]["body"] == "0\n\n1\n\n2\n\n3\n\n4"


async def test_blocks_become_markdown(wiki: Notion) -> None:
    """Headings, lists in lists, code, tables, looks and links; what has no Markdown is named."""
    cells = [[[text("a|b")], [text("c")]], [[text("1")], [text("2")]]]
    rows = [{**block("table_row"), "table_row": {"cells": c}} for c in cells]
    wiki.pages["1a2b-3c"] = [
        block("heading_2", "First"),
        block("numbered_list_item", "one", children=[block("bulleted_list_item", "deeper")]),
        block("numbered_list_item", "two"),
        block(
            "paragraph", "Run ", text("kubectl", code=True), " or ", text("this", href="https://example.org", bold=True)
        ),
        block("code", "a = 1\nb = 2", language="python"),
        block("to_do", "done", checked=True),
        block("quote", "said\ntwice"),
        block("table", children=rows),
        block("image", caption=[text("graph")], file={"url": "https://signed.example/secret"}),
        block("bookmark", url="https://example.org/x"),
        block("column_list", children=[block("column", children=[block("paragraph", "beside")])]),
        block("divider"),
        block("unheard_of"),
    ]
    assert (await book(section(wiki.url)))["runbook"]["body"] == MARKDOWN


MARKDOWN = """## First

1. one
   - deeper
2. two

Run `kubectl` or [**this**](https://example.org)

```python
a = 1
b = 2
```

- [x] done

> said
> twice

| a\\|b | c |
|---|---|
| 1 | 2 |

[graph: open it in Notion]

[bookmark](https://example.org/x)

beside

---

[unheard of: open it in Notion]"""


async def test_an_answer_is_used_again(wiki: Notion) -> None:
    """Notion allows three requests a second."""
    async with served({"sources": [section(wiki.url)]}).standing() as server:
        for _ in range(3):
            await answer(server, "get_runbook", ASKED)
    assert len(wiki.asked) == 2


async def test_a_short_wait_is_waited(wiki: Notion) -> None:
    """As Retry-After says."""
    wiki.limit_next(0)
    assert (await book(section(wiki.url)))["runbook"]["title"] == "Errors after a release"


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(401, {"code": "unauthorized"}), "forbidden"),
        (Reply(403, {"code": "restricted_resource"}), "forbidden"),
        (Reply(404, {"code": "object_not_found"}), "not_found"),
        (Reply(409, {"code": "conflict_error"}), "conflict"),
        (Reply(400, {"code": "validation_error"}), "bad_input"),
        (Reply(429, {"code": "rate_limited"}, {"Retry-After": "600"}), "rate_limited"),
        (Reply(503, {"code": "service_unavailable"}), "unavailable"),
        (Reply(hang=True), "timeout"),
        (Reply(body="{", cut=True), "unavailable"),
        (Reply(body="<html>", content_type="text/html"), "failed"),
        (Reply(body=["no list object"]), "failed"),
        (Reply(body={"results": "none"}), "failed"),
    ],
)
async def test_every_fault_has_its_word(wiki: Notion, reply: Reply, word: str) -> None:
    """It names Notion; other sources would answer meanwhile."""
    async with misbehaving() as server:
        server.script("*", reply)
        async with served({"sources": [section(server.url)]}).standing() as catalogue:
            said = await refusal(catalogue, "get_runbook", ASKED)
    assert said.startswith(f"{word}: notion: ")


async def test_files_come_first_when_they_are_named_first(wiki: Notion, tmp_path: Path) -> None:
    """Of two runbooks that fit as well, the first source's; and Notion away is a problem, not an error."""
    files = {"kind": "files", "folder": str(made(tmp_path / "estate").folder)}
    async with served({"sources": [files, section(wiki.url)]}).standing() as server:
        assert (await answer(server, "get_runbook", ASKED))["runbook"]["runbook_id"] == "rb-errors"
    async with served({"sources": [section(wiki.url), files]}).standing() as server:
        assert (await answer(server, "get_runbook", ASKED))["runbook"]["runbook_id"] == "notion-1a2b3c"
    away = section(wiki.url.replace("127.0.0.1", "127.0.0.2"))
    async with served({"sources": [away, files]}).standing() as server:
        found = await answer(server, "get_runbook", ASKED)
    assert found["runbook"]["runbook_id"] == "rb-errors"
    assert found["problems"][0].startswith("unavailable: notion")


async def test_a_renewed_token_is_used_at_once(wiki: Notion, tmp_path: Path) -> None:
    """It lies in a file."""
    file = tmp_path / "token"
    file.write_text("ntn-expired-token")
    source = section(wiki.url, auth={"kind": "bearer", "token": {"file": str(file)}})
    async with served({"sources": [source]}).standing() as server:
        said = await refusal(server, "get_runbook", ASKED)
        assert said.startswith("forbidden: notion: 401")
        file.write_text(TOKEN)
        assert (await answer(server, "get_runbook", ASKED))["runbook"]
