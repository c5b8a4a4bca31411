"""Metrics that only Grafana can reach: a data source of Prometheus' kind, asked through Grafana's proxy.

Source: grafana.com/docs, HTTP API, "Data source API > Data source proxy calls" (`/api/datasources/proxy/uid/:uid/*`).
"""

import json
from urllib.parse import urlencode

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.metrics.guarded import Found
from holdfast.tools.monitoring.metrics.matrix import by_type, read_matrix, warnings
from holdfast.tools.monitoring.metrics.promql import fitting_series
from holdfast.tools.monitoring.queries import MetricQuery
from holdfast.tools.monitoring.section import GrafanaSection
from holdfast.tools.outside.client import OutsideClient, Question


class GrafanaStore:
    """One data source of one Grafana."""

    def __init__(self, name: str, section: GrafanaSection) -> None:
        self._section = section
        self._client = OutsideClient(f'grafana "{name}"', section, by_type)

    async def read(self, query: MetricQuery) -> Found:
        """Return the series of a range query."""
        who = self._client.name
        answer = await self._client.ask(self._question(query))
        said = answer.parsed(who)
        if not isinstance(said, dict) or not isinstance(said.get("data"), dict):
            raise no(Word.FAILED, f"{who}: answered no data; is {self._section.data_source} of Prometheus' kind?")
        most = fitting_series(self._section.most_series, query)
        return read_matrix(who, said["data"].get("result"), most, warnings(answer.body))

    def link(self, query: MetricQuery) -> str:
        """Return the query in Grafana's Explore."""
        source = {"type": "prometheus", "uid": self._section.data_source}
        asked = {"refId": "A", "datasource": source, "expr": query.text}
        moments = {"from": str(round(query.start * 1000)), "to": str(round(query.end * 1000))}
        pane = {"a": {"datasource": self._section.data_source, "queries": [asked], "range": moments}}
        shown = {"schemaVersion": "1", "panes": json.dumps(pane), "orgId": str(self._section.org)}
        return f"{self._section.link_url or self._section.url}/explore?{urlencode(shown)}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _question(self, query: MetricQuery) -> Question:
        asked = {
            "query": query.text,
            "start": f"{query.start:.3f}",
            "end": f"{query.end:.3f}",
            "step": f"{query.step:g}",
            "limit": str(fitting_series(self._section.most_series, query) + 1),
        }
        return Question(
            method="POST",
            path=f"/api/datasources/proxy/uid/{self._section.data_source}/api/v1/query_range",
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Grafana-Org-Id": str(self._section.org),
            },
            content=urlencode(asked).encode(),
        )
