"""Sizes: no alert is too large for a history, and none is refused for being so."""

from typing import Any

import pytest
from pydantic_core import to_json

from holdfast.api.alerts.sizing import LARGEST, sized
from tests.examples import alert

BIG = "ü" * 200_000


@pytest.mark.parametrize(
    "fields",
    [
        {"annotations": {"description": BIG}},
        {"annotations": {f"a{n}": "x" * 300 for n in range(500)}},
        {"extra": {"blob": BIG, "kept": 1}},
        {"labels": {f"l{n}": BIG[:500] for n in range(200)}},
        {"labels": {BIG[:5000]: BIG}},
        {"generator_url": "x" * 9000},
        {"labels": {f"l{n}": "\U0001f600" * 500 for n in range(200)}},
        {"labels": {f"{n}" + "\x01" * 500: "\x01" * 500 for n in range(200)}, "summary": "\x01" * 1000},
        {"annotations": {"d": BIG}, "extra": {"b": BIG}, "labels": {"l": BIG}, "summary": "ü" * 4000},
    ],
)
def test_whatever_is_too_large_is_cut_to_fit(fields: dict[str, Any]) -> None:
    """The cut is noted, and identity, status and time are untouched."""
    whole = alert(**fields)
    small = sized(whole)
    assert len(to_json(small)) <= LARGEST
    assert small.alert_id == whole.alert_id
    assert (small.name, small.service, small.severity) == (whole.name, whole.service, whole.severity)
    assert isinstance(small.extra["cut_bytes"], int)
    assert small.extra["cut_bytes"] > 0


def test_the_least_needed_is_cut_first() -> None:
    """A long description does not cost the labels or the unknown fields."""
    small = sized(alert(annotations={"description": BIG}, labels={"pod": "p"}, extra={"kept": 1}))
    assert small.labels == {"pod": "p"}
    assert small.extra["kept"] == 1
    assert len(small.annotations["description"]) == 400


def test_an_usual_alert_is_left_as_it_is() -> None:
    """Nothing is changed that need not be."""
    whole = alert(annotations={"summary": "errors"}, extra={"kept": True})
    assert sized(whole) is whole
