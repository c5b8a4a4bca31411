"""OpenTelemetry's spans as JSON.

Source: opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding": ids are hexadecimal there, and base64 in Tempo,
which uses protobuf's own JSON; 64-bit numbers are texts; enumerations are numbers, or names.
"""

import base64
from collections.abc import Iterable
from typing import Any

from holdfast.analysis.cleaning import clean
from holdfast.tools.monitoring.sources import Span
from holdfast.tools.monitoring.traces.guarded import attributes

_ERROR = ("STATUS_CODE_ERROR", "2")
_SCALARS = ("stringValue", "boolValue", "doubleValue", "bytesValue")


def spans_of(resources: Iterable[dict[str, Any]]) -> list[Span]:
    """Return every span, each with the name of the service whose resource it is under."""
    return [
        _span(span, _pairs(resource.get("resource", {}).get("attributes")))
        for resource in resources
        for scope in resource.get("scopeSpans") or resource.get("instrumentationLibrarySpans") or []
        for span in scope.get("spans") or []
    ]


def _span(span: dict[str, Any], resource: dict[str, Any]) -> Span:
    start, end = int(span["startTimeUnixNano"]), int(span.get("endTimeUnixNano") or span["startTimeUnixNano"])
    status = span.get("status") or {}
    said = {"status.message": status["message"]} if status.get("message") else {}
    return Span(
        span_id=_identity(span["spanId"]),
        parent_id=_identity(span.get("parentSpanId") or ""),
        service=clean(str(resource.get("service.name", "")), 200),
        name=clean(str(span.get("name", "")), 300),
        start=start / 1e9,
        seconds=max(0, end - start) / 1e9,
        error=str(status.get("code")) in _ERROR,
        attributes=attributes({**said, **_pairs(span.get("attributes"))}),
    )


def _identity(said: str) -> str:
    """Return 16 hexadecimal digits; eight bytes are 12 characters in base64."""
    return base64.b64decode(said).hex() if len(said) == 12 else said.lower()


def _pairs(found: Iterable[dict[str, Any]] | None) -> dict[str, Any]:
    return {str(pair["key"]): _value(pair.get("value") or {}) for pair in found or ()}


def _value(value: dict[str, Any]) -> Any:
    if "intValue" in value:
        return int(value["intValue"])
    if "arrayValue" in value:
        return [_value(one) for one in value["arrayValue"].get("values", ())]
    if "kvlistValue" in value:
        return _pairs(value["kvlistValue"].get("values"))
    return next((value[kind] for kind in _SCALARS if kind in value), None)
