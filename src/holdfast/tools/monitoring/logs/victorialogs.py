"""VictoriaLogs' lines, by LogsQL.

Source: docs.victoriametrics.com/victorialogs/querying, "Querying logs" (JSON lines; with `limit` the newest ones).
"""

import json
from typing import Any
from urllib.parse import urlencode

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.links import rfc3339
from holdfast.tools.monitoring.logs.asking import composed, posted
from holdfast.tools.monitoring.logs.lines import Found, Row, instant
from holdfast.tools.monitoring.logs.section import VictoriaLogsSection
from holdfast.tools.monitoring.logs.template import LOGSQL
from holdfast.tools.monitoring.queries import LogQuery
from holdfast.tools.outside.client import OutsideClient


class VictoriaLogsStore:
    """One VictoriaLogs, or one tenant of it."""

    def __init__(self, name: str, section: VictoriaLogsSection) -> None:
        self.name, self._section = f'victorialogs "{name}"', section
        self._client = OutsideClient(self.name, section)

    async def read(self, query: LogQuery) -> Found:
        """Return the newest lines."""
        text = composed(self._section, query, LOGSQL)
        asked = {"query": text, "start": rfc3339(query.start), "end": rfc3339(query.end), "limit": str(query.limit)}
        answer = await self._client.ask(posted("/select/logsql/query", asked, self._tenant()))
        try:
            return Found(rows=[_row(json.loads(line)) for line in answer.body.splitlines() if line.strip()], query=text)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no JSON lines; check its address and any proxy") from e

    def link(self, query: LogQuery, sent: str) -> str:
        """Return the query in the built-in page."""
        base = (self._section.link_url or self._section.url).rstrip("/")
        seconds = max(1, round(query.end - query.start))
        told = {"query": sent, "g0.range_input": f"{seconds}s", "g0.end_input": rfc3339(query.end)[:19]}
        return f"{base}/select/vmui/#/?{urlencode({**told, 'g0.relative_time': 'none'})}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _tenant(self) -> dict[str, str]:
        account, _, project = self._section.tenant.partition(":")
        return {"AccountID": account, "ProjectID": project} if account else {}


def _row(said: dict[str, Any]) -> Row:
    return Row(at=instant(said["_time"]), text=str(said.get("_msg", "")), fields=said)
