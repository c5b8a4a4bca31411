"""What the doctor finds: what is fine, what is missing, and what to do about it."""

from pathlib import Path

import pytest

from holdfast.workers.checks import Finding, examine
from tests.ended import Ended


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOLDFAST_API", "HOLDFAST_TEMPORAL_ADDRESS", "HOLDFAST_POLICY_FILE"):
        monkeypatch.delenv(name, raising=False)


async def _found(folder: Path) -> dict[str, Finding]:
    return {f.name: f for f in await examine(folder)}


async def test_a_bare_machine_is_fine(tmp_path: Path) -> None:
    """Nothing runs and no key exists yet; that is no fault."""
    found = await _found(tmp_path / "data")
    assert [f.name for f in found.values() if not f.fine and not f.optional] == []
    assert found["Temporal"].optional
    assert found["Temporal"].do == "holdfast up"


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "data").write_text("")
    found = (await _found(tmp_path / "data"))["data folder"]
    assert not found.fine
    assert "--data" in found.do


async def test_a_key_that_others_can_read_is_a_fault(tmp_path: Path) -> None:
    """Who reads it may sign grants."""
    for name in ("grant.key", "grant.pub"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    found = (await _found(tmp_path))["grant keys"]
    assert not found.fine
    assert found.do.startswith("chmod 600")
    (tmp_path / "grant.key").chmod(0o600)
    assert (await _found(tmp_path))["grant keys"].fine


async def test_a_wrong_policy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that shows every mistake in it."""
    wrong = tmp_path / "policy.yaml"
    wrong.write_text("name: x\nversion: 1\nrules: [{id: a, verdict: perhaps}]\n")
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(wrong))
    found = (await _found(tmp_path))["policy"]
    assert not found.fine
    assert found.do == f"holdfast policy lint {wrong}"


async def test_what_is_named_and_away_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody expects it to be there."""
    monkeypatch.setenv("HOLDFAST_API", "http://127.0.0.1:1")
    monkeypatch.setenv("HOLDFAST_TEMPORAL_ADDRESS", "127.0.0.1:1")
    found = await _found(tmp_path)
    assert not any(found[name].fine or found[name].optional for name in ("API", "Temporal"))


async def test_search_attributes_are_looked_for(ended: Ended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not know them would hold every workflow up."""
    monkeypatch.setenv("HOLDFAST_TEMPORAL_ADDRESS", ended.address)
    found = (await _found(tmp_path))["Temporal"]
    assert found.fine
    assert "search attributes known" in found.text
