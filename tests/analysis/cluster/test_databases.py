"""Databases and their clients."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.readings.pods import Pod
from tests.analysis.cluster.states import first, healthy, pod, rewritten, signs, workload

CLIENTS = ("cart", "order", "user", "mail")
RIGHT = {"X_HOST": "db-leader", "X_PORT": "5432", "X_USER": "app", "X_PASSWORD": "open"}


def clients(odd: dict[str, str], ill: bool = True) -> ClusterState:
    """Return four clients of one database; `cart` has other settings and is ill."""
    manifests: list[dict[str, Any]] = []
    pods: list[Pod] = []
    for name in CLIENTS:
        manifests.append(workload(name, 80, container={"envFrom": [{"secretRef": {"name": f"{name}-db"}}]}))
        data = RIGHT | (odd if name == "cart" else {})
        manifests.append({"kind": "Secret", "metadata": {"name": f"{name}-db"}, "stringData": data})
        pods.append(pod(name, ready=not (ill and name == "cart")))
    state = healthy()
    return rewritten(replace(state, pods=(*state.pods, *pods), present={}), *manifests)


@pytest.mark.parametrize(
    ("odd", "fault"),
    [
        ({"X_PORT": "5433"}, Fault.DATABASE_PORT),
        ({"X_PASSWORD": "shut"}, Fault.DATABASE_CREDENTIALS),
        ({"X_USER": "root"}, Fault.DATABASE_CREDENTIALS),
    ],
)
def test_the_one_client_whose_settings_differ_has_them_wrong(odd: dict[str, str], fault: Fault) -> None:
    assert first(clients(odd)) == (fault, "app/cart")
    assert signs(clients(odd, ill=False))[0].strength < signs(clients(odd))[0].strength


def test_equal_settings_and_too_few_clients_say_nothing() -> None:
    assert signs(clients({})) == []
    assert signs(clients({"X_HOST": "other", "X_PORT": "1"})) == []


def test_what_a_client_in_trouble_logs_tells_credentials_from_ports() -> None:
    denied = replace(clients({}), logs={"cart": ("Access denied for user 'app'@'10.0.0.1'",)})
    refused = replace(clients({}), logs={"cart": ("Communications link failure",)})
    assert first(denied) == (Fault.DATABASE_CREDENTIALS, "app/cart")
    assert first(refused) == (Fault.DATABASE_PORT, "app/cart")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("The MySQL server is running with the --read-only option", Fault.DATABASE_READ_ONLY),
        ("cannot execute INSERT in a read-only transaction", Fault.DATABASE_READ_ONLY),
        ("Data source rejected establishment of connection: Too many connections", Fault.DATABASE_CONNECTIONS),
    ],
)
def test_what_a_database_refuses_its_clients_is_the_databases_fault(line: str, fault: Fault) -> None:
    told = replace(clients({}), logs={"cart": (line,), "order": (line,)})
    assert first(told) == (fault, "app/db")
