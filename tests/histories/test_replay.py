"""The replay gate: every recorded history replays against the code as it is."""

import json
from pathlib import Path

import pytest

from holdfast.workers.replay import read, replay

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.json"))
WAYS = {
    "approved",
    "rejected",
    "expired",
    "modified",
    "rolled_back",
    "escalated",
    "merged",
    "reopened",
    "stopped",
    "thought",
    "thought_before_the_team",
    "continued_as_new_1",
    "continued_as_new_2",
    "scenario_oom_crash",
    "scenario_db_outage",
    "scenario_bad_deploy",
    "scenario_memory_leak",
    "scenario_healthy_false_alarm",
    "scenario_first_fix_fails",
}


def test_every_way_through_is_recorded() -> None:
    """No way can be dropped unseen."""
    assert {f.stem for f in FILES} >= WAYS


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
async def test_a_recorded_history_replays(file: Path) -> None:
    """The same commands in the same order; a change that is not patched for fails here."""
    [answer] = await replay([(file.stem, read(file))])
    assert answer.error == ""
    assert answer.events > 5


async def test_a_history_of_other_decisions_does_not_replay(tmp_path: Path) -> None:
    """The gate can fail: an activity of another type is noticed."""
    text = (FOLDER / "approved.json").read_text().replace("record_incident", "record_otherwise")
    changed = tmp_path / "changed.json"
    changed.write_text(text)
    [answer] = await replay([("changed", read(changed))])
    assert "Nondeterminism" in answer.error


async def test_a_file_that_is_no_history_is_said(tmp_path: Path) -> None:
    """The file is named."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"events": "none"}))
    with pytest.raises(ValueError, match=r"wrong\.json"):
        read(wrong)
