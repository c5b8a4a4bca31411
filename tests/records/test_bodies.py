"""Bodies outside the history: found by what they hold, whole or absent."""

import gzip
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from holdfast.domain.noun import digest
from holdfast.records.bodies import FileBodyStore

SMALL: JsonValue = {"lines": ["a", "b"]}
LARGE: JsonValue = {"lines": ["the same words again and again"] * 1000}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda v: st.lists(v) | st.dictionaries(st.text(), v),
)


@pytest.fixture
def bodies(tmp_path: Path) -> FileBodyStore:
    """An empty store."""
    return FileBodyStore(tmp_path)


def file_of(folder: Path) -> Path:
    """Return the only file."""
    (path,) = (p for p in folder.rglob("*") if p.is_file())
    return path


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=VALUES)
async def test_what_is_put_comes_back(bodies: FileBodyStore, body: JsonValue) -> None:
    """Under the digest of its canonical JSON, which is also what evidence is proved by."""
    ref = await bodies.put(body)
    assert ref == digest(body)
    assert await bodies.get(ref) == body


async def test_the_same_body_twice_is_one_file(bodies: FileBodyStore, tmp_path: Path) -> None:
    """In whatever order its keys came."""
    assert await bodies.put({"a": 1, "b": 2}) == await bodies.put({"b": 2, "a": 1})
    assert file_of(tmp_path).parent.parent == tmp_path


async def test_a_large_body_is_kept_small(bodies: FileBodyStore, tmp_path: Path) -> None:
    """A body above 4 KB is compressed, and comes back the same."""
    assert await bodies.get(await bodies.put(LARGE)) == LARGE
    assert file_of(tmp_path).stat().st_size < len(json.dumps(LARGE)) / 10


@pytest.mark.parametrize("ref", ["", "ab", "0" * 64, "../../etc/passwd", "G" * 64, "A" * 64, "0" * 63 + "/"])
async def test_what_was_never_put_is_no_key(bodies: FileBodyStore, ref: str) -> None:
    """A reference to nothing, and one that is no reference and leads nowhere."""
    with pytest.raises(KeyError):
        await bodies.get(ref)


@pytest.mark.parametrize("body", [SMALL, LARGE])
@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "replaced", "bent"])
async def test_a_damaged_body_is_no_key_and_heals_when_put_again(
    bodies: FileBodyStore, tmp_path: Path, body: JsonValue, damage: str
) -> None:
    """What is read is what was written, or nothing; the next writer of the same body mends it."""
    ref = await bodies.put(body)
    path = file_of(tmp_path)
    raw = path.read_bytes()
    spoilt = {
        "cut": raw[: len(raw) // 2],
        "changed": raw[:-1] + b"?",
        "emptied": b"",
        "replaced": gzip.compress(b'{"other": 1}'),
        "bent": raw[:2] + bytes(b ^ 255 for b in raw[2:]),
    }
    path.write_bytes(spoilt[damage])
    with pytest.raises(KeyError):
        await bodies.get(ref)
    assert await bodies.put(body) == ref
    assert await bodies.get(ref) == body


async def test_a_body_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    """A loss of power leaves the whole body or none: first its words are synced, then its folder with the name."""
    place = tmp_path / digest(SMALL)[:2] / digest(SMALL)[2:]
    seen: list[tuple[bool, bytes, bool]] = []

    def sync(handle: int) -> None:
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        seen.append((folder, b"" if folder else os.pread(handle, 1000, 0), place.exists()))

    await FileBodyStore(tmp_path, sync).put(SMALL)
    assert seen == [(False, b'{"lines":["a","b"]}', False), (True, b"", True)]


async def test_a_disk_that_does_not_sync_is_told(tmp_path: Path) -> None:
    """What may be lost is not said to be kept, and no half of it stays behind."""

    def sync(handle: int) -> None:
        raise OSError(handle, "no space left")

    with pytest.raises(OSError, match="no space left"):
        await FileBodyStore(tmp_path, sync).put(SMALL)
    assert os.listdir(tmp_path / digest(SMALL)[:2]) == []


async def test_a_body_that_cannot_be_written_leaves_nothing(bodies: FileBodyStore, tmp_path: Path) -> None:
    """The error is told, and no half of a file stays behind."""
    ref = digest(SMALL)
    (tmp_path / ref[:2] / ref[2:]).mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        await bodies.put(SMALL)
    assert os.listdir(tmp_path / ref[:2]) == [ref[2:]]
