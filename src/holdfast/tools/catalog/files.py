"""Services and runbooks in files, such as a git checkout: read again when changed, and never lost to a slip."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from holdfast.domain.service import Runbook
from holdfast.tools.catalog.checkout import commit_of
from holdfast.tools.catalog.entry import CitedRunbook, CitedService, Reading
from holdfast.tools.catalog.papers import runbook_in, services_in
from holdfast.tools.catalog.section import Files
from holdfast.tools.errors import Word, no

LARGEST = 1_000_000  # bytes of one file
MOST = 2000  # runbooks
Content = TypeVar("Content")
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class _Read(Generic[Content]):
    """A file as it was last read: its last good content, and what is wrong with it since."""

    stamp: Stamp
    content: Content | None
    problem: str = ""


class _Shelf(Generic[Content]):
    """Files of one sort, by their path within the folder: a checkout that is swapped for a newer one keeps them."""

    def __init__(self, parse: Callable[[str], Content]) -> None:
        self._parse = parse
        self.read: dict[str, _Read[Content]] = {}

    def refresh(self, folder: Path, there: Iterable[Path]) -> None:
        """Read what is new or changed, and forget what is gone."""
        paths = {str(path.relative_to(folder)): path for path in there}
        self.read = {name: kept for name, kept in self.read.items() if name in paths}
        for name, path in paths.items():
            before = self.read.get(name)
            stamp = _stamp(path)
            if before is None or before.stamp != stamp:
                self.read[name] = self._opened(path, stamp, before.content if before else None)

    def good(self) -> Iterator[tuple[str, Content]]:
        """Yield the path and the last good content of each file that ever had one."""
        return ((name, read.content) for name, read in self.read.items() if read.content is not None)

    def broken(self) -> Iterator[tuple[str, str]]:
        """Yield the path and the problem of each file that has one."""
        for name, read in self.read.items():
            if read.problem:
                yield name, read.problem + ("; its last good version counts" if read.content else "")

    def _opened(self, path: Path, stamp: Stamp, before: Content | None) -> _Read[Content]:
        if stamp[1] > LARGEST:
            return _Read(stamp, before, f"is larger than {LARGEST} bytes")
        try:
            return _Read(stamp, self._parse(path.read_text("utf-8")))
        except (ValueError, OSError) as e:
            return _Read(stamp, before, str(e))


class FileSource:
    """Implements Source over one folder. A broken file is named, and what it last said in order still counts."""

    def __init__(self, files: Files) -> None:
        self.name = files.name
        self._files = files
        self._services = _Shelf(services_in)
        self._runbooks = _Shelf(runbook_in)
        self._turn = threading.Lock()

    async def read(self) -> Reading:
        """Return what the files say now.

        Raises:
            ToolError: `not_configured`, when the folder or its catalogue is not there and never was.
        """
        return await asyncio.to_thread(self._reading)

    async def whole(self, found: CitedRunbook) -> Runbook:
        """Return the runbook; files give it whole."""
        return found.runbook

    def _reading(self) -> Reading:
        folder = self._files.folder.resolve()
        with self._turn:
            books = self._refresh(folder)
            if not self._services.read and not self._runbooks.read:
                what = f"{self._files.catalog} and no runbook"
                raise no(Word.NOT_CONFIGURED, f"{self.name}: {self._files.folder} holds no {what}")
            return self._told(commit_of(folder)[:12], books)

    def _refresh(self, folder: Path) -> int:
        """Look at every file; return how many runbooks there are."""
        paper, books = folder / self._files.catalog, sorted(_markdown(folder, self._files.runbooks))
        self._services.refresh(folder, [paper] if paper.is_file() else [])
        self._runbooks.refresh(folder, books[:MOST])
        return len(books)

    def _told(self, commit: str, books: int) -> Reading:
        def cite(path: str) -> str:
            return f"{self.name} {path}@{commit}" if commit else f"{self.name} {path}"

        told = [(cite(path), entry) for path, entries in self._services.good() for entry in entries]
        broken = [f"{cite(p)}: {why}" for shelf in (self._services, self._runbooks) for p, why in shelf.broken()]
        return Reading(
            services=tuple(CitedService(entry=entry, source=source) for source, entry in told),
            runbooks=tuple(CitedRunbook(runbook=book, source=cite(path)) for path, book in self._runbooks.good()),
            problems=(*broken, *([f"{self.name}: {books} runbooks; {MOST} are read"] if books > MOST else [])),
        )


def _stamp(path: Path) -> Stamp:
    """A file that is gone by now is read as empty, and named by what is missing in it."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino


def _markdown(folder: Path, runbooks: str) -> Iterator[Path]:
    """Yield the runbooks, and no file that a link takes out of the folder."""
    for path in (folder / runbooks).rglob("*.md"):
        if path.is_file() and path.resolve().is_relative_to(folder):
            yield path
