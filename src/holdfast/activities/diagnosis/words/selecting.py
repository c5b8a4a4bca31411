"""A metric query read as far as it must be: which series it selects, and by which labels; anything else is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Before a list of labels in brackets, and between or before expressions; no series is called like that.
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_KEYWORDS = _GROUPING | {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}
_COMPARING = frozenset({"=", "!=", "=~", "!~"})
_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<span>\[[\w\s:.]*\])
    |(?P<number>(?:\d|\.\d)[\w.]*)
    |(?P<word>[A-Za-z_:][\w:]*)
    |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){},@])""",
    re.VERBOSE | re.ASCII,
)


class UnreadableQueryError(ValueError):
    """The query is in no language we read; the message says where."""


@dataclass(frozen=True)
class Matcher:
    """One condition on a label; `sign` is `=`, `!=`, `=~` or `!~`."""

    label: str
    sign: str
    value: str


Selector = tuple[Matcher, ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def selectors(query: str) -> list[Selector]:
    """Return the conditions of each selector in a query of Prometheus' language, none for a bare name.

    Raises:
        UnreadableQueryError: when a part of it cannot be read, and so might select anything.
    """
    tokens, found, n = _tokens(query), [], 0
    while n < len(tokens):
        token, after = tokens[n], _at(tokens, n + 1)
        if token.text == "{":
            matchers, n = _braces(tokens, n + 1)
            found.append(matchers)
            continue
        if token.kind == "word" and token.text.lower() in _GROUPING and after == "(":
            n = _labels(tokens, n + 2)
            continue
        if token.text in ("=", "=~", "!~", "}"):
            raise UnreadableQueryError(f"{token.text!r} stands outside a selector")
        if token.kind == "word" and _is_name(token.text, after):
            found.append(())
        n += 1
    return found


def plain(query: str) -> str:
    """Return a query without what makes no difference: blanks, comments, the kind of quotes, the order of matchers."""
    try:
        return "".join(_plain(_tokens(query)))
    except UnreadableQueryError:
        return " ".join(query.split())


def _plain(tokens: list[_Token]) -> Iterator[str]:
    n, before = 0, ""
    while n < len(tokens):
        if tokens[n].text == "{":
            matchers, n = _braces(tokens, n + 1)
            yield "{" + ",".join(sorted(f"{m.label}{m.sign}{m.value!r}" for m in matchers)) + "}"
            before = ""
            continue
        token = tokens[n]
        yield " " if {before, token.kind} <= {"word", "number"} else ""
        yield repr(_unquoted(token.text)) if token.kind == "string" else "".join(token.text.split())
        before, n = token.kind, n + 1


def _is_name(word: str, after: str) -> bool:
    """Return whether a word outside brackets names a series that nothing narrows down."""
    if word.lower() in _KEYWORDS:
        return False
    return after not in ("(", "{") and after.lower() not in ("by", "without")


def _tokens(query: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(query):
        found = _TOKEN.match(query, at)
        if found is None:
            raise UnreadableQueryError(f"{query[at : at + 20]!r} cannot be read")
        if found.lastgroup and found.lastgroup != "blank":
            tokens.append(_Token(found.lastgroup, found.group()))
        at = found.end()
    return tokens


def _at(tokens: list[_Token], n: int) -> str:
    return tokens[n].text if n < len(tokens) else ""


def _braces(tokens: list[_Token], n: int) -> tuple[Selector, int]:
    """Return the matchers from `n` on, and where their bracket ends."""
    matchers: list[Matcher] = []
    while _at(tokens, n) != "}":
        if n >= len(tokens) or tokens[n].kind not in ("word", "string"):
            raise UnreadableQueryError('a selector is {label="value",…}')
        named = tokens[n].kind == "string" and _at(tokens, n + 1) in (",", "}")  # {"a name", label="value"}
        if not named:
            matchers.append(_matcher(tokens[n : n + 3]))
        n += 1 if named else 3
        if _at(tokens, n) == ",":
            n += 1
        elif _at(tokens, n) != "}":
            raise UnreadableQueryError("matchers are joined by commas")
    return tuple(matchers), n + 1


def _matcher(tokens: list[_Token]) -> Matcher:
    if len(tokens) < 3 or tokens[1].text not in _COMPARING or tokens[2].kind != "string":
        raise UnreadableQueryError('a matcher is label="value"')
    label, sign, value = tokens
    return Matcher(_unquoted(label.text) if label.kind == "string" else label.text, sign.text, _unquoted(value.text))


def _labels(tokens: list[_Token], n: int) -> int:
    """Return where a list of labels that begins at `n` ends."""
    while _at(tokens, n) != ")":
        if n >= len(tokens) or (tokens[n].kind not in ("word", "string") and tokens[n].text != ","):
            raise UnreadableQueryError("a list of labels does not end")
        n += 1
    return n + 1


def _unquoted(text: str) -> str:
    """Return what a string says; escapes other than those of quotes and backslashes stay, so it equals no name."""
    return text[1:-1] if text.startswith("`") else re.sub(r"\\([\"'\\])", r"\1", text[1:-1])
