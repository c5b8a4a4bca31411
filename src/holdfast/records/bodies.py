"""Where large bodies lie: files named by the digest of what they hold, so that a reference is also a proof."""

import asyncio
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from holdfast.domain.noun import canonical_json

SMALL = 4096


class FileBodyStore:
    """The body store of activities (port `BodyStore`), in a folder that every worker of an installation shares."""

    def __init__(self, root: Path, sync: Callable[[int], None] = os.fsync) -> None:
        """Keep bodies below `root`; `sync` makes what an open file or folder holds survive a loss of power."""
        self._root = root
        self._sync = sync

    async def put(self, body: JsonValue) -> str:
        """Store `body` under the SHA-256 of its canonical JSON; the same body twice is one file."""
        return await asyncio.to_thread(self._put, canonical_json(body).encode())

    async def get(self, ref: str) -> JsonValue:
        """Return the body stored under `ref`.

        Raises:
            KeyError: when there is none, or the file does not hold what its name says.
        """
        return await asyncio.to_thread(self._get, ref)

    def _put(self, data: bytes) -> str:
        ref = hashlib.sha256(data).hexdigest()
        path = self._path(ref)
        if _held(path, ref) is None:
            _place(self._sync, path, data if len(data) <= SMALL else gzip.compress(data, compresslevel=1, mtime=0))
        return ref

    def _get(self, ref: str) -> JsonValue:
        data = _held(self._path(ref), ref)
        if data is None:
            raise KeyError(f"no body {ref}, or not what was written")
        parsed: JsonValue = json.loads(data)
        return parsed

    def _path(self, ref: str) -> Path:
        if len(ref) != 64 or not set(ref) <= set("0123456789abcdef"):
            raise KeyError(f"{ref!r} is no reference")
        return self._root / ref[:2] / ref[2:]


def _held(path: Path, ref: str) -> bytes | None:
    """Return what the file holds, or None when it is absent, unreadable or not what its name says."""
    try:
        raw = path.read_bytes()
        data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error):
        return None
    return data if hashlib.sha256(data).hexdigest() == ref else None


def _place(sync: Callable[[int], None], path: Path, data: bytes) -> None:
    """Write the file whole or not at all: beside its place and onto the disk, then renamed into it.

    Without the order write, sync, rename a loss of power may leave a name before the words it stands for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            sync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _sync_folder(sync, path.parent)


def _sync_folder(sync: Callable[[int], None], folder: Path) -> None:
    """Make the new name last as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        sync(handle)
    finally:
        os.close(handle)
