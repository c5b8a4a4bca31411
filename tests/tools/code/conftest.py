"""A GitHub over a real repository, and both code servers over it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tools.code.acting import Acting
from tests.vendors.github import GitHub, github


@pytest.fixture
async def forge(tmp_path: Path) -> AsyncIterator[GitHub]:
    """A GitHub whose repository has two commits: `checkout.py` once right, then wrong."""
    async with github(tmp_path / "repository.git") as server:
        server.commit("First light", {"checkout.py": "right\n", "kept.txt": "kept\n", "old.txt": "old\n"})
        yield server


@pytest.fixture
def acting(forge: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Acting:
    """Both servers, with the token that may write."""
    return Acting(tmp_path / "state", forge.url, monkeypatch)
