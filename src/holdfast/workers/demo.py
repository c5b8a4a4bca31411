"""What a demonstration needs of the house: a fault to begin, the alert about it, and whether the end is as promised."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.domain.incident import Incident
from holdfast.tools.simulation import scenarios
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.scenarios import Scenario

__all__ = ["FINAL", "Scenario", "begin", "differences", "load", "names"]

FINAL = ("closed", "escalated", "merged")


def names() -> list[str]:
    """Return the scenarios there are."""
    return scenarios.names()


def load(name: str) -> Scenario:
    """Return one scenario; KeyError lists those there are."""
    return scenarios.load(name)


def begin(scenario: Scenario, estate_path: Path) -> dict[str, Any]:
    """Make the fault happen and return what Alertmanager would post about it."""
    estate = Estate.open(estate_path)
    estate.mend()
    estate.inject(scenario.name)
    estate.close()
    return scenario.webhook(datetime.now(UTC))


def differences(scenario: Scenario, incident: Incident) -> list[str]:
    """Return how the incident ended otherwise than the scenario says; nothing when it ended as it should."""
    best = incident.diagnosis.best if incident.diagnosis else None
    seen = {
        "status": str(incident.status),
        "cause": str(best.cause) if best else "",
        "service": best.service if best else "",
        "verdict": str(incident.decision.verdict) if incident.decision else "",
        "actions": tuple(a.action.kind for a in incident.attempts),
    }
    expected = {name: getattr(scenario.expect, name) for name in seen}
    return [f"{n}: {seen[n]!r}, not {expected[n]!r}" for n in seen if seen[n] != expected[n]]
