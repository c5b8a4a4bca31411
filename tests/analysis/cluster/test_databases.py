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


def clients(odd: dict[str, str], ill: bool = True, usual: dict[str, str] = RIGHT) -> ClusterState:
    """Return four clients of one database; `cart` has other settings and is ill."""
    manifests: list[dict[str, Any]] = []
    pods: list[Pod] = []
    for name in CLIENTS:
        manifests.append(workload(name, 80, container={"envFrom": [{"secretRef": {"name": f"{name}-db"}}]}))
        data = usual | (odd if name == "cart" else {})
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


def test_a_client_that_is_well_may_have_a_user_of_its_own() -> None:
    assert signs(clients({"X_USER": "cart", "X_PASSWORD": "carts"}, ill=False)) == []


def test_a_host_is_no_database_because_it_has_a_user() -> None:
    """Such as a cache, whoever asks it."""
    assert signs(clients({"X_USER": "me"}, usual={"X_HOST": "cache", "X_PORT": "6379", "X_USER": "app"})) == []


def test_settings_are_of_what_their_variables_begin_with() -> None:
    """The port of the mail is not the database's."""
    assert signs(clients({"MAIL_PORT": "26"}, usual={"X_HOST": "db-leader", "X_USER": "app", "MAIL_PORT": "25"})) == []


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
