"""Plays every public data set and writes `benchmarks/results/rca.*`: `make bench-rca DATA=folder`."""

import argparse
import importlib
import json
import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.rca.outcome import Answer, Outcome, Row
from holdfast.analysis.numbers.confidence import calibration_error

RESULTS = Path(__file__).parent.parent / "results"
SETS = ("opsbench", "alerts", "petshop", "sockshop", "nezha", "loghub", "changerca", "incidents")
MADE = frozenset({"incidents"})  # made by a seed: nothing to unpack
MOST_SECONDS = 180.0  # for the whole set on two cores
ARCHIVES = {"opsbench": "cloud-opsbench", "sockshop": "sockshop1", "loghub": "loghub2k"}


def unpacked(data: Path, name: str, scratch: Path) -> Path:
    """Return the folder of one set, unpacked from `data` if it was not; raises FileNotFoundError with its name."""
    if name in MADE:
        return scratch
    public = ARCHIVES.get(name, name)
    for folder in (data / public, scratch / public):
        if folder.is_dir():
            return folder
    archive = data / f"{public}.tar.xz"
    if not archive.is_file():
        raise FileNotFoundError(
            f"{public}: neither a folder nor {archive.name} in {data}; docs/diagnosis.md says whence"
        )
    with tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
    return scratch / public


def play(name: str, folder: Path) -> tuple[Outcome, float]:
    """Play one set; return what came out and the seconds it took, unpacking not counted."""
    began = time.monotonic()
    outcome: Outcome = importlib.import_module(f"benchmarks.rca.{name}").play(folder)
    return outcome, time.monotonic() - began


def calibration(answers: list[Answer]) -> Row:
    """Return the expected calibration error over all answers on public data as a row; `ours` is 1 minus it."""
    sure = np.array([a.confidence for a in answers])
    right = np.array([float(a.right) for a in answers])
    error = calibration_error(sure, right)
    note = f"expected calibration error {error:.3f} (at most .10, aim .05)"
    return Row(
        dataset="all", measure="calibration", ours=1 - error, at_least=0.9, aim=0.95, cases=len(answers), note=note
    )


def run_time(seconds: float) -> Row:
    """Return how long it took to play everything as a row, which misses when it is too long."""
    note = f"at most {MOST_SECONDS:.0f} s on two cores; unpacking is not counted"
    return Row(dataset="all", measure="seconds, whole set", ours=seconds, at_most=MOST_SECONDS, note=note)


def table(rows: list[Row]) -> str:
    """Return rows as Markdown."""
    lines = [
        "| set | measure | cases | ours | at least | aim | | published | note |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        bounds = [f"{b:.3f}" if b is not None else "" for b in (r.at_least, r.aim)]
        lines.append(
            f"| {r.dataset} | {r.measure} | {r.cases} | {r.ours:.3f} | {bounds[0]} | {bounds[1]} | {r.verdict} "
            f"| {r.published} | {r.note} |"
        )
    return "\n".join(lines) + "\n"


def asked(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rca", description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("HOLDFAST_RCA_DATA"), help="folder of the sets")
    parser.add_argument("--only", nargs="*", choices=SETS, default=SETS, help="play these sets only")
    parser.add_argument(
        "--scratch", type=Path, default=Path(tempfile.gettempdir()) / "holdfast-rca", help="where to unpack"
    )
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        parser.error("--data (or HOLDFAST_RCA_DATA) is needed: the folder of the public sets, see docs/diagnosis.md")
    return chosen


def main() -> int:
    """Play, print and, when every set was played, write. Exits 1 when a number is below its floor."""
    chosen = asked(sys.argv[1:])
    chosen.scratch.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    gaps: list[Row] = []
    answers: list[Answer] = []
    spent = 0.0
    for name in chosen.only:
        outcome, seconds = play(name, unpacked(chosen.data, name, chosen.scratch))
        print(f"{name}: {seconds:.1f} s", file=sys.stderr)
        rows += outcome.rows
        gaps += outcome.gap
        answers += () if name in MADE else outcome.answers  # made cases have a row of their own
        spent += seconds
    if answers:
        rows.append(calibration(answers))
    rows.append(run_time(spent))
    text = _document(rows, gaps, spent)
    print(text)
    if tuple(chosen.only) == SETS:
        _write(text, rows, gaps)
    return 1 if any(r.verdict == "**missed**" for r in rows) else 0


def _document(rows: list[Row], gaps: list[Row], spent: float) -> str:
    text = f"# Finding the cause, on public data\n\nNo model, one configuration, {spent:.0f} s in all.\n\n{table(rows)}"
    return text + (f"\n## Tuned on one system, scored on the other\n\n{table(gaps)}" if gaps else "")


def _write(text: str, rows: list[Row], gaps: list[Row]) -> None:
    (RESULTS / "rca.md").write_text(text)
    told = {"rows": [r.model_dump() for r in rows], "gap": [g.model_dump() for g in gaps]}
    (RESULTS / "rca.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
