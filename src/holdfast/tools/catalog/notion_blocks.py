"""Notion's blocks as Markdown: https://developers.notion.com/reference/block and .../rich-text."""

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]
INDENT = "   "  # as deep as the text of `1. ` begins
_CAPTIONED = frozenset({"bookmark", "embed", "file", "image", "link_preview", "pdf", "video"})
_LAYOUT = frozenset({"column", "column_list", "synced_block"})
# What is continued by the same without an empty line between.
_LISTS = frozenset({"bulleted_list_item", "numbered_list_item", "to_do", "table_row"})


def plain(rich: list[Object]) -> str:
    """Return rich text without its looks."""
    return "".join(str(part.get("plain_text", "")) for part in rich).strip()


def markdown(blocks: list[Object]) -> str:
    """Return blocks, each with its children in `children`, as Markdown."""
    return "\n".join(_lines(blocks)).strip()


def _lines(blocks: list[Object]) -> list[str]:
    lines: list[str] = []
    before, number = "", 0
    for block in blocks:
        kind = str(block["type"])
        number = number + 1 if kind == "numbered_list_item" == before else 1
        if lines and not (kind == before and kind in _LISTS):
            lines.append("")
        lines += _block(kind, block, number)
        before = kind
    return lines


def _block(kind: str, block: Object, number: int) -> list[str]:
    told: Object = block.get(kind) or {}
    children: list[Object] = block.get("children", [])
    if kind in _LAYOUT:
        return _lines(children)
    if kind == "table":
        return _table(children)
    if kind in _CAPTIONED:
        return [_link(kind, told)]
    marked = _MARKED.get(kind)
    if marked is None:
        return [f"[{kind.replace('_', ' ')}: open it in Notion]", *_indented(children)]
    first, *more = marked(told, number).split("\n")
    return [first, *more, *_indented(children)]


_MARKED: dict[str, Callable[[Object, int], str]] = {
    "paragraph": lambda b, _: _rich(b),
    "heading_1": lambda b, _: f"# {_rich(b)}",
    "heading_2": lambda b, _: f"## {_rich(b)}",
    "heading_3": lambda b, _: f"### {_rich(b)}",
    "bulleted_list_item": lambda b, _: f"- {_rich(b)}",
    "numbered_list_item": lambda b, n: f"{n}. {_rich(b)}",
    "to_do": lambda b, _: f"- [{'x' if b.get('checked') else ' '}] {_rich(b)}",
    "toggle": lambda b, _: f"- {_rich(b)}",
    "quote": lambda b, _: "> " + _rich(b).replace("\n", "\n> "),
    "callout": lambda b, _: "> " + _rich(b).replace("\n", "\n> "),
    "code": lambda b, _: f"```{b.get('language', '')}\n{plain(b.get('rich_text', []))}\n```",
    "equation": lambda b, _: f"`{b.get('expression', '')}`",
    "divider": lambda *_: "---",
    "child_page": lambda b, _: f"[page: {b.get('title', '')}]",
}


def _indented(children: list[Object]) -> list[str]:
    return [f"{INDENT}{line}" if line else "" for line in _lines(children)]


def _table(rows: list[Object]) -> list[str]:
    cells = [[_inline(cell).replace("|", "\\|") for cell in row["table_row"]["cells"]] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [*lines[:1], "|" + "---|" * len(cells[0]), *lines[1:]] if lines else []


def _link(kind: str, told: Object) -> str:
    address = told.get("url") or (told.get("external") or {}).get("url") or ""
    name = plain(told.get("caption", [])) or kind.replace("_", " ")
    # Files that Notion holds have an address that is good for an hour, and is a secret as long.
    return f"[{name}]({address})" if address else f"[{name}: open it in Notion]"


def _rich(told: Object) -> str:
    return _inline(told.get("rich_text", []))


def _inline(rich: list[Object]) -> str:
    return "".join(_part(part) for part in rich)


def _part(part: Object) -> str:
    text, looks = str(part.get("plain_text", "")), part.get("annotations") or {}
    if not text.strip():
        return text
    for look, mark in (("code", "`"), ("bold", "**"), ("italic", "_"), ("strikethrough", "~~")):
        text = f"{mark}{text}{mark}" if looks.get(look) else text
    return f"[{text}]({part['href']})" if part.get("href") else text
