"""Labels: what an alert is about is read by one ordered rule, and always fits into an incident's id."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.api.alerts.labels import LONGEST_SERVICE, LabelRule, fitting, severity_of
from holdfast.domain.alert import Severity
from holdfast.domain.incident import IncidentKey

RULE = LabelRule(service=("service", "app", "job"), environment=("environment", "env"), default_environment="prod")


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"job": "j", "app": "a", "service": "s"}, "s"),
        ({"job": "j", "app": "a"}, "a"),
        ({"job": "j", "service": "  "}, "j"),
        ({"pod": "p"}, "TheRule"),
    ],
)
def test_the_first_label_of_the_order_names_the_service(labels: dict[str, str], service: str) -> None:
    """Empty labels do not count; with none of them the rule's own name is the service."""
    assert RULE.service_of(labels, "TheRule") == service


def test_an_environment_is_read_or_the_default() -> None:
    """An alert that names none is taken for what the house runs."""
    assert RULE.environment_of({"env": "test"}) == "test"
    assert RULE.environment_of({}) == "prod"


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "critical"}, Severity.CRITICAL),
        ({"severity": "PAGE"}, Severity.CRITICAL),
        ({"severity": "error"}, Severity.HIGH),
        ({"severity": "warning"}, Severity.MEDIUM),
        ({"severity": "info"}, Severity.LOW),
        ({"priority": "P2"}, Severity.HIGH),
        ({"severity": "purple"}, Severity.MEDIUM),
        ({}, Severity.MEDIUM),
    ],
)
def test_the_words_of_many_houses_become_four(labels: dict[str, str], severity: Severity) -> None:
    """A word nobody knows counts as medium, and stays in the labels."""
    assert severity_of(labels) is severity


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=600))
def test_any_text_fits_into_an_incidents_id(text: str) -> None:
    """However long or strange, the id stays short, printable and of four parts."""
    name = fitting(text, LONGEST_SERVICE)
    key = IncidentKey(tenant="acme", environment="prod", service=name)
    assert len(key.workflow_id) < 300
    assert key.workflow_id.count("/") == 3
    assert name.isprintable()


def test_two_long_names_with_one_beginning_stay_two() -> None:
    """What is cut is told apart by a digest, and the same name is always cut the same."""
    first, second = "x" * 300 + "1", "x" * 300 + "2"
    assert fitting(first, LONGEST_SERVICE) != fitting(second, LONGEST_SERVICE)
    assert fitting(first, LONGEST_SERVICE) == fitting(first, LONGEST_SERVICE)


def test_a_usual_name_is_left_as_it_is() -> None:
    """Nothing is changed that need not be."""
    assert fitting("checkout-api", LONGEST_SERVICE) == "checkout-api"
