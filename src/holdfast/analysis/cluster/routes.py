"""Gateways' routes out of configuration texts: lists of routes in YAML, JSON or properties, and nginx's locations.

Analysis has no YAML library, and such texts are often templates that no library reads; a route needs three fields only,
which are looked for inside one item of a list, in whatever order they stand.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST = 1024 * 1024  # characters of one text that are read

_ITEM = re.compile(r"^( *)- *(?=[\w\"'{])")
_FIELD = r"(?<![\w.-])[\"']?{}[\"']?\s*:\s*[\"']?([^\s,\"'}}\]]+)"
_ID, _URI = re.compile(_FIELD.format("id")), re.compile(_FIELD.format("uri"))
# A path as Spring Cloud Gateway writes it: the short form, and the long one with its arguments.
_PATH = re.compile(r"\bPath=([^\s,\"'}\]]+)")
_LONG_PATH = re.compile(r"\bname[\"']?\s*:\s*[\"']?Path\b[\s\S]{0,200}?(/[^\s,\"'}\]]*)")
_PROPERTY = re.compile(r"^[ \t]*(\S*routes\[\d+\])\.(\w+)[^\s=:]*[ \t]*[=:][ \t]*(\S+)[ \t]*$", re.M)
_LOCATION = re.compile(r"\blocation[ ~^=*]+(?P<path>/\S+)\s*\{[^}]*?proxy_pass\s+(?P<uri>[^;]+);")


@dataclass(frozen=True)
class Route:
    """One route: what it is called, the path it is for, and where it leads."""

    name: str
    path: str
    uri: str


def read_routes(text: str) -> tuple[Route, ...]:
    """Return the routes of one configuration text; none of a text that holds none, or is none."""
    if len(text) > LONGEST:
        return ()
    found = [*_located(text), *_properties(text), *(_from_json(text) or _items(text))]
    return tuple(dict.fromkeys(found))


def _located(text: str) -> Iterator[Route]:
    for found in _LOCATION.finditer(text):
        yield Route("", found["path"], found["uri"].strip())


def _properties(text: str) -> Iterator[Route]:
    routes: dict[str, str] = defaultdict(str)
    for prefix, key, value in _PROPERTY.findall(text):
        routes[prefix] += f"{key}: {value}\n"
    for lines in routes.values():
        yield from _route(lines)


def _from_json(text: str) -> list[Route]:
    """Return the routes of a JSON text, written out item by item as the other form has them."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return []
    waiting, found = [tree], list[Route]()
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping) and {"id", "uri"} <= each.keys():
            found += _route(json.dumps(each))
        elif isinstance(each, Mapping | list):
            waiting += each.values() if isinstance(each, Mapping) else each
    return found


def _items(text: str) -> Iterator[Route]:
    """Yield a route of each item of a YAML list: the line of its dash and what is indented further."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        dash = _ITEM.match(line)
        if dash:
            yield from _route("\n".join([line[dash.end() :], *_below(lines[start + 1 :], len(dash[1]))]))


def _below(lines: list[str], indent: int) -> Iterator[str]:
    for line in lines:
        own = len(line) - len(line.lstrip(" "))
        if line.strip() and own <= indent:
            return
        yield line


def _route(item: str) -> Iterator[Route]:
    name, uri = _ID.search(item), _URI.search(item)
    path = _PATH.search(item) or _LONG_PATH.search(item)
    if name and uri and path:
        yield Route(name[1], path[1], uri[1])
