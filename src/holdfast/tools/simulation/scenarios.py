"""What a demonstration plays: a fault, the alert a monitor sends about it, and how the incident should end."""

from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from holdfast.domain.alert import fingerprint_of
from holdfast.domain.noun import Noun
from holdfast.tools.simulation import faults
from holdfast.tools.simulation.faults import Expected, Fault, SentAlert

NEVER = "0001-01-01T00:00:00Z"

# Alertmanager's default group_wait: a webhook comes so long after its alert began to fire.
GROUP_WAIT = timedelta(seconds=30)


class Scenario(Noun):
    """One play: `expect` says how it should end."""

    name: str
    title: str
    story: str
    service: str
    environment: str
    expect: Expected
    fault: Fault

    def webhook(self, at: datetime, status: str = "firing") -> dict[str, JsonValue]:
        """Return what Alertmanager would post (webhook version 4) at `at`, firing or resolved."""
        alerts: list[JsonValue] = [self._alert(a, at, status) for a in self.fault.alerts]
        first = self.fault.alerts[0]
        return {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{first.name}"}}',
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "holdfast",
            "groupLabels": {"alertname": first.name},
            "commonLabels": {"alertname": first.name, "environment": self.environment},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager.example:9093",
            "alerts": alerts,
        }

    def _alert(self, alert: SentAlert, at: datetime, status: str) -> dict[str, JsonValue]:
        labels: dict[str, JsonValue] = {
            "alertname": alert.name,
            "service": alert.service,
            "environment": self.environment,
            "severity": alert.severity,
        }
        return {
            "status": status,
            "labels": labels,
            "annotations": {"summary": alert.summary},
            "startsAt": (at - GROUP_WAIT).astimezone(UTC).isoformat(),
            "endsAt": NEVER if status == "firing" else datetime.now(UTC).isoformat(),
            "generatorURL": f"http://prometheus.example:9090/graph?g0.expr={alert.name}",
            "fingerprint": fingerprint_of({k: str(v) for k, v in labels.items()}),
        }


def names() -> list[str]:
    """Return every scenario's name, in alphabetical order."""
    return list(faults.names())


def load(name: str) -> Scenario:
    """Return one scenario.

    Raises:
        KeyError: when there is none of that name.
    """
    f = faults.load(name)
    return Scenario(
        name=f.name,
        title=f.title,
        story=f.story,
        service=f.service,
        environment=f.environment,
        expect=f.expect,
        fault=f,
    )
