"""How the example is watched: configuration for Prometheus and Alertmanager on loopback, quick enough to look at."""

from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parents[1] / "prometheus"
# The shipped rules look at two minutes and wait for one; a person who watches an example has less patience.
QUICKER = {"[2m]": "[20s]", "for: 1m": "for: 30s", "interval: 15s": "interval: 2s"}


def write(folder: Path, target: str, alertmanager: str, webhook: str) -> None:
    """Write `prometheus.yml`, the shipped rules made quicker, and `alertmanager.yml` into `folder`.

    `target` and `alertmanager` are host:port, `webhook` the address that takes alerts.
    """
    for name in ("signals.rules.yaml", "alerts.rules.yaml"):
        (folder / name).write_text(_quicker((RULES / name).read_text()))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_prometheus(target, alertmanager)))
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(_alertmanager(webhook)))


def _quicker(rules: str) -> str:
    for usual, quick in QUICKER.items():
        rules = rules.replace(usual, quick)
    return rules


def _prometheus(target: str, alertmanager: str) -> dict[str, Any]:
    labels = {"environment": "production", "service": "checkout", "namespace": "shop"}
    return {
        "global": {"scrape_interval": "2s", "evaluation_interval": "2s"},
        "rule_files": ["signals.rules.yaml", "alerts.rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "checkout",
                "metrics_path": "/metrics/",
                "static_configs": [{"targets": [target], "labels": labels}],
            }
        ],
    }


def _alertmanager(webhook: str) -> dict[str, Any]:
    receiver = {"name": "holdfast", "webhook_configs": [{"url": webhook, "send_resolved": True}]}
    route = {"receiver": "holdfast", "group_by": ["service"], "group_wait": "1s", "group_interval": "2s"}
    return {"route": {**route, "repeat_interval": "1h"}, "receivers": [receiver]}
