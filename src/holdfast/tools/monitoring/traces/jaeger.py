"""Jaeger's traces.

Source: jaegertracing.io/docs, "APIs", HTTP JSON, the API of Jaeger's own page: GET /api/traces/{trace-id}; times and
lengths are microseconds, and a failure is in `errors`.
"""

from typing import Any

from holdfast.analysis.cleaning import clean
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.sources import Span
from holdfast.tools.monitoring.traces.guarded import Read, attributes, not_kept
from holdfast.tools.monitoring.traces.section import JaegerSection
from holdfast.tools.outside.client import OutsideClient, Question


class JaegerStore:
    """One Jaeger query service."""

    def __init__(self, name: str, section: JaegerSection) -> None:
        self.name, self._section = f'jaeger "{name}"', section
        self._client = OutsideClient(self.name, section, not_kept)

    async def read(self, trace_id: str) -> Read:
        """Return the spans, and what Jaeger says went wrong beside them."""
        said = await self._client.fetch(Question(path=f"/api/traces/{trace_id}"))
        try:
            spans = [_span(span, trace["processes"]) for trace in said["data"] or () for span in trace["spans"]]
            errors = "; ".join(clean(str(e.get("msg")), 200) for e in said.get("errors") or ())
        except (TypeError, ValueError, KeyError, AttributeError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no trace; is url a Jaeger query service?") from e
        return spans, errors

    def link(self, trace_id: str) -> str:
        """Return the trace on Jaeger's own page."""
        return f"{(self._section.link_url or self._section.url).rstrip('/')}/trace/{trace_id}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _span(span: dict[str, Any], processes: dict[str, Any]) -> Span:
    tags = {str(tag["key"]): tag.get("value") for tag in span.get("tags") or ()}
    return Span(
        span_id=str(span["spanID"]),
        parent_id=_parent(span),
        service=clean(str(processes[span["processID"]]["serviceName"]), 200),
        name=clean(str(span["operationName"]), 300),
        start=int(span["startTime"]) / 1e6,
        seconds=int(span["duration"]) / 1e6,
        error=str(tags.get("error", "")).lower() == "true" or tags.get("otel.status_code") == "ERROR",
        attributes=attributes(tags),
    )


def _parent(span: dict[str, Any]) -> str:
    """Return the span it is a child of within its trace; a reference may also name another trace."""
    own = [r for r in span.get("references") or () if r.get("traceID") == span.get("traceID")]
    children = [r for r in own if r.get("refType") == "CHILD_OF"]
    return str((children or own or [{"spanID": ""}])[0]["spanID"])
