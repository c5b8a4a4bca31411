"""Pods and events, read into plain values."""

from typing import Any

import pytest

from holdfast.analysis.readings.pods import belongs, ends, of_deployment, read_events, read_pods
from tests.analysis.answers import events, pods


def test_a_pod_says_how_its_container_ended() -> None:
    """Why it waits and why it last ended are two things."""
    found = read_pods(pods({"reason": "CrashLoopBackOff", "last_reason": "OOMKilled", "exit_code": 137}, {})[1])
    assert [p.out_of_memory for p in found] == [True, False]
    assert ends(found) == {"CrashLoopBackOff": 1, "OOMKilled": 1}
    assert found[1].exit_code is None


def test_one_described_pod_is_read_like_a_list() -> None:
    """`describe_pod` answers one."""
    body = {"pod": pods({"restarts": 3})[1]["pods"][0]}
    assert [p.restarts for p in read_pods(body)] == [3]


@pytest.mark.parametrize(
    ("pod", "deployment", "expected"),
    [
        ("cart-7d9f8c6b5-x2x4z", "cart", True),
        ("cart-api-7d9f8c6b5-x2x4z", "cart", False),
        ("orders-db-0", "orders-db", True),
        ("cart-7d9f8c6b5", "cart", True),
        ("cart", "cart", True),
        ("carts-0", "cart", False),
    ],
)
def test_a_pods_name_says_whose_it_is(pod: str, deployment: str, expected: bool) -> None:
    """A deployment whose name begins like another's is not the other."""
    assert belongs(pod, deployment) is expected


def test_pods_are_chosen_by_the_deployment_the_source_names() -> None:
    """Only where it names none, the pod's own name decides."""
    found = read_pods(pods({}, {"deployment": "cart"}, {"deployment": ""})[1])
    assert [p.deployment for p in of_deployment(found, "checkout")] == ["checkout", ""]


def test_events_know_warnings() -> None:
    """Normal ones are told apart."""
    assert read_events(events(("BackOff", "pod/x", "m"))[1])[0].warning
    assert not read_events(events(("Pulled", "pod/x", "m"), kind="Normal")[1])[0].warning


@pytest.mark.parametrize("bad", [{}, {"pods": {}}, {"pods": [{"restarts": "many"}]}, {"pods": [{"exit_code": True}]}])
def test_an_answer_of_another_shape_is_refused(bad: dict[str, Any]) -> None:
    """What nobody can read is named, not guessed."""
    with pytest.raises((KeyError, TypeError)):
        read_pods(bad)
