"""Elasticsearch's and OpenSearch's lines, by their query language.

Source: elastic.co/docs/api/doc/elasticsearch, "Run a search" (POST /{index}/_search; sort, size, track_total_hits).
"""

import json
from typing import Any
from urllib.parse import quote

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.links import discover, rfc3339
from holdfast.tools.monitoring.logs.asking import names_of, values_of
from holdfast.tools.monitoring.logs.clauses import filled_clauses
from holdfast.tools.monitoring.logs.lines import Found, Row, instant, picked
from holdfast.tools.monitoring.logs.section import ElasticsearchSection
from holdfast.tools.monitoring.logs.template import KQL, filled, named
from holdfast.tools.monitoring.queries import LogQuery
from holdfast.tools.outside.client import OutsideClient, Question

COUNTED = 10_000  # hits are counted so far; beyond, the store only says there are more


class ElasticsearchStore:
    """One cluster's indices of logs."""

    def __init__(self, name: str, section: ElasticsearchSection) -> None:
        self.name, self._section = f'elasticsearch "{name}"', section
        self._client = OutsideClient(self.name, section)

    async def read(self, query: LogQuery) -> Found:
        """Return the newest hits."""
        index = named(self._section.index, names_of(query), "an index")
        # Without allow_no_indices=false a mistyped index would look like a service that is silent.
        path = f"/{quote(index, safe='*,-.')}/_search"
        body = self._body(query)
        asked = Question.posting(path, body, repeatable=True).model_copy(
            update={"params": (("allow_no_indices", "false"),)}
        )
        said = await self._client.fetch(asked)
        sent = f"POST {path} {json.dumps(body, ensure_ascii=False)}"
        try:
            return self._found(said, sent)
        except (TypeError, ValueError, KeyError, AttributeError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no hits with {self._section.time_field}") from e

    def link(self, query: LogQuery, _: str) -> str:
        """Return the service's lines in Discover."""
        return discover(self._section.link_url, filled(self._section.link_query, values_of(query), KQL), query)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _body(self, query: LogQuery) -> dict[str, Any]:
        section, values = self._section, values_of(query)
        span = {"gte": rfc3339(query.start), "lte": rfc3339(query.end), "format": "strict_date_optional_time"}
        clauses = [*section.filters, *(section.contains_filters if query.contains else ())]
        clauses += section.level_filters if values["level"] else ()
        filters = [{"range": {section.time_field: span}}, *filled_clauses(clauses, values)]
        sort = [{section.time_field: {"order": "desc", "unmapped_type": "date"}}]
        return {"size": query.limit, "sort": sort, "track_total_hits": COUNTED, "query": {"bool": {"filter": filters}}}

    def _found(self, said: dict[str, Any], sent: str) -> Found:
        rows = [self._row(hit) for hit in said["hits"]["hits"]]
        total = said["hits"].get("total") or {}
        failed = said.get("_shards", {}).get("failed", 0)
        notes = [f"{failed} shards did not answer"] if failed else []
        notes += ["the store gave up at its own time-out"] if said.get("timed_out") else []
        notes += [f"there are more than {COUNTED}"] if total.get("relation") == "gte" else []
        return Found(rows=rows, query=sent, total=total.get("value"), notes=tuple(notes))

    def _row(self, hit: dict[str, Any]) -> Row:
        source = hit["_source"]
        at = picked(source, (self._section.time_field,))
        number = isinstance(at, int | float)  # milliseconds, as a date field may be written
        return Row(at=float(at) / 1000 if number else instant(at), fields=source, text=json.dumps(source))
