"""How a policy's text becomes plain data: YAML read strictly, with the line each field stands on."""

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from holdfast.domain.noun import Noun

LARGEST = 256 * 1024
DEEPEST = 40

Path = tuple[str | int, ...]


class Problem(Noun):
    """One thing that is wrong with a document. `line` counts from 1; 0 when it is not known."""

    where: str
    text: str
    line: int = 0

    def __str__(self) -> str:
        """Return it as people read it: `line 7: rules.2.verdict: …`."""
        place = f"{self.where}: " if self.where else ""
        return (f"line {self.line}: " if self.line else "") + place + self.text


class PolicyError(ValueError):
    """A document that cannot be used: the message names the file, the first field that is wrong and its line."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (Problem(where="", text=message),)


def wrong(where: str, problems: Sequence[Problem]) -> PolicyError:
    """Return the error about one document, to be raised."""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return PolicyError(f"{where}: {problems[0]}{more}", problems)


class Document:
    """Plain data, and where each part of it was written."""

    def __init__(self, data: Any, lines: dict[Path, int]) -> None:
        self.data = data
        self._lines = lines

    def line_of(self, path: Path) -> int:
        """Return the line of a field, or of the nearest part around it that was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 0


def read(text: str, where: str) -> Document:
    """Read YAML; a key written twice is refused, for one of the two would be lost in silence.

    Raises:
        PolicyError: naming the line.
    """
    if len(text) > LARGEST:
        raise wrong(where, [Problem(where="", text=f"larger than {LARGEST // 1024} KiB")])
    try:
        return _document(yaml.SafeLoader(text))
    except yaml.YAMLError as e:
        raise wrong(where, [_problem(e)]) from e
    except (RecursionError, ValueError) as e:  # PyYAML lets `2026-99-99` and a thousand brackets through to Python
        raise wrong(where, [Problem(where="", text=f"not readable as YAML: {e}")]) from e


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """Return what pydantic found, each with its field and line."""
    found = error.errors(include_url=False)
    # A list whose only item is wrong also counts as too short: that says nothing new.
    told = [e for e in found if e["type"] != "too_short" or not any(_within(o["loc"], e["loc"]) for o in found)]
    return [
        Problem(where=".".join(map(str, e["loc"])), text=_said(e["msg"]), line=document.line_of(tuple(e["loc"])))
        for e in told
    ]


def _within(inner: Path, outer: Path) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _document(loader: yaml.SafeLoader) -> Document:
    try:
        reader, node = _Reader(loader), loader.get_single_node()
        return Document(None if node is None else reader.plain(node, ()), reader.lines)
    finally:
        loader.dispose()


class _Reader:
    """Turns YAML's nodes into plain data, noting lines. Aliases are refused: a few can unfold to gigabytes."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self.lines: dict[Path, int] = {}
        self._loader = loader
        self._seen: set[int] = set()

    def plain(self, node: yaml.Node, path: Path) -> Any:
        """Return what a node holds, and note its line."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            raise _refused("anchors and aliases are not read here", node)
        if len(path) > DEEPEST:
            raise _refused("nested too deeply", node)
        self._seen.add(id(node))
        if node.tag.startswith("tag:yaml.org,2002:python") or not node.tag.startswith("tag:yaml.org,2002:"):
            raise _refused(f"{node.tag} is no plain data", node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*path, n)) for n, item in enumerate(node.value)]
        return self._loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refused("a key must be one word", key_node)
            key = str(self._loader.construct_object(key_node))
            if key in found:
                raise _refused(f"{key!r} is written twice", key_node)
            self.lines[*path, key] = key_node.start_mark.line + 1
            found[key] = self.plain(value_node, (*path, key))
        return found


def _refused(text: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark)


def _problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or str(error)
    return Problem(where="", text=f"no YAML: {' '.join(str(text).split())}", line=mark.line + 1 if mark else 0)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
