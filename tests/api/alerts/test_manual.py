"""Incidents opened by hand: strict about their fields, and the same trouble told twice is one claim."""

from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.api.alerts.manual import Report, translate
from holdfast.domain.alert import Severity
from tests.api.doors import STARTED

TOLD: dict[str, Any] = {"title": "Checkout hangs", "service": "checkout"}


def test_what_is_reported_becomes_an_alert() -> None:
    """Its own labels win nothing over the fields that say what it is about."""
    report = Report(**TOLD, severity=Severity.HIGH, description="since noon", labels={"service": "x", "team": "pay"})
    seen = translate(report, "production", STARTED, "t")
    assert (seen.name, seen.service, seen.environment) == ("Checkout hangs", "checkout", "production")
    assert seen.labels == {
        "alertname": "Checkout hangs",
        "service": "checkout",
        "environment": "production",
        "team": "pay",
    }
    assert (seen.source, seen.summary, seen.severity) == ("manual", "since noon", Severity.HIGH)


def test_the_same_trouble_told_twice_has_one_fingerprint() -> None:
    """It joins the open incident instead of opening another."""
    first = translate(Report(**TOLD), "production", STARTED, "t")
    again = translate(Report(**TOLD, description="still"), "production", STARTED, "t")
    other = translate(Report(**TOLD, environment="test"), "production", STARTED, "t")
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_a_long_description_is_kept_beside_its_beginning() -> None:
    """The summary stays short; the whole is an annotation."""
    seen = translate(Report(**TOLD, description="d" * 3000), "production", STARTED, "t")
    assert len(seen.summary) == 1000
    assert seen.annotations["description"] == "d" * 3000


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"service": "checkout"}, "title"),
        ({**TOLD, "title": "   "}, "title"),
        ({**TOLD, "severity": "purple"}, "severity"),
        ({**TOLD, "urgency": 1}, "urgency"),
        ({**TOLD, "labels": {"a": 1}}, "labels"),
    ],
)
def test_a_wrong_or_unknown_field_is_named(fields: dict[str, Any], wrong: str) -> None:
    """People mistype; they are told what, instead of losing it."""
    with pytest.raises(ValidationError, match=wrong):
        Report(**fields)
