"""Grafana Tempo's traces.

Source: grafana.com/docs/tempo/latest/api_docs, "Query" and "Query V2": OpenTelemetry's trace as protobuf's JSON.
"""

from typing import Any

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.links import explore
from holdfast.tools.monitoring.traces.guarded import Read, not_kept
from holdfast.tools.monitoring.traces.otlp import spans_of
from holdfast.tools.monitoring.traces.section import TempoSection
from holdfast.tools.outside.client import OutsideClient, Question


class TempoStore:
    """One Tempo, or one tenant of it."""

    def __init__(self, name: str, section: TempoSection) -> None:
        self.name, self._section = f'tempo "{name}"', section
        self._client = OutsideClient(self.name, section, not_kept)

    async def read(self, trace_id: str) -> Read:
        """Return the spans; the second version says when it could not read the whole trace."""
        tenant = {"X-Scope-OrgID": self._section.tenant} if self._section.tenant else {}
        path = f"/api/v2/traces/{trace_id}" if self._section.api == "v2" else f"/api/traces/{trace_id}"
        said = await self._client.fetch(Question(path=path, headers={"Accept": "application/json", **tenant}))
        try:
            trace: dict[str, Any] = said.get("trace", said) or {}
            missing = "Tempo read only a part of the trace" if str(said.get("status")) in ("PARTIAL", "1") else ""
            return spans_of(trace.get("resourceSpans") or trace.get("batches") or []), missing
        except (TypeError, ValueError, KeyError, AttributeError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no trace; is url a Tempo, and api its version?") from e

    def link(self, trace_id: str) -> str:
        """Return the trace in Grafana Explore."""
        source = ("tempo", self._section.data_source)
        return explore(self._section.link_url, source, {"query": trace_id, "queryType": "traceql"}, ("now-1h", "now"))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
