"""Alertmanager's payload, translated: grouped, mixed, truncated, skewed, strange and wrong."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from holdfast.api.alerts.alertmanager import Webhook, labelled, translate
from holdfast.api.alerts.labels import LabelRule
from holdfast.domain.alert import Alert, AlertStatus, Severity
from tests.api.doors import STARTED, Json, delivery, webhook

NOW = STARTED + timedelta(minutes=1)


def _translated(payload: Json) -> tuple[Alert, ...]:
    return translate(Webhook.model_validate(payload), LabelRule(), NOW, "t" * 32)


def test_each_alert_of_a_group_is_one_claim() -> None:
    """Firing and resolved may come in one webhook; each keeps its own status, service and times."""
    gone = delivery("cart", status="resolved", endsAt="2026-03-01T03:00:30.5Z", fingerprint="f2")
    first, second = _translated(webhook(delivery("checkout"), gone))
    assert (first.service, first.environment, first.status) == ("checkout", "test", AlertStatus.FIRING)
    assert first.ends_at is None
    assert first.severity is Severity.CRITICAL
    assert first.summary == "checkout fails"
    assert first.trace_id == "t" * 32
    assert (second.service, second.status) == ("cart", AlertStatus.RESOLVED)
    assert second.ends_at == datetime(2026, 3, 1, 3, 0, 30, 500_000, tzinfo=UTC)


def test_the_same_claim_has_the_same_id_however_its_time_is_written() -> None:
    """An offset or nanoseconds do not make a repeat a new claim."""
    written = ["2026-03-01T03:00:00Z", "2026-03-01T05:00:00+02:00", "2026-03-01T03:00:00.000000123Z"]
    alerts = _translated(webhook(*(delivery("checkout", startsAt=at) for at in written)))
    assert len({a.alert_id for a in alerts}) == 1


def test_a_missing_fingerprint_is_made_from_the_labels() -> None:
    """Sources that send none still have one stable identity a rule and label set."""
    bare = {k: v for k, v in delivery("checkout").items() if k != "fingerprint"}
    other = bare | {"labels": {"alertname": "Other"}}
    a, b, c = _translated(webhook(bare, bare, other))
    assert a.fingerprint == b.fingerprint != c.fingerprint


def test_unknown_fields_are_kept() -> None:
    """An alert's own stay with it; the group's travel once, with the first alert."""
    first, second = _translated(webhook(delivery("checkout", silenced=[1]), delivery("cart"), colour={"a": None}))
    assert first.extra["silenced"] == [1]
    assert first.extra["group"] == {"colour": {"a": None}}
    assert first.extra["receiver"] == "holdfast"
    assert second.extra == {}


def test_labels_of_the_sender_stand_in_for_missing_ones() -> None:
    """What the alert says itself wins."""
    sent = Webhook.model_validate(webhook(delivery("checkout", novel=1)))
    [alert] = labelled(sent, {"env": "other", "team": "blue"}).alerts
    assert (alert.labels["env"], alert.labels["team"]) == ("test", "blue")
    assert alert.model_extra == {"novel": 1}
    assert labelled(sent, {}) is sent


def test_truncation_is_noted() -> None:
    """Alertmanager says how many alerts it left out, and so do we."""
    assert _translated(webhook(delivery("checkout"), truncatedAlerts=7))[0].extra["truncated_alerts"] == 7


def test_a_start_in_the_future_is_kept_and_noted() -> None:
    """A clock that runs ahead does not cost us the alert, nor its identity."""
    ahead = NOW + timedelta(hours=2)
    skewed = _translated(webhook(delivery("checkout", startsAt=ahead.isoformat())))[0]
    assert skewed.starts_at == ahead
    assert skewed.extra["clock_ahead_seconds"] == 7200
    assert "clock_ahead_seconds" not in _translated(webhook(delivery("checkout")))[0].extra


def test_a_summary_is_looked_for_and_never_too_long() -> None:
    """The first of summary, message, description; a nameless alert has a name all the same."""
    odd = delivery("checkout", annotations={"summary": " ", "description": "d" * 9000}, labels={"service": "s"})
    seen = _translated(webhook(odd))[0]
    assert seen.summary == "d" * 1000
    assert seen.name == "unnamed"


_WRONG: list[tuple[Json, str]] = [
    ({}, "alerts"),
    (webhook(), "alerts"),
    (webhook(delivery("c"), version="3"), "version"),
    (webhook(delivery("c", status="maybe")), "alerts.0.status"),
    (webhook(delivery("c", labels=[])), "alerts.0.labels"),
    (webhook(delivery("c", labels={"pod": 5})), "alerts.0.labels.pod"),
    (webhook(delivery("c"), delivery("d", startsAt="yesterday")), "alerts.1.startsAt"),
    (webhook(delivery("c", startsAt="2026-03-01T03:00:00")), "alerts.0.startsAt"),
    (webhook(delivery("c", startsAt="0001-01-01T00:00:00+14:00")), "alerts.0.startsAt"),
    (webhook(delivery("c", fingerprint="f" * 200)), "alerts.0.fingerprint"),
    (webhook(delivery("c"), truncatedAlerts=-1), "truncatedAlerts"),
]


@pytest.mark.parametrize(("payload", "field"), _WRONG)
def test_a_wrong_field_is_named(payload: Json, field: str) -> None:
    """A sender is told exactly where it went wrong."""
    with pytest.raises(ValidationError) as wrong:
        Webhook.model_validate(payload)
    assert field in {".".join(map(str, e["loc"])) for e in wrong.value.errors()}


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)  # the machine may be busy
@given(
    labels=st.dictionaries(st.text(max_size=40), st.text(max_size=300), max_size=8),
    annotations=st.dictionaries(st.text(max_size=10), st.text(max_size=3000), max_size=4),
    unknown=_VALUES,
    name=st.text(max_size=400),
)
def test_every_valid_payload_becomes_an_alert_that_travels(
    labels: dict[str, str], annotations: dict[str, str], unknown: Any, name: str
) -> None:
    """Whatever the texts, the alert is valid, small, and comes back from JSON as it was."""
    sent = delivery("checkout", labels={**labels, "alertname": name}, annotations=annotations, novel=unknown)
    alert = _translated(webhook(sent))[0]
    wire = alert.model_dump_json()
    assert len(wire) <= 9000
    back = Alert.model_validate_json(wire)
    assert back.alert_id == alert.alert_id
    if not _infinite(unknown):
        assert back == alert


def _infinite(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_infinite, value.values()))
    if isinstance(value, list):
        return any(map(_infinite, value))
    return isinstance(value, float) and math.isinf(value)
