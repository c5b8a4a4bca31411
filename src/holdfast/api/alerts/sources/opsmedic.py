"""OpsMedic's breach of a service-level objective, with the metrics, traces and logs that were seen with it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json

from holdfast.api.alerts.claims import Claim, unknown
from holdfast.api.alerts.moments import Moment
from holdfast.domain.alert import AlertStatus, Severity

LARGEST_CONTEXT = 5 * 1024
"""Bytes of JSON of the context that travel with the alert, so that the whole stays below what an alert may have."""

_MOST_TRACES = 50
_LONGEST_LINE = 500


class Container(BaseModel):
    """The container that breached."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = Field(default="", max_length=200)
    name: str = Field(min_length=1, max_length=200)
    image: str = Field(default="", max_length=500)


class Context(BaseModel):
    """What was seen; any of it may be missing."""

    model_config = ConfigDict(extra="allow", frozen=True)

    metrics_snapshot: JsonValue = None
    trace_ids: list[str] = Field(default_factory=list, max_length=10_000)
    correlated_logs: JsonValue = None


class Payload(BaseModel):
    """One incident as OpsMedic tells it; `breached_slo` is a name, or an object with a `name`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    incident_id: str = Field(min_length=1, max_length=200)
    timestamp: Moment
    breached_slo: str | dict[str, JsonValue]
    container_info: Container
    observability_context: Context = Context()
    status: AlertStatus = AlertStatus.FIRING
    severity: Severity = Severity.HIGH


def claims(payload: Payload, _at: datetime) -> list[Claim]:
    """Return the one claim: that this container breaches this objective."""
    container, slo = payload.container_info, _name_of(payload.breached_slo)
    labels = {
        "alertname": slo,
        "service": container.name,
        "container": container.name,
        "container_id": container.id,
        "image": container.image,
        "slo": slo,
        "opsmedic_incident": payload.incident_id,
    }
    return [
        Claim(
            source="opsmedic",
            identity={"slo": slo, "container": container.name},
            status=payload.status,
            name=slo,
            service=container.name,
            severity=payload.severity,
            summary=f"{container.name} breaches {slo}",
            labels={k: v for k, v in labels.items() if v},
            annotations=_annotations(payload.observability_context),
            starts_at=payload.timestamp,
            ends_at=payload.timestamp if payload.status is AlertStatus.RESOLVED else None,
            extra=_extra(payload),
        )
    ]


def _name_of(slo: str | dict[str, JsonValue]) -> str:
    name = slo if isinstance(slo, str) else slo.get("name") or slo.get("slo") or ""
    return str(name).strip() or "SLO breached"


def _annotations(context: Context) -> dict[str, str]:
    return {"trace_ids": ",".join(context.trace_ids[:10])} if context.trace_ids else {}


def _extra(payload: Payload) -> dict[str, JsonValue]:
    slo: dict[str, JsonValue] = {} if isinstance(payload.breached_slo, str) else {"breached_slo": payload.breached_slo}
    container = unknown(payload.container_info.__pydantic_extra__)
    return {
        **unknown(payload.__pydantic_extra__),
        **slo,
        **({"container_info": container} if container else {}),
        "observability_context": fitted(payload.observability_context),
    }


def fitted(context: Context, largest: int = LARGEST_CONTEXT) -> dict[str, JsonValue]:
    """Return the context in at most about `largest` bytes: the oldest log lines go first, then unknown fields, metrics.

    What was left out is counted under `left_out`.
    """
    logs = _lines(context.correlated_logs)
    traces: list[JsonValue] = [t[:64] for t in context.trace_ids[:_MOST_TRACES]]
    kept: dict[str, JsonValue] = {"trace_ids": traces, "left_out": {}}
    parts: dict[str, JsonValue] = {
        "metrics_snapshot": context.metrics_snapshot,
        **unknown(context.__pydantic_extra__),
    }
    left_out: dict[str, JsonValue] = {}
    for name, value in parts.items():
        if _size({**kept, name: value}) <= largest:
            kept[name] = value
        else:
            left_out[name[:60]] = "too large"
    newest = _newest(logs, largest - _size(kept))
    left_out |= {"log_lines": len(logs) - len(newest)} if len(newest) < len(logs) else {}
    left_out |= {"trace_ids": len(context.trace_ids) - len(traces)} if len(traces) < len(context.trace_ids) else {}
    return {**kept, "correlated_logs": newest, "left_out": left_out}


def _lines(logs: JsonValue) -> list[JsonValue]:
    if isinstance(logs, str):
        return [line[:_LONGEST_LINE] for line in logs.splitlines()]
    whole = logs if isinstance(logs, list) else [] if logs is None else [logs]
    return [line[:_LONGEST_LINE] if isinstance(line, str) else line for line in whole]


def _newest(lines: list[JsonValue], room: int) -> list[JsonValue]:
    newest: list[JsonValue] = []
    for line in reversed(lines):
        room -= len(to_json(line)) + 1
        if room < 0:
            break
        newest.append(line)
    return newest[::-1]


def _size(value: JsonValue) -> int:
    return len(to_json(value))
