"""Datadog's metrics, by its own query language.

Source: docs.datadoghq.com/api/latest/metrics, "Query timeseries points" (v1; permission `timeseries_query`), and
"Rate Limits" (429 with X-RateLimit-Reset in seconds, honoured by the one client for outside systems).
"""

from typing import Any
from urllib.parse import urlencode

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.metrics.guarded import Found, number
from holdfast.tools.monitoring.queries import MetricQuery
from holdfast.tools.monitoring.section import DatadogSection
from holdfast.tools.monitoring.sources import Series
from holdfast.tools.outside.client import OutsideClient, Question


class DatadogStore:
    """One organisation at one of Datadog's sites."""

    def __init__(self, name: str, section: DatadogSection) -> None:
        self._section = section
        self._client = OutsideClient(f'datadog "{name}"', section)

    async def read(self, query: MetricQuery) -> Found:
        """Return the series; their step is Datadog's to choose unless the query says `.rollup(…)`."""
        who = self._client.name
        asked = (("from", str(int(query.start))), ("to", str(int(query.end))), ("query", query.text))
        said = await self._client.fetch(Question(path="/api/v1/query", params=asked))
        if not isinstance(said, dict):
            raise no(Word.FAILED, f"{who}: answered no object; is url a site's API?")
        if said.get("status") != "ok" or said.get("error"):
            raise no(Word.BAD_INPUT, f"{who}: it refuses the query: {str(said.get('error'))[:200]}")
        try:
            return Found(series=[_series(one) for one in said.get("series") or []])
        except (TypeError, ValueError, KeyError, AttributeError) as e:
            raise no(Word.FAILED, f"{who}: answered series of another shape; is url a site's API?") from e

    def link(self, query: MetricQuery) -> str:
        """Return the query in the Metrics Explorer."""
        base = self._section.link_url or self._section.url.replace("//api.", "//app.", 1)
        moments = {"from_ts": str(round(query.start * 1000)), "to_ts": str(round(query.end * 1000)), "live": "false"}
        return f"{base}/metric/explorer?{urlencode({'exp_query': query.text, **moments})}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _series(one: dict[str, Any]) -> Series:
    """Read one series: `pointlist` is [[milliseconds, value or null], …], `tag_set` its `key:value` tags."""
    tags = [tag for tag in one.get("tag_set") or [] if ":" in tag]
    labels = {"metric": str(one["metric"]), **dict(tag.split(":", 1) for tag in tags)}
    return Series(labels=labels, points=[(at / 1000, number(value)) for at, value in one["pointlist"]])
