"""PromQL read just far enough to see what would be fetched: a selector that names nothing would fetch every series.

Source: prometheus.io/docs/prometheus/latest/querying/basics, "Time series selectors" and "String literals".
"""

import re
from collections.abc import Iterator

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import MOST_POINTS, MetricQuery

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
    |(?P<name>[A-Za-z_:][A-Za-z0-9_:.]*)
    |(?P<sign>=~|!~|!=|.)""",
    re.VERBOSE | re.DOTALL,
)
# Words that may stand before a selector without being its metric's name.
_WORDS = frozenset({"and", "or", "unless", "atan2", "bool", "group_left", "group_right", "offset", "default", "if"})
_SIGNS = frozenset({"=", "!=", "=~", "!~"})


def check(text: str) -> None:
    """Refuse a query in which a selector has neither a metric's name nor a label that must equal something.

    Raises:
        ToolError: `bad_input`, with the selector.
    """
    for before, matchers in _selectors(text):
        if not _names(before) and not all(map(_narrow, _alternatives(matchers))):
            shown = f"{{{''.join(matchers)}}}"[:80]
            raise no(Word.BAD_INPUT, f'query: {shown} would read every series; name a metric or a label="value"')


def fitting_series(most: int, query: MetricQuery) -> int:
    """Return how many series of this range one answer holds, of the most that the section allows; always one."""
    points = int((query.end - query.start) / query.step) + 1
    return max(1, min(most, MOST_POINTS // points))


def _selectors(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the word before each pair of braces, and what is between them."""
    before, held = "", None
    for found in _TOKEN.finditer(text):
        piece = found[0]
        if found.lastgroup == "skip":
            continue
        if held is None and piece == "{":
            held = list[str]()
        elif held is not None and piece == "}":
            yield before, held
            before, held = piece, None
        elif held is not None:
            held.append(piece)
        else:
            before = piece


def _names(word: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z_:][A-Za-z0-9_:.]*", word)) and word.lower() not in _WORDS


def _alternatives(selector: list[str]) -> list[list[str]]:
    """Return the groups of matchers between which VictoriaMetrics knows an `or`; elsewhere there is one."""
    groups: list[list[str]] = [[]]
    for n, token in enumerate(selector):
        if token.lower() == "or" and selector[n + 1 : n + 2] not in [[sign] for sign in _SIGNS]:
            groups.append([])
        else:
            groups[-1].append(token)
    return groups


def _narrow(matchers: list[str]) -> bool:
    """Return whether one of these names the metric, in quotes as UTF-8 names are, or equals what is not empty."""
    padded = ["", *matchers, ""]
    for before, token, after in zip(padded, matchers, padded[2:], strict=False):
        text = token[0] in "\"'`" and len(token) > 2
        if text and (before == "=" or (before not in _SIGNS and after not in _SIGNS)):
            return True
    return False
