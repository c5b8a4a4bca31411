"""The demonstration as a newcomer runs it: one command, nothing prepared, from alert to an end as promised."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from holdfast.domain.incident import Incident, IncidentStatus

HOLDFAST = str(Path(sys.executable).with_name("holdfast"))


async def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `holdfast` with an empty home and return its exit code and what it wrote."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HOLDFAST_", "XDG_"))}
    process = await asyncio.create_subprocess_exec(
        HOLDFAST,
        *arguments,
        env={**kept, "HOME": "", "COLUMNS": "100"},
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.parametrize("scenario", ["bad-deploy", "first-fix-fails"])
async def test_a_demonstration_ends_as_its_story_says(tmp_path: Path, scenario: str) -> None:
    """With an empty home it exits 0, standard output is exactly one document, and nothing is left in the folder."""
    code, out, err = await run(tmp_path, "demo", "--scenario", scenario, "--approve-as", "alice", "--json")
    assert code == 0, err
    seen = Incident.model_validate(json.loads(out))
    assert seen.status is IncidentStatus.CLOSED
    assert seen.report is not None
    assert {b.vote.voter for b in seen.ballots if not b.refused} == {"alice"}
    assert all(a.verification is not None for a in seen.attempts if not a.backwards)
    assert seen.attempts[-1].verification is not None
    assert seen.attempts[-1].verification.recovered
    assert "Traceback" not in err
    assert os.listdir(tmp_path) == []


async def test_an_unknown_scenario_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """Wrong use has its own exit code, and says what would be right."""
    code, out, err = await run(tmp_path, "demo", "--scenario", "bad-deplyo", "--json")
    assert (code, out) == (2, "")
    assert "bad-deploy" in err
    assert "Traceback" not in err
