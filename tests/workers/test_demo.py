"""What a demonstration needs: the fault begins, and an end that differs from the promise is noticed."""

from pathlib import Path

import pytest

from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.tools.simulation.estate import Estate
from holdfast.workers import demo
from tests.examples import hypothesis, incident


def _ended(**fields: object) -> Incident:
    best = hypothesis(cause="healthy", service="storefront")
    base = {"status": IncidentStatus.CLOSED, "diagnosis": Diagnosis(hypotheses=(best,), method="ranker")}
    return incident(**{**base, **fields})


def test_beginning_changes_the_estate_and_says_so_as_alertmanager_would(tmp_path: Path) -> None:
    """The alert follows the fault, in the webhook's own words."""
    payload = demo.begin(demo.load("oom-crash"), tmp_path / "estate.db")
    assert payload["status"] == "firing"
    assert payload["alerts"][0]["labels"]["service"] == "recommendations"
    estate = Estate.open(tmp_path / "estate.db")
    assert estate.effects() == []
    estate.close()


def test_an_end_as_promised_has_no_differences() -> None:
    """Status, cause, place, verdict and actions are compared."""
    assert demo.differences(demo.load("healthy-false-alarm"), _ended()) == []


def test_every_difference_is_named() -> None:
    """A reader sees what came instead of what."""
    found = demo.differences(demo.load("oom-crash"), _ended(status=IncidentStatus.ESCALATED))
    assert found[0] == "status: 'escalated', not 'closed'"
    assert [line.split(":")[0] for line in found] == ["status", "cause", "service", "verdict", "actions"]


def test_an_incident_without_a_diagnosis_differs() -> None:
    """An incident that ended before it was understood is no success."""
    assert "cause: '', not 'healthy'" in demo.differences(demo.load("healthy-false-alarm"), _ended(diagnosis=None))


def test_an_unknown_scenario_is_refused() -> None:
    """The names there are can be listed."""
    with pytest.raises(KeyError):
        demo.load("no-such-story")
    assert "bad-deploy" in demo.names()
