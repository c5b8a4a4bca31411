"""Which service's errors name which other one."""

from datetime import timedelta

import pytest

from holdfast.analysis.logs.patterns import mine
from holdfast.analysis.logs.peers import names, out_of_reach, peer_errors
from tests.analysis.logs.lines import lines
from tests.examples import AT

SERVICES = ("checkout", "orders", "orders-db", "mail")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dial tcp orders-db:5432 refused", True),
        ("orders-db.shop.svc.cluster.local timed out", True),
        ("http://ORDERS-DB/x", True),
        ("pod orders-db-0 is gone", True),
        ("pod orders-db-7d9f8c6b5-x2x9k is gone", True),
        ("orders refused", False),
        ("my-orders-db refused", False),
        ("orders-db-backup refused", False),
    ],
)
def test_a_service_is_named_by_its_whole_name(text: str, named: bool) -> None:
    """With a domain, a port or a pod's ending; a longer name is another service."""
    assert names(text, "orders-db") is named


def test_no_name_is_in_no_text() -> None:
    """An empty name would be everywhere."""
    assert not names("anything", "")


@pytest.mark.parametrize(
    "text", ["connection refused", "context deadline exceeded", "answered 503", "cannot connect", "i/o timeout"]
)
def test_out_of_reach_is_known_by_its_words(text: str) -> None:
    """As the usual clients say it."""
    assert out_of_reach(text)
    assert not out_of_reach("took 1503 ms")


def test_errors_about_another_service_are_told_with_their_counts() -> None:
    """Grown ones first; the caller's own name, other severities and other troubles are left out."""
    before = lines(*["ERROR mail timed out"] * 9, step=60)
    seen = [
        *before,
        *lines(*["ERROR checkout: orders-db:5432 refused"] * 4, start=700),
        *lines("INFO orders refused a voucher", "ERROR orders gave no price", start=800),
    ]
    templates = mine(seen, AT + timedelta(seconds=600), AT)
    found = peer_errors("checkout", templates, SERVICES)
    assert [(e.callee, e.count, e.after, e.grown) for e in found] == [("orders-db", 4, 4, True), ("mail", 9, 0, False)]
    assert found[0].first_seen == AT + timedelta(seconds=700)
    assert peer_errors("checkout", (), SERVICES) == ()
