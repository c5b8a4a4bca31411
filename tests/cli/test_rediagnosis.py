"""`holdfast rediagnose`: side by side for one, a table for many, and what it refuses."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.ended import Ended

HISTORIES = Path(__file__).parents[1] / "histories"


def words(known: Ended, *more: object) -> tuple[object, ...]:
    """Return the command with its places named."""
    where = ("--temporal", known.address, "--database", known.database_url, "--data", known.data)
    return ("rediagnose", *more, *where)


async def test_one_incident_is_shown_side_by_side(run: Run, ended: Ended) -> None:
    """Cause, service, confidence, reason, evidence and cost of both."""
    shown = await asyncio.to_thread(run, *words(ended, ended.handle.id))
    assert shown.exit_code == 0, shown.output
    assert "on storefront: the same cause" in shown.stdout
    assert "recorded (ranker)" in shown.stdout
    assert "again (ranker)" in shown.stdout
    for row in ("cause", "service", "confidence", "because", "evidence", "missing", "cost"):
        assert f"│ {row}" in shown.stdout
    assert shown.stdout.count("healthy") >= 2


async def test_many_make_a_table_with_the_share_that_agrees(run: Run, ended: Ended) -> None:
    """Also of those that could not be compared."""
    shown = await asyncio.to_thread(run, *words(ended, ended.handle.id, HISTORIES / "approved.json"))
    assert shown.exit_code == 0, shown.output
    assert "1 of 1 agree (100%); 1 could not be compared; no model was asked" in shown.stdout


async def test_json_holds_both_diagnoses(run: Run, ended: Ended) -> None:
    """For programs."""
    shown = await asyncio.to_thread(run, *words(ended, ended.handle.id, "--ranker", "first-change", "--json"))
    told = json.loads(shown.stdout)
    (row,) = told["incidents"]
    assert row["again"]["method"] == "ranker:first-change"
    assert row["recorded"]["method"] == "ranker"
    assert row["agrees"] is False
    assert told["agreement"]["share"] == 0


def test_what_cannot_be_compared_is_an_answer_of_no(run: Run) -> None:
    """A history whose answers lie elsewhere; exit code 1 and the remedy."""
    said = run("rediagnose", HISTORIES / "approved.json")
    assert said.exit_code == 1
    assert "--data" in said.stderr
    assert not said.stdout


def test_an_incident_that_nobody_knows_is_said_without_a_table(run: Run, tmp_path: Path) -> None:
    """Exit code 1; the folder that was looked in is named, and it is left as it was."""
    said = run("rediagnose", "INC-404", "--data", tmp_path, "--temporal", "127.0.0.1:1")
    assert said.exit_code == 1
    assert "INC-404: no such incident" in said.stderr
    assert str(tmp_path) in said.stderr.replace("\n", "")
    assert not said.stdout
    assert not list(tmp_path.iterdir())


async def test_the_records_beside_the_answers_are_used(run: Run, ended: Ended) -> None:
    """Naming the folder is enough to find an incident by its number, though Temporal is away."""
    shown = await asyncio.to_thread(run, "rediagnose", "INC-1", "--data", ended.data, "--temporal", "127.0.0.1:1")
    assert shown.exit_code == 0, shown.output
    assert "INC-1 on storefront: the same cause" in shown.stdout


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ((), "name incidents"),
        (("INC-1", "--ranker", "oracle"), "no ranker 'oracle'"),
        (("INC-1", "--model", "m"), "HOLDFAST_MODEL_BASE_URL"),
    ],
)
def test_wrong_use_is_named(run: Run, wrong: tuple[str, ...], why: str) -> None:
    """Exit code 2, before anything is asked."""
    said = run("rediagnose", *wrong)
    assert said.exit_code == 2
    assert why in said.stderr


def test_a_temporal_that_is_away_is_said(run: Run) -> None:
    """Exit code 3, where nothing else knows the incidents."""
    said = run("rediagnose", "--all", "--temporal", "127.0.0.1:1")
    assert said.exit_code == 3
    assert "cannot be reached" in said.stderr
