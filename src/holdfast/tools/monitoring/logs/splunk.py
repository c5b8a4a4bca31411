"""Splunk's lines, by SPL.

Source: help.splunk.com, REST API Reference, "search/v2/jobs/export": POST a search, read its results as they come,
one JSON object a line; and Search Manual, "Backslashes": an asterisk is a wildcard that nothing escapes.
"""

import json
from typing import Any
from urllib.parse import urlencode

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.logs.asking import composed, names_of, posted
from holdfast.tools.monitoring.logs.lines import Found, Row, instant
from holdfast.tools.monitoring.logs.section import SplunkSection
from holdfast.tools.monitoring.logs.template import SPL
from holdfast.tools.monitoring.queries import LogQuery
from holdfast.tools.outside.client import OutsideClient


class SplunkStore:
    """One search head."""

    def __init__(self, name: str, section: SplunkSection) -> None:
        self.name, self._section = f'splunk "{name}"', section
        self._client = OutsideClient(self.name, section)

    async def read(self, query: LogQuery) -> Found:
        """Return the newest events; a search gives these first, so that `head` ends it early."""
        text = self._text(query)
        span = {"earliest_time": f"{query.start:.3f}", "latest_time": f"{query.end:.3f}"}
        asked = {"search": text, "output_mode": "json", "preview": "false", **span}
        answer = await self._client.ask(posted("/services/search/v2/jobs/export", asked))
        try:
            said = [json.loads(line) for line in answer.body.splitlines() if line.strip()]
            rows = [_row(one["result"]) for one in said if one.get("result") and not one.get("preview")]
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no JSON lines; is url its management port?") from e
        return Found(rows=rows, query=text, notes=self._notes(said))

    def link(self, query: LogQuery, sent: str) -> str:
        """Return the search in Splunk Web."""
        if not self._section.link_url:
            return ""
        told = {"q": sent, "earliest": f"{query.start:.3f}", "latest": f"{query.end:.3f}"}
        return f"{self._section.link_url.rstrip('/')}/en-US/app/search/search?{urlencode(told)}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _text(self, query: LogQuery) -> str:
        for name, value in names_of(query).items():
            if "*" in value:
                raise no(Word.BAD_INPUT, f"filters.{name}: holds *, which Splunk would take for anything")
        text = composed(self._section, query, SPL)
        return f"{text if text.lstrip().startswith('|') else 'search ' + text} | head {query.limit}"

    def _notes(self, said: list[dict[str, Any]]) -> tuple[str, ...]:
        """Return Splunk's warnings; an error among its messages means that the search did not run to its end."""
        messages = [m for one in said for m in one.get("messages") or ()]
        for message in messages:
            if message.get("type") in ("FATAL", "ERROR"):
                raise no(Word.FAILED, f"{self.name}: {str(message.get('text'))[:200]}")
        return tuple(str(m.get("text"))[:200] for m in messages if m.get("type") == "WARN")


def _row(result: dict[str, Any]) -> Row:
    """Read one event: `_time` in ISO 8601, `_raw`, and the fields Splunk found, whose values may be lists."""
    fields = {k: v[0] if isinstance(v, list) and v else v for k, v in result.items() if k not in ("_raw", "_time")}
    return Row(at=instant(result["_time"]), text=str(result.get("_raw", "")), fields=fields)
