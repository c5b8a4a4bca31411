"""One case of Cloud-OpsBench on disk: the cached answers of its tools, found by tool and arguments."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

_VARIANTS = {"label_selector", "show_labels", "output_wide"}


@dataclass(frozen=True)
class CachedCase:
    """A folder with `tool_cache.json` and `metadata.json`."""

    folder: Path

    @property
    def name(self) -> str:
        """Return it as system/class/number."""
        return "/".join(self.folder.parts[-3:])

    @property
    def system(self) -> str:
        """Return the system it was recorded on."""
        return self.folder.parts[-3]

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Return what is told, and the truth."""
        return dict(json.loads((self.folder / "metadata.json").read_text()))

    @cached_property
    def _answers(self) -> list[tuple[str, dict[str, Any], Any]]:
        cache = json.loads((self.folder / "tool_cache.json").read_text())
        found = []
        for key, answer in cache.items():
            tool, _, arguments = key.partition(":")
            found.append((tool, json.loads(arguments) if arguments.startswith("{") else {}, answer))
        return found

    def asked(self, tool: str) -> Iterator[tuple[dict[str, Any], Any]]:
        """Yield the arguments and answer of every call of one tool."""
        yield from ((arguments, answer) for name, arguments, answer in self._answers if name == tool)

    def listed(self, kind: str) -> str | None:
        """Return plain `kubectl get` of a kind; None when it was not asked."""
        for arguments, answer in self.asked("GetResources"):
            if (
                arguments.get("resource_type") == kind
                and not arguments.get("name")
                and not _VARIANTS & arguments.keys()
            ):
                return str(answer)
        return None

    def described(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield the name and `kubectl describe` of each object of a kind."""
        for arguments, answer in self.asked("DescribeResource"):
            if arguments.get("resource_type") == kind:
                yield str(arguments.get("name")), str(answer)


def cases(folder: Path) -> list[CachedCase]:
    """Return every case below a folder."""
    return [CachedCase(p.parent) for p in sorted(folder.rglob("tool_cache.json"))]
