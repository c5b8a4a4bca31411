"""Grafana Loki's lines, by LogQL.

Source: grafana.com/docs/loki/latest/reference/loki-http-api, "Query logs within a range of time".
"""

from typing import Any

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.links import explore
from holdfast.tools.monitoring.logs.asking import composed
from holdfast.tools.monitoring.logs.lines import Found, Row
from holdfast.tools.monitoring.logs.section import LokiSection
from holdfast.tools.monitoring.logs.template import LOGQL
from holdfast.tools.monitoring.queries import LogQuery
from holdfast.tools.outside.client import OutsideClient, Question


class LokiStore:
    """One Loki, or one tenant of it."""

    def __init__(self, name: str, section: LokiSection) -> None:
        self.name, self._section = f'loki "{name}"', section
        self._client = OutsideClient(self.name, section)

    async def read(self, query: LogQuery) -> Found:
        """Return the newest lines, `direction=backward`."""
        text = composed(self._section, query, LOGQL)
        asked = {"query": text, "start": _nanos(query.start), "end": _nanos(query.end)}
        params = (*asked.items(), ("limit", str(query.limit)), ("direction", "backward"))
        headers = {"X-Scope-OrgID": self._section.tenant} if self._section.tenant else {}
        question = Question(path="/loki/api/v1/query_range", params=params, headers=headers)
        said = await self._client.fetch(question)
        try:
            return Found(rows=_rows(said["data"]), query=text)
        except (TypeError, ValueError, KeyError, AttributeError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no streams; is query a log query, and url a Loki?") from e

    def link(self, query: LogQuery, sent: str) -> str:
        """Return the query in Grafana Explore."""
        span = (str(round(query.start * 1000)), str(round(query.end * 1000)))
        source = ("loki", self._section.data_source)
        return explore(self._section.link_url, source, {"expr": sent, "queryType": "range"}, span)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _rows(data: dict[str, Any]) -> list[Row]:
    """Read streams: each has labels, and values of [nanoseconds, line] or [nanoseconds, line, structured metadata]."""
    if data["resultType"] != "streams":
        raise ValueError(data["resultType"])
    return [
        Row(at=int(at) / 1e9, text=line, fields={**stream["stream"], **(more[0] if more else {})})
        for stream in data["result"]
        for at, line, *more in stream["values"]
    ]


def _nanos(at: float) -> str:
    # By microseconds, for a float cannot hold nanoseconds since 1970.
    return f"{round(at * 1e6)}000"
