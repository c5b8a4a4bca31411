"""Runbooks from a Notion database: its rows say what they are for, and a row's page is the runbook's text.

https://developers.notion.com/reference: "Query a database" (2022-06-28), "Query a data source" (2025-09-03),
"Retrieve block children", "Pagination", "Request limits", "Status codes".
"""

from typing import Any

from holdfast.domain.service import Runbook
from holdfast.tools.catalog.entry import CitedRunbook, Reading
from holdfast.tools.catalog.notion_blocks import markdown, plain
from holdfast.tools.catalog.section import Columns, Notion
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.answers import Answer
from holdfast.tools.outside.cache import Cache
from holdfast.tools.outside.client import OutsideClient, Question

Object = dict[str, Any]
DATABASES, DATA_SOURCES = "2022-06-28", "2025-09-03"
PAGE = 100
MOST_ROWS, MOST_BLOCKS, DEEPEST = 1000, 1000, 4
_DEEPER = frozenset({"child_page", "child_database"})


class NotionSource:
    """Implements Source; a part of the server."""

    def __init__(self, notion: Notion) -> None:
        self.name = notion.name
        self._notion = notion
        self._client = OutsideClient(notion.name, notion, _reading)
        self._readings: Cache[Reading] = Cache(notion.keep)
        self._bodies: Cache[str] = Cache(notion.keep)
        self._headers = {"Notion-Version": DATA_SOURCES if notion.data_source else DATABASES}

    async def start(self) -> None:
        """Nothing to do: the first question opens the connection."""

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def read(self) -> Reading:
        """Return the database's rows as runbooks without text.

        Raises:
            ToolError: of the closed list, naming the source and the remedy.
        """
        return await self._readings.get("rows", self._rows)

    async def whole(self, found: CitedRunbook) -> Runbook:
        """Return a runbook with its page as Markdown.

        Raises:
            ToolError: of the closed list, naming the source and the remedy.
        """
        body = await self._bodies.get(found.place, lambda: self._body(found.place))
        return found.runbook.model_copy(update={"body": body})

    async def _rows(self) -> Reading:
        notion = self._notion
        place = f"data_sources/{notion.data_source}" if notion.data_source else f"databases/{notion.database}"
        rows: list[Object] = []
        cursor: str | None = ""
        while cursor is not None and len(rows) < MOST_ROWS:
            asked = {"page_size": PAGE} | ({"start_cursor": cursor} if cursor else {})
            question = Question.posting(f"/v1/{place}/query", asked, repeatable=True)
            found, cursor = await self._page(question)
            rows += found
        books = tuple(b for row in rows if (b := _runbook(self.name, row, notion.properties)))
        return Reading(runbooks=books, problems=(f"{self.name}: the first {len(rows)} rows",) if cursor else ())

    async def _body(self, page: str) -> str:
        left = [MOST_BLOCKS]
        text = markdown(await self._children(page, DEEPEST, left))
        return text if left[0] > 0 else f"{text}\n\n[the page goes on in Notion]"

    async def _children(self, block: str, deepest: int, left: list[int]) -> list[Object]:
        """Return a block's children, theirs within; `left` counts down the blocks that may still be read."""
        blocks: list[Object] = []
        cursor: str | None = ""
        while cursor is not None and left[0] > 0:
            params = (("page_size", str(PAGE)), *((("start_cursor", cursor),) if cursor else ()))
            found, cursor = await self._page(Question(path=f"/v1/blocks/{block}/children", params=params))
            blocks += found[: left[0]]
            left[0] -= len(found)
        for each in blocks:
            if each.get("has_children") and deepest > 1 and each.get("type") not in _DEEPER:
                each["children"] = await self._children(str(each["id"]), deepest - 1, left)
        return blocks

    async def _page(self, question: Question) -> tuple[list[Object], str | None]:
        """Return one page of a list and the next one's cursor."""
        told = question.model_copy(update={"headers": {**question.headers, **self._headers}})
        found = await self._client.fetch(told)
        try:
            rows = [dict(row) for row in found["results"]]
            return rows, str(found["next_cursor"]) if found.get("has_more") else None
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no list; does its url name Notion's API?") from e


def _reading(answer: Answer) -> tuple[Word, str] | None:
    if answer.status == 404:
        return Word.NOT_FOUND, "it has no such id, or it is not shared with our integration (Connections, in Notion)"
    return None


def _runbook(name: str, row: Object, columns: Columns) -> CitedRunbook | None:
    """Return a row as a runbook; None for one in the bin."""
    if row.get("archived") or row.get("in_trash") or not isinstance(row.get("properties"), dict):
        return None
    properties: dict[str, Object] = row["properties"]
    title = next((_words(p) for p in properties.values() if p.get("type") == "title"), ())
    told = {field: _words(properties.get(getattr(columns, field), {})) for field in Columns.model_fields}
    book = Runbook(
        runbook_id=f"{name}-{str(row['id']).replace('-', '')}",
        title=" ".join(title) or "untitled",
        service=" ".join(told["service"]),
        alert=" ".join(told["alert"]),
        evidence=told["evidence"],
        actions=told["actions"],
    )
    return CitedRunbook(runbook=book, source=f"{name} {row.get('url', row['id'])}", place=str(row["id"]))


def _words(found: Object) -> tuple[str, ...]:
    """Return a property's words, whichever of the usual types people gave it; text is split at commas."""
    kind = str(found.get("type", ""))
    value = found.get(kind)
    if kind == "title":
        return (plain(value or []),)
    if kind == "rich_text":
        return tuple(part for piece in plain(value or []).split(",") if (part := piece.strip()))
    if kind in ("select", "status"):
        return (str(value["name"]),) if value else ()
    return tuple(str(v["name"]) for v in value or ()) if kind == "multi_select" else ()
