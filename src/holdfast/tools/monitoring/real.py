"""The monitoring server over real stores: the same tools as over the simulated shop."""

from collections.abc import Mapping
from importlib import import_module
from itertools import chain
from typing import Any

from holdfast.tools.monitoring.alertmanager import Alertmanager
from holdfast.tools.monitoring.metrics.kinds import metric_sources
from holdfast.tools.monitoring.section import MonitoringSection
from holdfast.tools.monitoring.server import Monitoring, build
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], _: ServerNeeds) -> ToolServer:
    """Return the server over the stores its section names.

    Raises:
        ValueError: naming the field that is wrong, or the extra that is not installed.
    """
    parsed = parse_section("monitoring", MonitoringSection, section)
    metrics = metric_sources(parsed.metrics)
    logs = _sources("logs", parsed.logs)
    traces = _sources("traces", parsed.traces)
    alerts = Alertmanager(parsed.alerts) if parsed.alerts else None
    held = chain(metrics.values(), logs.values(), traces.values(), [alerts] if alerts else [])
    parts = [part for part in held if hasattr(part, "start") and hasattr(part, "close")]
    return build(Monitoring(metrics=metrics, logs=logs, traces=traces, alerts=alerts, parts=parts))


def _sources(kind: str, sections: dict[str, Any]) -> Mapping[str, Any]:
    """Return the log or trace stores, whose kinds live in folders of their own."""
    if not sections:
        return {}
    module = f"holdfast.tools.monitoring.{kind}.kinds"
    try:
        kinds = import_module(module)
    except ModuleNotFoundError as e:
        if not module.startswith(str(e.name)):
            raise
        raise ValueError(f"monitoring.{kind}: this installation has no kinds of {kind}") from e
    found: Mapping[str, Any] = getattr(kinds, f"{kind[:-1]}_sources")(sections)
    return found
