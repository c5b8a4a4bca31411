"""Alerts that we raise ourselves, sent to Alertmanager, where people and routes already are.

Source: Alertmanager's OpenAPI v2 (`api/v2/openapi.yaml`: `POST /alerts`, `GET /alerts`).
"""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.domain.noun import short_digest
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.section import AlertmanagerSection
from holdfast.tools.monitoring.sources import Object
from holdfast.tools.outside.client import OutsideClient, Question

LONGEST = 1_000
MOST_FACTS = 20
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LABELLED = ("service", "environment", "namespace", "metric")


class Alertmanager:
    """The port `AlertPlace`. An alert is its labels there, so the same anomaly has the same labels: one alert."""

    def __init__(self, section: AlertmanagerSection) -> None:
        self._section = section
        self._client = OutsideClient("alertmanager", section)
        self._one = asyncio.Lock()

    async def start(self) -> None:
        """Nothing: it may be away now and there when it is needed."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def alert(self, anomaly: Object, severity: str, context: Object) -> tuple[str, bool]:
        """Raise an alert, or prolong it; return its id and whether it did not stand before."""
        alert_id = f"al-{short_digest(anomaly)}"
        labels = {**self._labels(anomaly), "holdfast_anomaly": alert_id, "severity": severity}
        async with self._one:  # of two equal calls together, one is the first
            standing = await self._standing(alert_id)
            # Routes match on the severity, so it is a label; the alert with the former one ends.
            former = [one for one in standing if one.get("severity") != severity]
            body = [self._alert(labels, {**context, **anomaly}), *map(_ended, former)]
            # The same labels again are the same alert, so the request may be repeated.
            await self._client.ask(Question.posting("/api/v2/alerts", body, repeatable=True))
        return alert_id, not standing

    async def _standing(self, alert_id: str) -> list[dict[str, str]]:
        """Return the labels of the alerts that stand for this anomaly."""
        asked = (("filter", f'holdfast_anomaly="{alert_id}"'),)
        found = await self._client.fetch(Question(path="/api/v2/alerts", params=asked))
        try:
            return [dict(one["labels"]) for one in found]
        except (TypeError, KeyError, ValueError) as e:
            raise no(Word.FAILED, "alertmanager: answered no list of alerts; check its url") from e

    def _labels(self, anomaly: Object) -> dict[str, str]:
        named = {name: _text(anomaly[name]) for name in _LABELLED if anomaly.get(name)}
        own = {name: value for name, value in self._section.labels.items() if _NAME.fullmatch(name)}
        return {**own, **named, "alertname": "HoldfastAnomaly"}

    def _alert(self, labels: dict[str, str], facts: Object) -> dict[str, Any]:
        now = datetime.now(UTC)
        told = {name: _text(value) for name, value in list(facts.items())[:MOST_FACTS] if _NAME.fullmatch(str(name))}
        ends = now + timedelta(minutes=self._section.minutes)
        return {"labels": labels, "annotations": told, "startsAt": now.isoformat(), "endsAt": ends.isoformat()}


def _ended(labels: dict[str, str]) -> dict[str, Any]:
    return {"labels": labels, "endsAt": datetime.now(UTC).isoformat()}


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:LONGEST]
