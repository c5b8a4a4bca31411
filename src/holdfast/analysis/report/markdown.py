"""How the report shows words that others wrote: as data, which Markdown displays and never obeys."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from holdfast.analysis.cleaning import clean

LONGEST = 20_000
# What RFC 3986 lets an address hold unquoted, less what Markdown could take for the end of a link or of a cell.
_IN_ADDRESSES = ":/?#[]@!$&'()*+,;=%~"

# What opens a span, a link, an entity or a table's cell anywhere in a line; bare addresses become links too.
_SPECIAL = re.compile(r"[\\`*_\[\]<|~&]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_ID = re.compile(r"[\w-]+", re.ASCII)
# What would begin a list, a rule, a quotation or a heading where a line begins.
_LEADING = re.compile(r"(?P<number>[0-9]{1,9})?(?P<mark>(?(number)[.)]|[-+=>#]))")


def plain(text: str) -> str:
    """Return `text` on one line, every character that Markdown would act on made harmless."""
    one_line = " ".join(clean(text, LONGEST).split())
    lead = _LEADING.match(one_line)
    start = lead.end() if lead else 0
    begun = f"{lead['number'] or ''}\\{lead['mark']}" if lead else ""
    return begun + _SPECIAL.sub(lambda found: "\\" + found[0], one_line[start:])


def code(text: str) -> str:
    """Return `text` exactly, as a code span that nothing in it can close; what cannot be seen is written as in JSON."""
    visible = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text) or "-"
    # After a backslash no escape of `|` is safe in every table, so it too is written as in JSON.
    shown = re.sub(r"(?<=\\)\|", r"\\u007c", visible)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def link(text: str, address: str) -> str:
    """Return a link to a web address that nothing in it can leave; anything but a web address is no link."""
    if not address.startswith(("http://", "https://")):
        return ""
    return f"[{plain(text)}](<{quote(address, safe=_IN_ADDRESSES)}>)"


def answer(evidence_id: str) -> str:
    """Return a link to the whole answer behind an item, beside the report it stands in: the API serves both."""
    return f"[answer](evidence/{evidence_id})" if _ID.fullmatch(evidence_id) else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are already Markdown, or nothing when it has no rows."""
    lines = [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    top = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*top, *lines]) if lines else ""


def refs(evidence: Iterable[str]) -> str:
    """Return citations, such as [`ev-4145355dc093`](#ev-4145355dc093), which lead to the report's list of evidence."""
    return " ".join(f"[{code(ref)}](#{ref})" if _ID.fullmatch(ref) else f"[{code(ref)}]" for ref in evidence)


def anchor(evidence_id: str) -> str:
    """Return the place that citations of an item lead to."""
    return f'<a id="{evidence_id}"></a>' if _ID.fullmatch(evidence_id) else ""


def moment(at: datetime) -> str:
    """Return a time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def paragraphs(parts: Iterable[str]) -> str:
    """Return the parts that say anything, an empty line between them."""
    return "\n\n".join(p for p in parts if p)


def _cell(text: str) -> str:
    """A table is cut at every `|`, even inside a code span, unless a backslash stands before it."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)
