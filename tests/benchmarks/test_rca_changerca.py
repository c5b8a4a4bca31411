"""The bench reads a canary release as its authors wrote it, and nothing that came after the moment of answering."""

import csv
import json
from pathlib import Path

from benchmarks.rca.changerca import ANSWERED_AFTER, play

DETECTED = 1_700_000_000
COLUMNS = ("Timestamp", "SuccessRate", "Latency", "CPUUsageRate(%)")


def case(folder: Path) -> Path:
    """Write a case: the cart and the pay service were released, pay is said to be at fault."""
    there = folder / "day" / "day_1"
    there.mkdir(parents=True)
    plan = {name: {"release_time": DETECTED - 120} for name in ("cart", "pay")}
    told = {"plan": plan, "detect_timestamp": DETECTED, "fault_release_service": "pay"}
    (there / "day_1.json").write_text(json.dumps(told))
    (there / "dependency.csv").write_text("Source,Target,Weight\nweb,cart,1\nweb,pay,1\ncart,10.0.0.1,1\n")
    return there


def pod(folder: Path, name: str, service: str, success: list[tuple[int, str]]) -> None:
    """Write what one pod answered to the web shop: (seconds from the detection, percent or nothing)."""
    with (folder / f"{name}_web_{service}.csv").open("w") as file:
        table = csv.writer(file)
        table.writerows([COLUMNS, *((DETECTED + at, share, "10", "") for at, share in success)])


def test_the_release_whose_new_version_fails_is_named(tmp_path: Path) -> None:
    """Its old version serves on; a gap in a number is no failure."""
    folder = case(tmp_path)
    for service in ("cart", "pay"):
        pod(folder, f"{service}-v1-a", service, [(-600, "100"), (60, "100"), (120, "")])
    pod(folder, "cart-v2-b", "cart", [(60, "100")])
    pod(folder, "pay-v2-b", "pay", [(60, "20")])
    outcome = play(tmp_path)
    assert [r.ours for r in outcome.rows] == [1.0, 1.0]
    assert outcome.answers[0].right


def test_what_came_after_the_answer_is_not_read(tmp_path: Path) -> None:
    """Ten minutes later the cart's new version fails; that was not known."""
    folder = case(tmp_path)
    for service in ("cart", "pay"):
        pod(folder, f"{service}-v1-a", service, [(-600, "100"), (60, "100")])
    pod(folder, "cart-v2-b", "cart", [(60, "100"), (int(ANSWERED_AFTER) + 60, "0")])
    pod(folder, "pay-v2-b", "pay", [(60, "90")])
    assert play(tmp_path).answers[0].right
