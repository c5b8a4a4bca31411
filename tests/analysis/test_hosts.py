"""Containers and saved plans, told in a sentence."""

from typing import Any

import pytest

from holdfast.analysis.readings.hosts import read_container, read_plan

RUNNING: dict[str, Any] = {"container": "worker", "status": "running", "running": True, "restarts": 0}
ENDED: dict[str, Any] = {"container": "worker", "status": "exited", "running": False, "restarts": 4}
DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({**RUNNING, "started_at": "2026-03-01T02:50:00Z"}, "worker is running since 2026-03-01T02:50:00Z"),
        ({**RUNNING, "started_at": "2026", "health": "unhealthy"}, "worker is running since 2026, unhealthy"),
        ({**ENDED, "exit_code": 3, "oom_killed": False}, "worker is exited: exit code 3"),
        ({**ENDED, "exit_code": 137, "oom_killed": True}, "worker is exited: killed for memory"),
    ],
)
def test_a_container_is_told_by_what_it_does_or_how_it_ended(body: dict[str, Any], sentence: str) -> None:
    """Its own health check is named; a kill for memory is more than an exit code."""
    assert read_container(body)[0] == sentence


def test_a_plan_is_told_by_its_counts_and_carries_its_digest() -> None:
    """The digest is what an action would name."""
    body: dict[str, Any] = {"workspace": "shop", "saved_plan": DIGEST, "changes": {"add": 1, "change": 0, "destroy": 2}}
    sentence, facts = read_plan(body)
    assert sentence == "Terraform plan abababababab of shop: 1 to add, 0 to change, 2 to destroy"
    assert facts == {"workspace": "shop", "saved_plan": DIGEST, "add": 1, "change": 0, "destroy": 2}


def test_a_plan_of_nothing_says_so() -> None:
    """There is then no digest."""
    body: dict[str, Any] = {"workspace": "shop", "saved_plan": "", "changes": {"add": 0, "change": 0, "destroy": 0}}
    assert read_plan(body)[0] == "Terraform would change nothing in shop"


def test_a_plan_without_its_counts_is_no_plan() -> None:
    """The contract's field is missed by name."""
    with pytest.raises(TypeError, match="changes"):
        read_plan({"workspace": "shop", "saved_plan": DIGEST})


def test_a_plan_names_the_outputs_it_changes() -> None:
    """Nothing else would tell of a plan that changes no resource."""
    body: dict[str, Any] = {"workspace": "shop", "saved_plan": DIGEST, "changes": {"add": 0, "change": 0, "destroy": 0}}
    outputs: list[Any] = [{"name": f"out\n{n}", "action": "update"} for n in range(7)]
    assert read_plan({**body, "outputs": outputs[:2]})[0].endswith("0 to destroy; outputs out 0, out 1")
    assert read_plan({**body, "outputs": outputs})[0].endswith("out 4 and 2 more")
    assert read_plan({**body, "outputs": "none"})[0].endswith("0 to destroy")
