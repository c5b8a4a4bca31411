"""The table of causes found says what was met and what was missed, and names the set that is not there."""

import tarfile
from pathlib import Path

import pytest

from benchmarks.rca.__main__ import MOST_SECONDS, asked, calibration, run_time, table, unpacked
from benchmarks.rca.outcome import Answer, Row


def row(**fields: object) -> Row:
    """Return a row with bounds .7 and .9."""
    return Row.model_validate({"dataset": "x", "measure": "m", "ours": 0.8, "at_least": 0.7, "aim": 0.9, **fields})


@pytest.mark.parametrize(("ours", "verdict"), [(0.69, "**missed**"), (0.7, "met"), (0.9, "aim")])
def test_a_number_stands_against_its_bounds(ours: float, verdict: str) -> None:
    """Equal to a bound is enough."""
    assert row(ours=ours).verdict == verdict
    assert f"| {ours:.3f} | 0.700 | 0.900 | {verdict} |" in table([row(ours=ours)])


def test_a_number_without_a_bound_is_told_and_not_judged() -> None:
    """It neither fails nor passes."""
    assert not row(ours=0.1, at_least=None, aim=None).verdict


def test_calibration_counts_against_its_bound_over_all_sets() -> None:
    """Ten answers at 90 % of which none was right miss by .9."""
    answers = [Answer(case=str(n), confidence=0.9, right=False) for n in range(10)]
    found = calibration(answers)
    assert (round(found.ours, 3), found.verdict, found.cases) == (0.1, "**missed**", 10)


@pytest.mark.parametrize(("seconds", "verdict"), [(MOST_SECONDS, "met"), (MOST_SECONDS + 0.1, "**missed**")])
def test_the_whole_run_time_can_miss(seconds: float, verdict: str) -> None:
    """It stands in the table as a number like the others, its bound beside it."""
    assert run_time(seconds).verdict == verdict
    assert f"| all | seconds, whole set | 0 | {seconds:.3f} |  |  | {verdict} |  | at most 180 s" in table(
        [run_time(seconds)]
    )


def test_a_set_is_found_as_a_folder_or_unpacked_from_its_archive(tmp_path: Path) -> None:
    """Under its public name, which is not always the module's."""
    (tmp_path / "data" / "petshop").mkdir(parents=True)
    inside = tmp_path / "loghub2k"
    inside.mkdir()
    (inside / "a.log").write_text("line\n")
    with tarfile.open(tmp_path / "data" / "loghub2k.tar.xz", "w:xz") as tar:
        tar.add(inside, "loghub2k")
    scratch = tmp_path / "scratch"
    assert unpacked(tmp_path / "data", "petshop", scratch) == tmp_path / "data" / "petshop"
    assert (unpacked(tmp_path / "data", "loghub", scratch) / "a.log").read_text() == "line\n"


def test_a_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With where it was looked for."""
    with pytest.raises(FileNotFoundError, match=r"sockshop1: neither a folder nor sockshop1\.tar\.xz in "):
        unpacked(tmp_path, "sockshop", tmp_path)


def test_where_the_data_lies_must_be_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed."""
    monkeypatch.delenv("HOLDFAST_RCA_DATA", raising=False)
    with pytest.raises(SystemExit):
        asked([])
    assert "HOLDFAST_RCA_DATA" in capsys.readouterr().err
